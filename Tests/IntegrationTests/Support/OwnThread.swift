import Glibc
import Testing

/// Runs tests on threads of their own, so that they may block.
///
/// A test that blocked a thread of Swift's pool would take it from what else runs there; with as many such tests as there
/// are processors nothing would. Child tasks (`async let`) block side by side.
struct OwnThreadTrait: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(ThreadPerJobExecutor()) { try await function() }
    }
}

extension Trait where Self == OwnThreadTrait {
    /// Runs tests on threads of their own, so that they may block.
    static var onOwnThread: Self { Self() }
}

/// Starts a thread for each piece of work between two suspensions.
private final class ThreadPerJobExecutor: TaskExecutor {
    /// `@unchecked Sendable`: the new thread alone uses it.
    private final class Work: @unchecked Sendable {
        let job: UnownedJob
        let executor: ThreadPerJobExecutor

        init(_ job: UnownedJob, _ executor: ThreadPerJobExecutor) {
            self.job = job
            self.executor = executor
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let work = Unmanaged.passRetained(Work(UnownedJob(job), self)).toOpaque()
        var thread = pthread_t()
        let number = pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                let work = Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue()
                work.job.runSynchronously(on: work.executor.asUnownedTaskExecutor())
                return nil
            }, work)
        precondition(number == 0, "a test needs a thread")
        pthread_detach(thread)
    }
}
