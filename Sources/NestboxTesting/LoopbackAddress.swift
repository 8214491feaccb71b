import Glibc

/// Where a program under test listens: a path, or a port of the loopback interface.
///
/// Written `unix:PATH` or `HOST:PORT`. HOST is `localhost` or an IPv4 address in 127.0.0.0/8; nothing else is
/// accepted, and names are never looked up, so a test cannot talk to another machine by mistake.
public enum LoopbackAddress: Hashable, Sendable, CustomStringConvertible {
    /// A unix socket; the path takes at most 107 bytes.
    case unix(path: String)
    /// A TCP port of `host`, in network order as its four bytes read from left to right.
    case tcp(host: UInt32, port: UInt16)

    /// A TCP port of 127.0.0.1.
    public static func port(_ port: UInt16) -> LoopbackAddress { .tcp(host: 0x7F00_0001, port: port) }

    /// Reads `unix:PATH` or `HOST:PORT`.
    /// - Throws: ``TestingError`` with the code `refused` for anything that is not on this machine.
    public init(_ text: String) throws(TestingError) {
        if text.hasPrefix("unix:") {
            self = .unix(path: String(text.dropFirst(5)))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            let host = Self.host(text[..<colon])
        else { throw TestingError(.refused, "'\(text)' is neither unix:PATH nor a loopback HOST:PORT") }
        self = .tcp(host: host, port: port)
    }

    private static func host(_ text: Substring) -> UInt32? {
        if text == "localhost" { return 0x7F00_0001 }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4, parts[0] == 127 else { return nil }
        return parts.reduce(0) { sum, part in
            guard let sum, let part else { return nil }
            return sum << 8 | UInt32(part)
        }
    }

    /// The address as ``init(_:)`` reads it, which is also what nginx takes in `fastcgi_pass`.
    public var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port):
            "\(host >> 24).\(host >> 16 & 255).\(host >> 8 & 255).\(host & 255):\(port)"
        }
    }

    var family: Int32 {
        switch self {
        case .unix: AF_UNIX
        case .tcp: AF_INET
        }
    }

    /// Calls `body` (connect or bind) with the address in the form of the system.
    func withSystemAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) throws(TestingError) -> Int32 {
        switch self {
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8)
            guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else {
                throw TestingError(.refused, "'\(path)' does not fit in a unix socket address")
            }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            return Self.withPointer(to: &address, body)
        case .tcp(let host, let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = host.bigEndian
            address.sin_port = port.bigEndian
            return Self.withPointer(to: &address, body)
        }
    }

    private static func withPointer<Address>(
        to address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}
