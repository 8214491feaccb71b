import Glibc

/// Tells the time in whole seconds since 1970, UTC.
public struct SessionClock: Sendable {
    private let read: @Sendable () -> Int64

    /// Creates a clock that reads another one, as tests do.
    public init(_ read: @escaping @Sendable () -> Int64) {
        self.read = read
    }

    /// Now.
    public var now: Int64 { read() }

    /// The clock of the system.
    public static let system = SessionClock { Int64(time(nil)) }
}
