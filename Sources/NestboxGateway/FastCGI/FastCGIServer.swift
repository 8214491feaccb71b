import CNestboxSystem
import Glibc
import Logging
import NestboxHTTP
import Synchronization

/// What all connections and workers of a FastCGI gateway share.
final class FastCGIServer: Sendable {
    let configuration: GatewayConfiguration
    let readerLimits: RequestReader.Limits
    let requestSettings: RequestSettings
    let responder: any Responder
    let errors: ErrorResponses
    let logger: Logger
    let accessLog: AccessLog
    let listeners: [Listener]
    let allowedClients: [IPNetwork]

    let epoll: Int32
    let queue: WorkQueue
    let pool: WorkerPool
    private let wakeup: Int32
    private let timer: Int32
    /// Signalled when nothing is open any more after ``stopAccepting()``.
    let drained: Int32

    /// Where other processes of this program pass on connections.
    let mailbox: Mailbox?

    private let freeSlots: Mutex<[Int]>
    /// Connections, and at the end the listeners and the mailbox, until they are empty.
    private let open = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    /// Where connections are passed on at the end, if other processes go on.
    private let heirs = Mutex<Mailbox?>(nil)
    private let leaving = Atomic<Bool>(false)
    private let takesQueues = Atomic<Bool>(false)
    private let acceptIsPaused = Atomic<Bool>(false)
    private let endedSources = Mutex<Set<UInt64>>([])
    private let timerIsRunning = Atomic<Bool>(false)
    private let pauseWarning = LogInterval(.seconds(5))

    init(
        configuration: GatewayConfiguration, listeners: [Listener], responder: any Responder, errors: ErrorResponses,
        logger: Logger, accessLog: AccessLog, mailbox: Mailbox? = nil
    ) throws {
        self.mailbox = mailbox
        self.configuration = configuration
        self.listeners = listeners
        self.responder = responder
        self.errors = errors
        self.logger = logger
        self.accessLog = accessLog
        allowedClients = try configuration.allowedClients.map { try IPNetwork($0) }
        readerLimits = RequestReader.Limits(configuration.limits)

        epoll = nestbox_epoll_create()
        wakeup = nestbox_event_create()
        timer = nestbox_timer_create()
        drained = nestbox_event_create()
        queue = WorkQueue(workers: configuration.workers, signal: wakeup)
        pool = WorkerPool(queue: queue)
        requestSettings = RequestSettings(configuration, isCGI: false, logger: logger, executor: pool)
        freeSlots = Mutex(Array((0..<configuration.limits.connections).reversed()))

        let events = UInt32(NESTBOX_EPOLL_IN) | UInt32(NESTBOX_EPOLL_ET)
        var codes = [
            epoll, wakeup, timer, drained,
            nestbox_epoll_add(epoll, wakeup, events, EventSource.wakeup.data),
            nestbox_epoll_add(epoll, timer, events, EventSource.timer.data),
        ]
        // Their events come from ``startAccepting()`` on.
        for (index, listener) in listeners.enumerated() {
            codes.append(nestbox_epoll_add(epoll, listener.descriptor, 0, EventSource.listener(index).data))
        }
        if let mailbox { codes.append(nestbox_epoll_add(epoll, mailbox.receiver, 0, EventSource.mailbox.data)) }
        guard queue.isValid, codes.allSatisfy({ $0 >= 0 }) else {
            throw GatewayError(.systemCallFailed, "epoll", errno: errno, remedy: "Check the limit of open files.")
        }
    }

    deinit {
        for descriptor in [epoll, wakeup, timer, drained] where descriptor >= 0 { close(descriptor) }
    }

    /// Takes connections from now on.
    ///
    /// This cannot fail: what it needs was had before, so that one can say that the program serves.
    func startAccepting() {
        let events = UInt32(NESTBOX_EPOLL_IN) | UInt32(NESTBOX_EPOLL_ET)
        for (index, listener) in listeners.enumerated() {
            _ = nestbox_epoll_modify(epoll, listener.descriptor, events, EventSource.listener(index).data)
        }
        if let mailbox { _ = nestbox_epoll_modify(epoll, mailbox.receiver, events, EventSource.mailbox.data) }
    }

    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    // MARK: Places for connections

    /// A place for a connection, or `nil` when there are as many as may be.
    ///
    /// Then accepting goes on when one closes.
    func takeSlot() -> Int? {
        while true {
            if let slot = freeSlots.withLock({ $0.popLast() }) {
                open.add(1, ordering: .relaxed)
                startTimer()
                return slot
            }
            acceptIsPaused.store(true, ordering: .sequentiallyConsistent)
            // One may have been given back in between.
            if freeSlots.withLock({ $0.isEmpty }) { return nil }
        }
    }

    /// Gives a place back.
    func release(_ slot: Int) {
        freeSlots.withLock { $0.append(slot) }
        resumeAccepting()
        closed()
    }

    /// Stops accepting until a connection closes or some time has passed: the system has no more descriptors or memory.
    func pauseAccepting(errno: Int32) {
        acceptIsPaused.store(true, ordering: .sequentiallyConsistent)
        // A full table of descriptors comes and goes many times in a second.
        if pauseWarning.isDue(at: nestbox_now()) {
            logger.warning("cannot accept more connections: \(String(cString: strerror(errno)))")
        }
        startTimer()
    }

    func resumeAccepting() {
        guard acceptIsPaused.load(ordering: .relaxed),
            acceptIsPaused.exchange(false, ordering: .sequentiallyConsistent)
        else { return }
        queueListeners()
    }

    private func queueListeners() {
        for index in listeners.indices {
            queue.append(.event(nestbox_event(data: EventSource.listener(index).data, events: 0)))
        }
        if mailbox != nil { queue.append(.event(nestbox_event(data: EventSource.mailbox.data, events: 0))) }
    }

    private func closed() {
        if open.subtract(1, ordering: .sequentiallyConsistent).newValue == 0, isStopping {
            nestbox_event_signal(drained)
        }
    }

    // MARK: Time

    private func startTimer() {
        if timerIsRunning.load(ordering: .relaxed) || timerIsRunning.exchange(true, ordering: .sequentiallyConsistent) {
            return
        }
        _ = nestbox_timer_set(timer, tick)
    }

    /// Has the timer go on after it has fired, and stops it when nothing is open: an idle program sleeps.
    func stopTimerWhenIdle() {
        nestbox_timer_read(timer)
        guard open.load(ordering: .relaxed) == 0 else { return }
        timerIsRunning.store(false, ordering: .sequentiallyConsistent)
        _ = nestbox_timer_set(timer, 0)
        if open.load(ordering: .sequentiallyConsistent) > 0 { startTimer() }
    }

    /// Milliseconds between looks at the deadlines: a quarter of the shortest.
    private var tick: UInt64 {
        let times = configuration.timeouts
        let shortest =
            ([times.header, times.body, times.write, times.idle, times.linger] + [times.handler].compactMap(\.self))
            .min() ?? .seconds(4)
        return UInt64(clamping: min(1000, max(10, Int64(shortest / .milliseconds(4)))))
    }

    // MARK: The end

    /// Stops accepting.
    ///
    /// What has connected is still accepted and answered, except on inherited sockets, whose queue is for the next
    /// process. So is what others have passed on.
    /// - Parameters:
    ///   - heirs: Where connections between two requests are passed on. Then other processes have the listening sockets
    ///     and what waits in their queues, and nothing is done to the sockets themselves.
    ///   - takesQueues: Whether what waits at inherited sockets is answered here, too: nobody will come for it.
    func stopAccepting(heirs: Mailbox? = nil, takesQueues: Bool = false) {
        self.takesQueues.store(takesQueues, ordering: .sequentiallyConsistent)
        open.add(listeners.count + (mailbox == nil ? 0 : 1), ordering: .sequentiallyConsistent)
        if let heirs {
            self.heirs.withLock { $0 = heirs }
            leaving.store(true, ordering: .sequentiallyConsistent)
        }
        stopping.store(true, ordering: .sequentiallyConsistent)
        // Other processes may have the sockets: then closing them here would not take them out of this set.
        for listener in listeners { _ = nestbox_epoll_remove(epoll, listener.descriptor) }
        if let mailbox { _ = nestbox_epoll_remove(epoll, mailbox.receiver) }
        if heirs == nil { for listener in listeners { listener.stopListening() } }
        queueListeners()
    }

    /// Whether other processes go on where this one stops.
    var isLeaving: Bool { leaving.load(ordering: .relaxed) }

    /// Passes a connection between two requests on to the processes that go on.
    func passOn(_ descriptor: Int32, isUnix: Bool) -> Bool {
        heirs.withLock { $0 }?.send(descriptor, isUnix: isUnix) ?? false
    }

    /// Whether what waits in a listener's queue is left to others.
    func leavesQueue(of listener: Listener) -> Bool {
        isStopping && (isLeaving || !(listener.ownsQueue || takesQueues.load(ordering: .relaxed)))
    }

    /// A listener's queue, or the mailbox, is empty for good.
    func sourceEnded(_ source: EventSource) {
        // Several workers may find that out.
        guard endedSources.withLock({ $0.insert(source.data).inserted }) else { return }
        if case .listener(let index) = source { listeners[index].close() }
        closed()
    }
}

/// What an event is about: the low half of its data is a connection's place or one of these.
enum EventSource {
    case connection(slot: Int, generation: UInt32)
    case listener(Int)
    case wakeup
    case timer
    case mailbox

    private static let firstListener: UInt32 = 0xFFFF_0000

    init(_ data: UInt64) {
        let low = UInt32(truncatingIfNeeded: data)
        switch low {
        case .max: self = .wakeup
        case .max - 1: self = .timer
        case .max - 2: self = .mailbox
        case Self.firstListener...: self = .listener(Int(low - Self.firstListener))
        default: self = .connection(slot: Int(low), generation: UInt32(truncatingIfNeeded: data >> 32))
        }
    }

    var data: UInt64 {
        switch self {
        case .connection(let slot, let generation): UInt64(generation) << 32 | UInt64(slot)
        case .listener(let index): UInt64(Self.firstListener) + UInt64(index)
        case .wakeup: UInt64(UInt32.max)
        case .timer: UInt64(UInt32.max - 1)
        case .mailbox: UInt64(UInt32.max - 2)
        }
    }
}

extension RequestReader.Limits {
    init(_ limits: GatewayConfiguration.Limits) {
        self.init()
        // A pipe holds a mebibyte, and libfcgi gets the parameters through one.
        parametersSize = min(limits.parametersSize, 1_000_000)
        parameterCount = limits.parameterCount
        parameterValueSize = limits.parameterValueSize
        maximumConnections = limits.connections
    }
}
