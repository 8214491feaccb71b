import Glibc
import Synchronization

/// Runs tasks on the thread that waits for their result: a CGI program needs no other, nor does a command.
package final class CGIExecutor: TaskExecutor {
    /// A mutex and a condition, in memory that does not move.
    ///
    /// `@unchecked Sendable`: `jobs` is read and written with `mutex` locked, and the two are made for many threads.
    private final class Queue: @unchecked Sendable {
        private var jobs: [UnownedJob] = []
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

        init() {
            mutex.initialize(to: pthread_mutex_t())
            condition.initialize(to: pthread_cond_t())
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(condition, nil)
        }

        deinit {
            pthread_cond_destroy(condition)
            pthread_mutex_destroy(mutex)
            condition.deallocate()
            mutex.deallocate()
        }

        func append(_ job: UnownedJob) {
            pthread_mutex_lock(mutex)
            jobs.append(job)
            pthread_cond_signal(condition)
            pthread_mutex_unlock(mutex)
        }

        func waitForFirst() -> UnownedJob {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            while jobs.isEmpty { pthread_cond_wait(condition, mutex) }
            return jobs.removeFirst()
        }
    }

    private let queue = Queue()

    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        queue.append(UnownedJob(job))
    }

    /// Runs an operation and everything that it starts here until it returns.
    package func run<Result: Sendable>(_ operation: @escaping @Sendable () async -> Result) -> Result {
        let box = Box<Result>()
        Task(executorPreference: self) {
            let value = await operation()
            box.value.withLock { $0 = value }
        }
        while true {
            if let value = box.value.withLock({ $0 }) { return value }
            queue.waitForFirst().runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    private final class Box<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
    }
}
