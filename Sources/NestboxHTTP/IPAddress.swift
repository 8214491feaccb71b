#if canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// An IPv4 or IPv6 address in network byte order.
///
/// An IPv4-mapped address (`::ffff:192.0.2.1`) is the IPv4 address.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// Four or sixteen bytes.
    package let bytes: [UInt8]

    /// Reads an address as text (RFC 4291 §2.2), without brackets, port or zone.
    package init?(_ text: String) {
        // C would read up to a NUL only.
        guard !text.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(bytes: withUnsafeBytes(of: &v4) { Array($0) })
            return
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        self.init(bytes: withUnsafeBytes(of: &v6) { Array($0) })
    }

    package init(bytes: [UInt8]) {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        self.bytes = bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
    }
}

extension IPAddress {
    package var description: String {
        var bytes = bytes
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, &bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// An address, or all addresses with the same first bits: `192.0.2.0/24`.
package struct IPNetwork: Sendable, Hashable {
    private let address: IPAddress
    private let prefixLength: Int

    /// Reads an address with an optional prefix length.
    package init(_ text: String) throws(InvalidAddressError) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(first)) else {
            throw InvalidAddressError(text: text)
        }
        let bits = address.bytes.count * 8
        self.address = address
        guard parts.count == 2 else {
            prefixLength = bits
            return
        }
        guard parts[1].utf8.allSatisfy(\.isASCIIDigit), let length = Int(parts[1]), length <= bits else {
            throw InvalidAddressError(text: text)
        }
        prefixLength = length
    }

    package func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        let whole = prefixLength / 8
        guard other.bytes.prefix(whole) == address.bytes.prefix(whole) else { return false }
        let rest = prefixLength % 8
        return rest == 0 || (other.bytes[whole] ^ address.bytes[whole]) >> (8 - rest) == 0
    }
}

/// A text that is no IP address or network.
public struct InvalidAddressError: Error, Sendable, CustomStringConvertible {
    /// The text.
    public var text: String
    /// What is wrong.
    public var description: String { "'\(text)' is no IP address or network such as 192.0.2.1, 10.0.0.0/8 or fd00::/8" }
}
