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
/// error of the server. While `abandonedLimit` handlers that were given up still run, further requests are answered with 503 at once.
///
/// The time ends with the head of the response; a stream may then take as long as it likes, unless `includingBody` is `true`. Then the
/// connection breaks at the end of the time, so that no one takes a part for the whole. The time for all requests of an application is
/// `timeouts.handler` of the configuration.
public struct TimeoutMiddleware: Middleware {
    private let limit: Duration
    private let includesBody: Bool
    private let deadlines: Deadlines
    private let abandonedLimit: Int
    private let abandoned = AbandonedCalls()

    /// Creates a limit.
    /// - Parameters:
    ///   - limit: How long a handler may take; more than zero.
    ///   - includingBody: Whether the whole response must be made by then; default: its head.
    ///   - abandonedLimit: How many handlers that were given up may still run; default: 100.
    public init(_ limit: Duration, includingBody: Bool = false, abandonedLimit: Int = 100) {
        self.init(limit, includingBody: includingBody, abandonedLimit: abandonedLimit, clock: ContinuousClock())
    }

    /// Creates a limit with a clock of one's own.
    package init(
        _ limit: Duration, includingBody: Bool = false, abandonedLimit: Int = 100, clock: some Clock<Duration>
    ) {
        precondition(limit > .zero, "a handler gets some time")
        precondition(abandonedLimit > 0, "a handler may be given up")
        self.abandonedLimit = abandonedLimit
        self.limit = limit
        includesBody = includingBody
        deadlines = Deadlines(limit, clock: clock)
    }

    /// Answers the request, or throws an error that is answered with 503.
    public func respond(to request: Request, next: any Responder) async throws -> Response {
        guard abandoned.count < abandonedLimit else { throw TooManyAbandoned(limit: abandonedLimit) }
        let call = TimedCall(limit: limit, head: request.head, abandoned: abandoned)
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

/// Too many handlers were given up and have not ended.
private struct TooManyAbandoned: HTTPErrorConvertible, CustomStringConvertible {
    var limit: Int
    var httpError: HTTPError {
        HTTPError(.serviceUnavailable, "This takes too long at the moment. Please try again later.")
    }
    var description: String {
        "not begun, as \(limit) handlers that were given up still run; they should end when their task is cancelled"
    }
}

/// The work that was given up and has not ended.
private final class AbandonedCalls: Sendable {
    private let number = Atomic(0)

    /// How many there are; for a moment one too few when one ends as it is given up.
    var count: Int { number.load(ordering: .relaxed) }
    func add() { number.add(1, ordering: .relaxed) }
    func remove() { number.subtract(1, ordering: .relaxed) }
}

/// Work that is given up when its time is over.
private final class TimedCall: Sendable {
    private struct State: Sendable {
        var hasExpired = false
        var giveUp: (@Sendable () -> Void)?
    }

    private let limit: Duration
    private let head: RequestHead
    private let abandoned: AbandonedCalls
    private let state = Mutex(State())

    init(limit: Duration, head: RequestHead, abandoned: AbandonedCalls) {
        self.limit = limit
        self.abandoned = abandoned
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
        let task = Task(executorPreference: head.executor) { [abandoned] in
            let result: Result<Value, any Error>
            do {
                result = .success(try await work())
            } catch {
                result = .failure(error)
            }
            if !outcome.end(result) { abandoned.remove() }
        }
        let hasExpired = state.withLock { state in
            state.giveUp = { [limit, abandoned] in
                if outcome.end(.failure(TimedOut(limit: limit))) { abandoned.add() }
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

    /// - Returns: Whether it was this one.
    func end(_ result: Result<Value, any Error>) -> Bool {
        let (isFirst, continuation) = state.withLock { state -> (Bool, CheckedContinuation<Value, any Error>?) in
            switch state {
            case .ended: return (false, nil)
            case .open:
                state = .ended(result)
                return (true, nil)
            case .awaited(let continuation):
                state = .ended(result)
                return (true, continuation)
            }
        }
        continuation?.resume(with: result)
        return isFirst
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
