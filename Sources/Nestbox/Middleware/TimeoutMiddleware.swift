import HTTPTypes
public import NestboxHTTP
import Synchronization

/// Gives up handlers that take too long.
///
///     router.use(TimeoutMiddleware(.seconds(5)))
///
/// After that time the task of the handler is cancelled, and the request is answered with 503. Nobody waits for a handler that does not
/// care about cancellation: it goes on by itself, what it returns is dropped, and reading the body is an error to it. A handler that
/// blocks its thread cannot be given up by a CGI program, which has no other. Changes to the session are dropped, as after every
/// error of the server.
///
/// The time ends with the head of the response; a stream may then take as long as it likes, unless `includingBody` is `true`. Then the
/// connection breaks at the end of the time, so that no one takes a part for the whole. The time for all requests of an application is
/// `timeouts.handler` of the configuration.
public struct TimeoutMiddleware: Middleware {
    private let limit: Duration
    private let includesBody: Bool
    private let deadlines: Deadlines

    /// Creates a limit.
    /// - Parameters:
    ///   - limit: How long a handler may take; more than zero.
    ///   - includingBody: Whether the whole response must be made by then; default: its head.
    public init(_ limit: Duration, includingBody: Bool = false) {
        self.init(limit, includingBody: includingBody, clock: ContinuousClock())
    }

    /// Creates a limit with a clock of one's own.
    package init(_ limit: Duration, includingBody: Bool = false, clock: some Clock<Duration>) {
        precondition(limit > .zero, "a handler gets some time")
        self.limit = limit
        includesBody = includingBody
        deadlines = Deadlines(limit, clock: clock)
    }

    /// Answers the request, or throws an error that is answered with 503.
    public func respond(to request: Request, next: any Responder) async throws -> Response {
        let call = TimedCall(limit: limit, head: request.head)
        let id = deadlines.start { call.expire() }
        var isOver = true
        defer { if isOver { deadlines.end(id) } }
        var response = try await call.run { try await next.respond(to: request) }
        guard includesBody, case .stream(let length, let produce) = response.body.storage else { return response }
        isOver = false
        response.body = .stream(length: length) { [deadlines] writer in
            defer { deadlines.end(id) }
            try await call.run { try await produce(writer) }
        }
        return response
    }
}

/// A handler was given up.
private struct TimedOut: HTTPErrorConvertible, CustomStringConvertible {
    var limit: Duration
    var httpError: HTTPError {
        HTTPError(.serviceUnavailable, "This took too long and was given up. Please try again later.")
    }
    var description: String { "not answered within \(limit); the handler's task is cancelled" }
}

/// Work that is given up when its time is over.
private final class TimedCall: Sendable {
    private struct State: Sendable {
        var hasExpired = false
        var giveUp: (@Sendable () -> Void)?
    }

    private let limit: Duration
    private let head: RequestHead
    private let state = Mutex(State())

    init(limit: Duration, head: RequestHead) {
        self.limit = limit
        self.head = head
    }

    /// The time is over.
    func expire() {
        head.timeOut()
        let giveUp = state.withLock { state in
            state.hasExpired = true
            return state.giveUp
        }
        giveUp?()
    }

    /// Does the work in a task of its own, and returns when that has ended or the time is over.
    func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let outcome = Outcome<Value>()
        let task = Task(executorPreference: head.executor) {
            do {
                outcome.end(.success(try await work()))
            } catch {
                outcome.end(.failure(error))
            }
        }
        let hasExpired = state.withLock { state in
            state.giveUp = { [limit] in
                outcome.end(.failure(TimedOut(limit: limit)))
                task.cancel()
            }
            return state.hasExpired
        }
        if hasExpired { expire() }
        defer { state.withLock { $0.giveUp = nil } }
        return try await withTaskCancellationHandler {
            try await outcome.value
        } onCancel: {
            task.cancel()
        }
    }
}

/// What comes of some work: the first end counts.
private final class Outcome<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value, any Error>)
        case ended(Result<Value, any Error>)
    }

    private let state = Mutex(State.open)

    func end(_ result: Result<Value, any Error>) {
        let continuation = state.withLock { state -> CheckedContinuation<Value, any Error>? in
            switch state {
            case .ended: return nil
            case .open:
                state = .ended(result)
                return nil
            case .awaited(let continuation):
                state = .ended(result)
                return continuation
            }
        }
        continuation?.resume(with: result)
    }

    /// The result; asked for once.
    var value: Value {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Value, any Error>? in
                    if case .ended(let result) = state { return result }
                    state = .awaited(continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        }
    }
}
