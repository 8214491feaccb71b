/// How long a supervisor waits before it starts a process again that has ended.
///
/// The first time not at all; then 0.1 s, 0.2 s, 0.4 s and so on up to 10 s, as long as each process ends within 10 s of its
/// start.
package struct RestartDelay: Sendable {
    /// Processes that ended early, one after the other.
    private var failures = 0

    package init() {}

    static let longest = Duration.seconds(10)
    /// A process that has run as long was a good one.
    static let goodLife = Duration.seconds(10)

    /// The delay after a process that has ended.
    /// - Parameter life: How long it ran.
    package mutating func next(afterLife life: Duration) -> Duration {
        failures = life >= Self.goodLife ? 1 : failures + 1
        guard failures > 1 else { return .zero }
        // 0.1 s doubled seven times is more than the longest.
        return min(Self.longest, .milliseconds(100 << min(failures - 2, 7)))
    }
}
