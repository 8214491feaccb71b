public import NestboxSessions
import Synchronization

/// A clock for sessions that stands still until a test moves it.
public final class TestClock: Sendable {
    private let time: Mutex<Int64>

    /// Creates a clock that stands at `now` seconds since 1970; the default is in November 2023.
    public init(now: Int64 = 1_700_000_000) {
        time = Mutex(now)
    }

    /// The time that the clock shows; set it to any other.
    public var now: Int64 {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }

    /// Moves the clock on, or back with a negative number.
    public func advance(by seconds: Int64) {
        time.withLock { $0 += seconds }
    }

    /// What a store is given.
    public var sessionClock: SessionClock { SessionClock { self.now } }
}
