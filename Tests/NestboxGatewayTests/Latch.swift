import Glibc
import NestboxTesting

/// Something that happens once, for threads that block until then.
final class Latch: Sendable {
    private let reader: Int32
    private let writer: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw TestingError(.system, "pipe", errorNumber: errno) }
        (reader, writer) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    /// A descriptor that is readable once the latch is open.
    var descriptor: Int32 { reader }

    func open() {
        var byte: UInt8 = 1
        _ = write(writer, &byte, 1)
    }

    /// Blocks until the latch is open.
    /// - Throws: ``TestingError`` when it does not open in time.
    func wait(_ seconds: Int32 = 20) throws {
        var entry = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, seconds * 1000) == 1 else { throw TestingError(.timedOut, "nothing opened the latch") }
    }

    deinit {
        close(reader)
        close(writer)
    }
}
