import Glibc

/// A listening socket: to be inherited by a ``ChildProcess``, or to play the application's side in a test.
public final class LoopbackListener: Sendable {
    private let socket: OwnedDescriptor
    /// Where clients reach it; the port is filled in.
    public let address: LoopbackAddress

    /// The descriptor, for `ChildProcess(stdin: .descriptor(…))`; it stays this object's to close.
    public var descriptor: Int32 { socket.raw }

    /// Listens on `address`; port 0 takes a free one.
    ///
    /// A socket file is created and not removed: keep it in a ``TemporaryDirectory``.
    public init(_ address: LoopbackAddress = .port(0), backlog: Int32 = 128) throws(TestingError) {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        socket = try OwnedDescriptor(Glibc.socket(address.family, kind, 0), from: "socket")
        let raw = socket.raw
        if case .tcp = address {
            var on: Int32 = 1
            setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        guard try address.withSystemAddress({ bind(raw, $0, $1) }) == 0 else { throw .system("bind to \(address)") }
        guard listen(raw, backlog) == 0 else { throw .system("listen") }
        guard case .tcp(let host, 0) = address else {
            self.address = address
            return
        }
        var bound = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &bound) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(raw, $0, &size) }
        }
        guard result == 0 else { throw .system("getsockname") }
        self.address = .tcp(host: host, port: UInt16(bigEndian: bound.sin_port))
    }

    /// Waits for a client and returns the connection to it, seen from the application's side.
    public func accept(timeout: Duration = .seconds(5)) throws(TestingError) -> FastCGIConnection {
        let deadline = Deadline(after: timeout)
        _ = try deadline.wait(for: POLLIN, on: socket.raw, "waiting for a client")
        let client = try OwnedDescriptor(Glibc.accept(socket.raw, nil, nil), from: "accept")
        try client.closeOnExec()
        return FastCGIConnection(ByteStream(client), timeout: timeout)
    }
}

/// Returns a TCP port of 127.0.0.1 that was free a moment ago.
///
/// Another program may take it before the caller does; where that matters, let the child inherit a
/// ``LoopbackListener`` or use a unix socket in a ``TemporaryDirectory``.
public func freeLoopbackPort() throws(TestingError) -> UInt16 {
    guard case .tcp(_, let port) = try LoopbackListener().address else { return 0 }
    return port
}
