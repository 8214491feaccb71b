import Synchronization

/// Tells calls when their time is over; all of them have the same time.
///
/// One task sleeps until the next deadline, and only as long as there is one: not a timer for each call, which would outlive most.
final class Deadlines: Sendable {
    private struct Entry: Sendable {
        var deadline: Duration
        var expire: @Sendable () -> Void
    }

    private struct State: Sendable {
        var entries: [UInt64: Entry] = [:]
        var lastID: UInt64 = 0
        var isWatched = false
    }

    private let limit: Duration
    private let now: @Sendable () -> Duration
    private let sleep: @Sendable (_ until: Duration) async -> Void
    private let state = Mutex(State())

    init<C: Clock>(_ limit: Duration, clock: C) where C.Duration == Duration {
        self.limit = limit
        let start = clock.now
        now = { start.duration(to: clock.now) }
        // It is never cancelled.
        sleep = { try? await clock.sleep(until: start.advanced(by: $0), tolerance: nil) }
    }

    /// Begins the time of a call.
    /// - Returns: Its number, for ``end(_:)``.
    func start(_ expire: @escaping @Sendable () -> Void) -> UInt64 {
        let entry = Entry(deadline: now() + limit, expire: expire)
        let (id, needsWatch) = state.withLock { state in
            state.lastID &+= 1
            state.entries[state.lastID] = entry
            defer { state.isWatched = true }
            return (state.lastID, !state.isWatched)
        }
        if needsWatch { Task.detached { await self.watch() } }
        return id
    }

    /// The call is over in time.
    func end(_ id: UInt64) { _ = state.withLock { $0.entries.removeValue(forKey: id) } }

    private func watch() async {
        while let next = nextDeadline() {
            await sleep(next)
            let now = now()
            let expired = state.withLock { state in
                let expired = state.entries.filter { $0.value.deadline <= now }
                for id in expired.keys { state.entries[id] = nil }
                return expired.values
            }
            for entry in expired { entry.expire() }
        }
    }

    /// The next deadline; without one nobody watches any more.
    private func nextDeadline() -> Duration? {
        state.withLock { state in
            let next = state.entries.values.lazy.map(\.deadline).min()
            if next == nil { state.isWatched = false }
            return next
        }
    }
}
