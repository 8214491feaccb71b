import Synchronization

/// Lets one of many equal log entries through in a while.
final class LogInterval: Sendable {
    private let interval: UInt64
    /// When the next one may go through, in nanoseconds.
    private let next = Atomic<UInt64>(0)

    init(_ interval: Duration) {
        self.interval = UInt64(clamping: Int64(interval / .nanoseconds(1)))
    }

    /// Whether an entry is to be written now, which counts as done.
    /// - Parameter now: The time of a clock that never goes back, in nanoseconds.
    func isDue(at now: UInt64) -> Bool {
        let next = next.load(ordering: .relaxed)
        guard now >= next else { return false }
        // Of several threads one writes it.
        return self.next.compareExchange(expected: next, desired: now &+ interval, ordering: .relaxed).exchanged
    }
}
