import CNestboxSystem
import Glibc
import Synchronization

/// The threads that serve: a task executor whose jobs run where their events arrive.
///
/// The worker that gets a request's event reads it, starts the handler's task and runs it, so that a handler which never suspends is parsed, run and answered on one thread without a hand-over.
final class WorkerPool: TaskExecutor {
    private let queue: WorkQueue
    private let isStopped = Atomic<Bool>(false)

    init(queue: WorkQueue) {
        self.queue = queue
    }

    /// Takes a job from the runtime.
    ///
    /// A worker that is looking after an event runs the first one itself, next.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if let worker = Worker.current, worker.keepsNext, worker.next == nil {
            worker.next = job
        } else {
            queue.append(.job(job))
        }
    }

    /// Runs workers until ``stop()``.
    /// - Parameter makeWorker: Called for each, on the calling thread.
    func start(_ count: Int, makeWorker: (Int, WorkerPool) -> Worker) throws(GatewayError) -> [WorkerThread] {
        var threads: [WorkerThread] = []
        for index in 0..<count {
            do {
                threads.append(try WorkerThread(name: "worker \(index + 1)", worker: makeWorker(index + 1, self)))
            } catch {
                stop()
                for thread in threads { thread.join(until: nestbox_now() + 5_000_000_000) }
                throw error
            }
        }
        return threads
    }

    /// Has the workers return when they have done what they are doing.
    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        queue.wakeAll()
    }

    var isRunning: Bool { !isStopped.load(ordering: .sequentiallyConsistent) }
}
