import Glibc

/// A file descriptor that is closed when its owner lets go of it.
struct OwnedDescriptor: ~Copyable {
    let raw: Int32

    /// Takes over the result of the system call `call`, which is an error when negative.
    init(_ result: Int32, from call: String) throws(TestingError) {
        guard result >= 0 else { throw .system(call) }
        raw = result
    }

    /// A copy at 3 or above, out of the way of the standard streams of a child.
    func copy() throws(TestingError) -> OwnedDescriptor {
        try OwnedDescriptor(fcntl(raw, F_DUPFD_CLOEXEC, 3), from: "fcntl")
    }

    /// Keeps it from programs that others start.
    func closeOnExec() throws(TestingError) {
        if fcntl(raw, F_SETFD, FD_CLOEXEC) != 0 { throw .system("fcntl") }
    }

    deinit { _ = close(raw) }
}
