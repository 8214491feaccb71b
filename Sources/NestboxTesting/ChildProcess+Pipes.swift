import Glibc

extension ChildProcess {
    /// What has been read from a pipe of the child.
    final class OutputPipe {
        private var end: OwnedDescriptor?
        private(set) var bytes: [UInt8] = []
        /// How much of `bytes` ``ChildProcess/waitForLine(containing:on:timeout:)`` has gone through.
        var searched = 0

        init(_ end: consuming OwnedDescriptor?) {
            self.end = end
        }

        /// The descriptor, or -1, which poll(2) passes over.
        var raw: Int32 {
            switch end {
            case .some(let end): end.raw
            case .none: -1
            }
        }

        /// Reads what is there after poll(2) has said that something is.
        func read() throws(TestingError) -> Bool {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = chunk.withUnsafeMutableBytes { Glibc.read(raw, $0.baseAddress, $0.count) }
            if count < 0 && errno != EINTR { throw .system("read") }
            if count == 0 { end = nil }
            bytes += chunk[..<max(0, count)]
            return count > 0
        }
    }

    /// The descriptor that feeds the child, or -1.
    private var inputEnd: Int32 {
        switch input {
        case .some(let input): input.raw
        case .none: -1
        }
    }

    /// Reads what comes next from the child, waiting up to `milliseconds`.
    func gather(atMost milliseconds: Int32) throws(TestingError) {
        var nothing: ArraySlice<UInt8>?
        _ = try exchange(&nothing, atMost: milliseconds)
    }

    /// Reads what comes next from the child and feeds it from `rest`, waiting up to `milliseconds`.
    ///
    /// Sets `rest` to `nil` when the child reads no more. Returns whether anything was read.
    func exchange(_ rest: inout ArraySlice<UInt8>?, atMost milliseconds: Int32) throws(TestingError) -> Bool {
        let hasInput = !(rest ?? []).isEmpty
        if hasInput && inputEnd < 0 { rest = nil }
        var entries = [
            pollfd(fd: stdoutPipe.raw, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stderrPipe.raw, events: Int16(POLLIN), revents: 0),
            pollfd(fd: hasInput ? inputEnd : -1, events: Int16(POLLOUT), revents: 0),
        ]
        if Glibc.poll(&entries, 3, milliseconds) < 0 {
            if errno != EINTR { throw .system("poll") }
            return false
        }
        var wasRead = false
        if entries[0].revents != 0, try stdoutPipe.read() { wasRead = true }
        if entries[1].revents != 0, try stderrPipe.read() { wasRead = true }
        if entries[2].revents != 0, let bytes = rest {
            let count = try Self.writeWithoutSignal(bytes, to: inputEnd)
            rest = count.map { bytes.dropFirst($0) }
        }
        return wasRead
    }

    /// Writes some of `bytes` and returns how many, `nil` when nobody reads any more.
    ///
    /// There is no MSG_NOSIGNAL for a pipe: SIGPIPE is blocked in this thread and taken back when it was raised.
    private static func writeWithoutSignal(
        _ bytes: ArraySlice<UInt8>, to descriptor: Int32
    ) throws(TestingError) -> Int? {
        var (brokenPipe, before, pending) = (sigset_t(), sigset_t(), sigset_t())
        sigemptyset(&brokenPipe)
        sigaddset(&brokenPipe, SIGPIPE)
        sigpending(&pending)
        pthread_sigmask(SIG_BLOCK, &brokenPipe, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 { return count }
        let number = errno
        switch number {
        case EAGAIN, EINTR: return 0
        case EPIPE:
            var now = timespec()
            if sigismember(&pending, SIGPIPE) == 0 { sigtimedwait(&brokenPipe, nil, &now) }
            return nil
        default: throw .system("write", number)
        }
    }
}
