import Synchronization

/// Sends each value to everyone who listens just then: what happens once and thousands of event streams are to tell.
///
///     let visits = Broadcast<ServerSentEvent>(buffer: 100, overflow: .endListener)
///
///     router.get("/visits") { _ in Response.events(visits.listen()) }
///     router.post("/visits") { request in
///         visits.send(try ServerSentEvent(json: await request.decode(Visit.self), event: "visit"))
///         return HTTPResponse.Status.noContent
///     }
///
/// Listeners get the values in the same order. What was sent before they came they do not get. Sending never waits:
/// each listener has a buffer of its own, and ``Overflow`` says what happens to one that is too slow for it. Sending and
/// listening work on any thread; it reaches this process only.
public final class Broadcast<Element: Sendable>: Sendable {
    /// What happens when a listener's buffer is full.
    public enum Overflow: Sendable {
        /// The oldest value makes room: for values that replace each other, such as the time.
        case dropOldest
        /// The listener gets what it has in its buffer, and then the end: for values none of which may be missed.
        ///
        /// Browsers connect again then, and ``Request/lastEventID`` says what they had.
        case endListener
    }

    private struct State {
        var listeners: [UInt64: AsyncStream<Element>.Continuation] = [:]
        var nextKey: UInt64 = 0
        var hasFinished = false
    }

    private let state = Mutex(State())
    private let buffer: Int
    private let overflow: Overflow

    /// Creates one without listeners.
    /// - Parameters:
    ///   - buffer: How many values wait for each listener, 16 by default, 1 at least.
    ///   - overflow: What happens when there would be more.
    public init(buffer: Int = 16, overflow: Overflow = .dropOldest) {
        self.buffer = max(1, buffer)
        self.overflow = overflow
    }

    deinit { finish() }

    /// How many listen.
    public var listenerCount: Int { state.withLock { $0.listeners.count } }

    /// The values from now on.
    ///
    /// Listening ends when the task that iterates is cancelled, and when the sequence is dropped.
    public func listen() -> AsyncStream<Element> {
        let policy: AsyncStream<Element>.Continuation.BufferingPolicy =
            switch overflow {
            case .dropOldest: .bufferingNewest(buffer)
            case .endListener: .bufferingOldest(buffer)
            }
        let (stream, continuation) = AsyncStream.makeStream(of: Element.self, bufferingPolicy: policy)
        let isOver = state.withLock { state in
            if state.hasFinished { return true }
            let key = state.nextKey
            state.nextKey += 1
            continuation.onTermination = { [weak self] _ in self?.remove(key) }
            state.listeners[key] = continuation
            return false
        }
        if isOver { continuation.finish() }
        return stream
    }

    /// Sends a value to all who listen, and returns at once.
    public func send(_ element: Element) {
        // Under the lock, so that all get the values of several senders in one order. Nobody's code runs there: who is
        // woken is queued.
        let ended = state.withLock { state in
            var ended: [AsyncStream<Element>.Continuation] = []
            for (key, listener) in state.listeners {
                guard case .dropped = listener.yield(element), overflow == .endListener else { continue }
                // At once: it may make room in the next moment, and would get a later value without this one.
                state.listeners.removeValue(forKey: key)
                ended.append(listener)
            }
            return ended
        }
        for listener in ended { listener.finish() }
    }

    /// Ends all listening, now and later.
    public func finish() {
        let listeners = state.withLock { state in
            state.hasFinished = true
            defer { state.listeners = [:] }
            return state.listeners
        }
        for listener in listeners.values { listener.finish() }
    }

    private func remove(_ key: UInt64) {
        _ = state.withLock { $0.listeners.removeValue(forKey: key) }
    }
}
