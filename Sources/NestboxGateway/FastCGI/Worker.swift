import CNestboxSystem

/// One thread's share of the serving: it waits for events, reads requests, and runs handlers.
final class Worker {
    let server: FastCGIServer
    let connections: [Connection]
    private let pool: WorkerPool
    /// Names this worker among the others, from 1.
    private let number: Int
    /// What is read from connections passes through here.
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let decoder = ParameterDecoder()
    private var events = [nestbox_event](repeating: nestbox_event(), count: 8)

    /// The job to run when the event at hand has been looked after.
    var next: UnownedJob?
    /// Whether jobs that are enqueued now are to be run next.
    private(set) var keepsNext = false
    /// A new connection whose first request is `next`: nothing waits for its events yet.
    var unregistered: Connection?

    init(number: Int, server: FastCGIServer, pool: WorkerPool, connections: [Connection]) {
        self.number = number
        self.server = server
        self.pool = pool
        self.connections = connections
    }

    /// The worker whose thread is calling.
    static var current: Worker? {
        // A thread's worker is retained by the thread for as long as it runs, so the pointer is good during the call.
        nestbox_current_worker().map { Unmanaged<Worker>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Serves until the pool is stopped.
    func run() {
        var isActive = server.queue.startsActive(number)
        while pool.isRunning {
            guard isActive else {
                isActive = server.queue.waitInReserve()
                continue
            }
            // Events are looked for now and then even when there is always work.
            for _ in 0..<16 {
                guard let work = server.queue.popFirst() else { break }
                perform(work)
            }
            waitForEvents()
            isActive = !server.queue.retire()
        }
        server.queue.wakeAll()
    }

    private func perform(_ work: Work) {
        switch work {
        case .job(let job): job.runSynchronously(on: pool.asUnownedTaskExecutor())
        case .event(let event):
            keepsNext = true
            handle(event)
            keepsNext = false
            guard let job = next else { return }
            next = nil
            job.runSynchronously(on: pool.asUnownedTaskExecutor())
            unregistered?.register()
            unregistered = nil
        }
    }

    private func waitForEvents() {
        // While others wait, what comes after the first event is for them.
        var count = 0
        if !server.queue.isEmpty || server.accessLog.hasUnwritten {
            count = Int(nestbox_epoll_wait(server.epoll, &events, server.queue.othersWait ? 1 : 8, 0))
        }
        if count == 0 {
            guard server.queue.isEmpty else { return }
            // Log lines are written when there is nothing else to do.
            if server.accessLog.hasUnwritten { server.accessLog.flush() }
            guard server.queue.beginWaiting() else { return }
            count = Int(nestbox_epoll_wait(server.epoll, &events, server.queue.waitsAlone ? 8 : 1, -1))
            server.queue.endWaiting()
        }
        guard count > 0 else { return }
        for index in 1..<max(1, count) { server.queue.append(.event(events[index])) }
        perform(.event(events[0]))
    }
}
