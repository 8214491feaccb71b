import CNestboxSystem
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
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(condition, &attributes)
            pthread_condattr_destroy(&attributes)
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

        /// Returns the next job, or `nil` when there was none until a time of the monotonic clock.
        func waitForFirst(until deadline: UInt64?) -> UnownedJob? {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            while jobs.isEmpty {
                guard let deadline else {
                    pthread_cond_wait(condition, mutex)
                    continue
                }
                guard nestbox_now() < deadline else { return nil }
                var time = timespec(
                    tv_sec: Int(clamping: deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
                pthread_cond_timedwait(condition, mutex, &time)
            }
            return jobs.removeFirst()
        }
    }

    /// What is done while all tasks wait.
    struct Pastime: Sendable {
        /// When it is to be done, in nanoseconds of the monotonic clock.
        var due: @Sendable () -> UInt64
        /// Does it, and says whether the task that runs here shall go on.
        var perform: @Sendable () -> Bool
    }

    private let queue = Queue()
    private let pastime = Mutex<Pastime?>(nil)

    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        queue.append(UnownedJob(job))
    }

    /// Runs an operation and everything that it starts here until it returns.
    package func run<Result: Sendable>(_ operation: @escaping @Sendable () async -> Result) -> Result {
        let box = Box<Result>()
        let task = Task(executorPreference: self) {
            let value = await operation()
            box.value.withLock { $0 = value }
        }
        while true {
            if let value = box.value.withLock({ $0 }) { return value }
            let pastime = pastime.withLock { $0 }
            if let job = queue.waitForFirst(until: pastime?.due()) {
                job.runSynchronously(on: asUnownedTaskExecutor())
            } else if let pastime, !pastime.perform() {
                whileWaiting(nil)
                task.cancel()
            }
        }
    }

    /// Has something done while all tasks wait, or nothing again.
    func whileWaiting(_ pastime: Pastime?) {
        self.pastime.withLock { $0 = pastime }
    }

    private final class Box<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
    }
}
