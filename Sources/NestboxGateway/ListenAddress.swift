/// Where a gateway listens: `unix:/run/app.sock`, `127.0.0.1:9000` or `[::1]:9000`.
public enum ListenAddress: Sendable, Hashable {
    /// A unix socket at a path.
    case unix(String)
    /// A TCP port of one address.
    case tcp(host: String, port: UInt16)
    /// A listening socket that the program was started with.
    case inherited(Int32)

    /// Reads an address.
    /// - Throws: ``GatewayError`` naming the text. Port 0 takes any free port. A port without an address is refused:
    ///   it would listen to the whole world.
    public init(_ text: String) throws(GatewayError) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            // sun_path has 108 bytes with the closing NUL.
            guard !path.isEmpty, path.utf8.count <= 107, !path.utf8.contains(0) else {
                throw GatewayError(.invalidAddress, text, remedy: "A socket's path has 1 to 107 bytes.")
            }
            self = .unix(path)
            return
        }
        let remedy = "Write unix:/path/app.sock, 127.0.0.1:9000 or [::1]:9000."
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw GatewayError(.invalidAddress, text, remedy: remedy)
        }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw GatewayError(.invalidAddress, text, remedy: remedy) }
        self = .tcp(host: host == "localhost" ? "127.0.0.1" : String(host), port: port)
    }
}

extension ListenAddress: CustomStringConvertible {
    /// The address as it is written in a configuration.
    public var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .inherited(let descriptor): "inherited descriptor \(descriptor)"
        }
    }
}

/// Who may connect to a unix socket.
public struct UnixSocketOptions: Sendable {
    /// The permission bits, `0o660` by default: connecting needs the right to write.
    public var mode: UInt32 = 0o660
    /// The owner's name or number; by default the user that runs the program.
    public var owner: String?
    /// The group's name or number, such as `www-data`; by default the group that runs the program.
    public var group: String?

    /// The defaults.
    public init() {}
}
