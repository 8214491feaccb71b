import Glibc

/// A connected socket with a buffer in front of it, on which every call has a deadline.
final class ByteStream {
    private var socket: OwnedDescriptor?
    /// What was received and not yet taken.
    private(set) var buffer: ArraySlice<UInt8> = []
    /// Whether the peer has closed its sending side.
    private(set) var hasEnded = false
    /// Whether send(2) has reported a reset, which the system tells only once.
    private var wasReset = false

    init(_ socket: consuming OwnedDescriptor) {
        self.socket = consume socket
    }

    convenience init(connectedTo address: LoopbackAddress, _ deadline: Deadline) throws(TestingError) {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let socket = try OwnedDescriptor(Glibc.socket(address.family, kind, 0), from: "socket")
        // A full backlog blocks connect(2) on a unix socket; this option is the only deadline it knows.
        var patience = deadline.timeval
        setsockopt(socket.raw, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if case .tcp = address {
            var on: Int32 = 1
            setsockopt(socket.raw, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        let raw = socket.raw
        guard try address.withSystemAddress({ Glibc.connect(raw, $0, $1) }) == 0 else {
            let number = errno
            if number == EAGAIN || number == EINPROGRESS { throw deadline.expired("connecting to \(address)") }
            throw .system("connect to \(address)", number)
        }
        self.init(socket)
    }

    /// The descriptor, or an error after ``close()``.
    private func open() throws(TestingError) -> Int32 {
        switch socket {
        case .some(let socket): return socket.raw
        case .none: throw TestingError(.refused, "the connection was closed by the test itself")
        }
    }

    /// Sends all of `bytes`.
    ///
    /// With `receiving`, what arrives meanwhile is taken into the buffer, so that two sides that both write first
    /// do not wait for each other.
    func send(_ bytes: ArraySlice<UInt8>, receiving: Bool = false, _ deadline: Deadline) throws(TestingError) {
        let raw = try open()
        var rest = bytes
        while !rest.isEmpty {
            let listens = receiving && !hasEnded
            let events = try deadline.wait(for: listens ? POLLIN | POLLOUT : POLLOUT, on: raw, "sending")
            if listens && events & POLLIN != 0 { _ = try fill(deadline) }
            if events & (POLLOUT | POLLERR | POLLHUP) == 0 { continue }
            let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            let count = rest.withUnsafeBytes { Glibc.send(raw, $0.baseAddress, $0.count, flags) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EAGAIN && errno != EINTR {
                wasReset = errno == ECONNRESET
                throw .system("send")
            }
        }
    }

    /// Waits for more bytes and returns false at the end of the stream.
    func fill(_ deadline: Deadline) throws(TestingError) -> Bool {
        if hasEnded { return false }
        let raw = try open()
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            _ = try deadline.wait(for: POLLIN, on: raw, "reading")
            let count = chunk.withUnsafeMutableBytes { recv(raw, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
            if count > 0 {
                buffer.append(contentsOf: chunk[..<count])
                return true
            }
            if count == 0 {
                if wasReset { throw .system("recv", ECONNRESET) }
                hasEnded = true
                return false
            }
            if errno != EAGAIN && errno != EINTR { throw .system("recv") }
        }
    }

    /// Takes up to `count` bytes from the buffer, without waiting.
    func take(_ count: Int) -> [UInt8] {
        let taken = Array(buffer.prefix(count))
        buffer = buffer.dropFirst(count)
        return taken
    }

    func halfClose() throws(TestingError) {
        if shutdown(try open(), Int32(SHUT_WR)) != 0 { throw .system("shutdown") }
    }

    func close() {
        socket = nil
    }

    func reset() {
        if let raw = try? open() {
            var now = linger(l_onoff: 1, l_linger: 0)
            setsockopt(raw, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        }
        socket = nil
    }
}
