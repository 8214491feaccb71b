import Synchronization

/// A form that is being read from a body of a request, or was.
final class FormReading: Sendable {
    private struct State {
        /// The identity of the body.
        ///
        /// It is weak: a body may know its request, and that knows this.
        weak var body: (any AnyObject & Sendable)?
        var result: Result<ReceivedForm, any Error>?
        var waiters: [UnsafeContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(of body: any AnyObject & Sendable) {
        state = Mutex(State(body: body))
    }

    func isOf(_ body: any AnyObject & Sendable) -> Bool {
        state.withLock { $0.body === body }
    }

    /// What reading the form comes to, when it is over.
    var form: ReceivedForm {
        get async throws {
            await withUnsafeContinuation { continuation in
                let isFinished = state.withLock { state in
                    if state.result == nil { state.waiters.append(continuation) }
                    return state.result != nil
                }
                if isFinished { continuation.resume() }
            }
            guard let result = state.withLock({ $0.result }) else { throw CancellationError() }
            return try result.get()
        }
    }

    func finish(_ result: Result<ReceivedForm, any Error>) {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            state.result = result
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
