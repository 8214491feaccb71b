/// A host with an optional port, as a `Host` field names them (RFC 9110 §7.2).
///
/// Of what RFC 3986 §3.2.2 lets a host be, only names of letters, digits, `-`, `_` and dots, IPv4 addresses and IPv6
/// addresses in brackets are taken: whatever else comes is an attack on those who print it.
package struct Authority: Sendable, Hashable {
    /// The name or address in lower case, an IPv6 address in its brackets.
    package let host: String
    /// The port, when one is named.
    package let port: UInt16?

    private init(host: String, port: UInt16?) {
        self.host = host
        self.port = port
    }

    /// Reads a host with an optional port, or `nil` for anything else.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard let parts = Self.parts(of: bytes) else { return nil }
        self.init(host: String(decoding: parts.host, as: UTF8.self).lowercased(), port: parts.port)
    }

    /// Reads what `SERVER_NAME` and `SERVER_PORT` say: here an IPv6 address may come without its brackets, and `_` or a
    /// wildcard is a server without a name.
    init?(serverName: ArraySlice<UInt8>, port: UInt16?) {
        let name = String(decoding: serverName, as: UTF8.self).lowercased()
        if name.utf8.contains(UInt8(ascii: ":")), IPAddress(name) != nil {
            self.init(host: "[\(name)]", port: port)
        } else {
            guard let parts = Self.parts(of: serverName), parts.port == nil else { return nil }
            self.init(host: name, port: port)
        }
    }

    /// The same host with another port.
    package func with(port: UInt16?) -> Authority { Authority(host: host, port: port) }

    /// Takes a host field apart, or returns `nil` for what is none; copies nothing but an IPv6 address.
    static func parts(of bytes: ArraySlice<UInt8>) -> (host: ArraySlice<UInt8>, port: UInt16?)? {
        let host: ArraySlice<UInt8>
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = bytes[...end]
            let address = host.dropFirst().dropLast()
            guard address.count <= 45, address.contains(UInt8(ascii: ":")),
                IPAddress(String(decoding: address, as: UTF8.self)) != nil
            else { return nil }
        } else {
            host = bytes.prefix { $0 != UInt8(ascii: ":") }
            guard isName(host) else { return nil }
        }
        let rest = bytes[host.endIndex...]
        guard let colon = rest.first else { return (host, nil) }
        let digits = rest.dropFirst()
        guard colon == UInt8(ascii: ":"), digits.count <= 5, digits.allSatisfy(\.isASCIIDigit) else { return nil }
        // An empty port is none (RFC 3986 §3.2.3).
        guard !digits.isEmpty else { return (host, nil) }
        let number = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard let port = UInt16(exactly: number), port > 0 else { return nil }
        return (host, port)
    }

    /// Whether this is a name of at most 253 bytes and perhaps a dot at its end, every label with a letter or a digit.
    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count <= 254 else { return false }
        var hasAlphanumeric = false
        for index in bytes.indices {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "."):
                guard hasAlphanumeric else { return false }
                if index + 1 < bytes.endIndex { hasAlphanumeric = false }
            case UInt8(ascii: "-"), UInt8(ascii: "_"): break
            default:
                guard byte.isASCIIAlphanumeric else { return false }
                hasAlphanumeric = true
            }
        }
        return hasAlphanumeric
    }
}
