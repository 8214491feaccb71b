import Glibc

/// Runs blocking test code on a thread of its own.
///
/// The clients of this module block. A test that blocks a thread of Swift's pool takes it from the program under
/// test; with as many such tests as there are cores, an in-process server never runs and all of them time out.
public func onOwnThread<Result: Sendable>(
    _ work: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        let job = Job { continuation.resume(with: Swift.Result(catching: work)) }
        let pointer = Unmanaged.passRetained(job).toOpaque()
        var thread = pthread_t()
        let number = pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Job>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, pointer)
        if number == 0 {
            pthread_detach(thread)
        } else {
            Unmanaged<Job>.fromOpaque(pointer).release()
            continuation.resume(throwing: TestingError.system("pthread_create", number))
        }
    }
}

private final class Job: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
