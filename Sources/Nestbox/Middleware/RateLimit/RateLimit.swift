/// How often something may happen: the generic cell rate algorithm, which keeps one number for each key.
///
/// That number is when all that has happened is paid for, at one event for each ``interval``. An event is allowed as long as it is not
/// further ahead than a burst.
struct RateLimit: Sendable, Hashable {
    /// Nanoseconds between two events that go on for ever.
    let interval: Int64
    /// Events at once after a pause.
    let burst: Int64

    /// What becomes of an event.
    struct Decision: Sendable, Equatable {
        var isAllowed: Bool
        /// How many more would be allowed at once.
        var remaining: Int64
        /// The nanoseconds until an event is allowed again, 0 if this one is.
        var wait: Int64
        /// The nanoseconds until a whole burst is allowed.
        var reset: Int64
    }

    /// - Precondition: `count` and `burst` are at least 1, and the period is positive.
    init(_ count: Int, per period: Duration, burst: Int) {
        precondition(count > 0 && burst > 0 && period > .zero, "a rate limit allows something in some time")
        let nanoseconds = Int64(
            clamping: Int128(period.components.seconds) * 1_000_000_000
                + Int128(period.components.attoseconds / 1_000_000_000))
        interval = max(1, min(nanoseconds, Self.longest) / Int64(count))
        self.burst = min(Int64(burst), max(1, Self.longest / interval))
    }

    /// Ten years, so that no sum overflows.
    private static let longest: Int64 = 315_576_000_000_000_000

    /// How far ahead of the present the number can be.
    private var horizon: Int64 { interval * burst }

    /// Decides on one event.
    /// - Parameters:
    ///   - paid: The number that is kept for the key, which is changed; 0 for a key that is new.
    ///   - now: Nanoseconds since 1970.
    func take(_ paid: inout Int64, now: Int64) -> Decision {
        // A clock that was set back must not lock anyone out for longer than a burst takes.
        let start = min(max(paid, now), now + horizon)
        let next = start + interval
        guard next - now <= horizon else {
            return Decision(isAllowed: false, remaining: 0, wait: next - now - horizon, reset: start - now)
        }
        paid = next
        return Decision(isAllowed: true, remaining: (horizon - (next - now)) / interval, wait: 0, reset: next - now)
    }
}
