import Glibc

/// A point in time by which a blocking call has to be done.
struct Deadline {
    private let timeout: Duration
    private let instant: ContinuousClock.Instant

    init(after timeout: Duration) {
        self.timeout = timeout
        instant = .now + timeout
    }

    var hasPassed: Bool { ContinuousClock.now >= instant }

    /// What is left for poll(2), rounded up so that a wait never ends just before the deadline.
    var milliseconds: Int32 {
        let left = max(.zero, ContinuousClock.now.duration(to: instant)).components
        let wanted = left.seconds * 1000 + (left.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: wanted)
    }

    /// What is left for a socket option; at least a microsecond, because zero means "for ever" there.
    var timeval: Glibc.timeval {
        let left = max(.microseconds(1), ContinuousClock.now.duration(to: instant)).components
        return Glibc.timeval(
            tv_sec: Int(left.seconds),
            tv_usec: max(left.seconds == 0 ? 1 : 0, Int(left.attoseconds / 1_000_000_000_000)))
    }

    func expired(_ action: String) -> TestingError {
        TestingError(.timedOut, "\(action) took longer than \(timeout)")
    }

    /// Waits until `descriptor` has one of `events`, is hung up or is in error, and returns what it has.
    func wait(for events: Int32, on descriptor: Int32, _ action: String) throws(TestingError) -> Int32 {
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let count = poll(&entry, 1, milliseconds)
            if count > 0 { return Int32(entry.revents) }
            if count < 0 && errno != EINTR { throw .system("poll") }
            if hasPassed { throw expired(action) }
        }
    }

    /// Lets time pass between two writes, without running past the deadline.
    func pause(_ duration: Duration) {
        let end = min(ContinuousClock.now + duration, instant)
        while ContinuousClock.now < end {
            let left = ContinuousClock.now.duration(to: end).components
            var time = timespec(tv_sec: Int(left.seconds), tv_nsec: Int(max(0, left.attoseconds / 1_000_000_000)))
            _ = nanosleep(&time, nil)
        }
    }
}
