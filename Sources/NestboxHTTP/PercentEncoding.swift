/// Percent-encoding of RFC 3986 §2.1, done on UTF-8 bytes.
public enum PercentEncoding {
    /// Decodes `%XX` sequences once.
    ///
    /// A `%` without two hexadecimal digits after it stays as it is, so nothing is ever refused. Ill-formed UTF-8
    /// becomes U+FFFD, one for each maximal subpart. The result may hold any character, control characters and
    /// U+0000 included.
    /// - Parameters:
    ///   - bytes: The encoded text.
    ///   - plusAsSpace: Whether `+` means a space, as in `application/x-www-form-urlencoded`. In a path it does not.
    public static func decode(_ bytes: some Collection<UInt8>, plusAsSpace: Bool = false) -> String {
        decode(Array(bytes)[...], plusAsSpace: plusAsSpace)
    }

    /// Decodes `%XX` sequences in a string once, by the same rules.
    public static func decode(_ string: some StringProtocol, plusAsSpace: Bool = false) -> String {
        guard string.utf8.contains(where: { isEncoded($0, plusAsSpace: plusAsSpace) }) else { return String(string) }
        return decode(Array(string.utf8)[...], plusAsSpace: plusAsSpace)
    }

    /// The decoding of a part of a path, which other modules call for every request and cannot specialize.
    package static func decode(_ string: Substring) -> String {
        let bytes = string.utf8.span
        for index in bytes.indices where bytes[index] == UInt8(ascii: "%") { return decode(Array(string.utf8)[...]) }
        return String(string)
    }

    /// Encodes every byte of the UTF-8 form that is not in `allowed` as `%XX`, with capital digits.
    ///
    /// `%` is in none of the sets but ``Allowed/uri``: what is encoded already is encoded again, and decoding the
    /// result gives `string` back.
    public static func encode(_ string: String, allowed: Allowed) -> String {
        guard !allowed.contains(all: string.utf8.span) else { return string }
        var encoded: [UInt8] = []
        append(string.utf8, to: &encoded, allowed: allowed)
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The decoding that parsers call, which copies nothing before it must.
    package static func decode(_ bytes: ArraySlice<UInt8>, plusAsSpace: Bool = false) -> String {
        guard let first = bytes.firstIndex(where: { isEncoded($0, plusAsSpace: plusAsSpace) }) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        var decoded = Array(bytes[..<first])
        decoded.reserveCapacity(bytes.count)
        var index = first
        while index < bytes.endIndex {
            if plusAsSpace && bytes[index] == UInt8(ascii: "+") {
                decoded.append(UInt8(ascii: " "))
                index += 1
            } else {
                let (byte, next) = decodedByte(at: index, of: bytes)
                decoded.append(byte)
                index = next
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// The byte that is encoded at `index`, which must be inside, and the index after it.
    package static func decodedByte(at index: Int, of bytes: ArraySlice<UInt8>) -> (byte: UInt8, next: Int) {
        let byte = bytes[index]
        guard byte == UInt8(ascii: "%"), bytes.endIndex - index > 2,
            let high = bytes[index + 1].hexDigitValue, let low = bytes[index + 2].hexDigitValue
        else { return (byte, index + 1) }
        return (high << 4 | low, index + 3)
    }

    /// Appends `bytes`, with `%XX` for what is not in `allowed`, and with `+` for spaces where that is asked for.
    package static func append(
        _ bytes: some Sequence<UInt8>, to encoded: inout [UInt8], allowed: Allowed, spaceAsPlus: Bool = false
    ) {
        for byte in bytes {
            if allowed.contains(byte) {
                encoded.append(byte)
            } else if spaceAsPlus && byte == UInt8(ascii: " ") {
                encoded.append(UInt8(ascii: "+"))
            } else {
                encoded.append(UInt8(ascii: "%"))
                encoded.append(hexDigit(byte >> 4))
                encoded.append(hexDigit(byte & 0x0F))
            }
        }
    }

    private static func isEncoded(_ byte: UInt8, plusAsSpace: Bool) -> Bool {
        byte == UInt8(ascii: "%") || (plusAsSpace && byte == UInt8(ascii: "+"))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? value &+ 0x30 : value &+ 0x37
    }
}

extension PercentEncoding {
    /// The ASCII characters that an encoding leaves as they are.
    public struct Allowed: Sendable {
        /// One bit for each of the characters 0 to 63.
        private var low: UInt64 = 0
        /// One bit for each of the characters 64 to 127.
        private var high: UInt64 = 0

        /// The letters, the digits, and `others`, which must be ASCII.
        package init(alphanumericsAnd others: String) {
            for byte in UInt8(0)...127 where byte.isASCIIAlphanumeric { insert(byte) }
            for byte in others.utf8 where byte < 128 { insert(byte) }
        }

        /// Whether all of the bytes are in the set.
        func contains(all bytes: Span<UInt8>) -> Bool {
            for index in bytes.indices where !contains(bytes[index]) { return false }
            return true
        }

        /// What one segment of a path may hold (RFC 3986 §3.3, `pchar`): not `/`, `?`, `#` or `%`.
        public static let pathSegment = Allowed(alphanumericsAnd: "-._~!$&'()*+,;=:@")

        /// What a path of several segments may hold: as ``pathSegment``, and `/`.
        ///
        /// A path that begins with `//` stays as it is; as a redirect target it would name another host.
        public static let path = Allowed(alphanumericsAnd: "-._~!$&'()*+,;=:@/")

        /// What a name or a value in a query may hold: the unreserved characters of RFC 3986 §2.3 only.
        ///
        /// `&`, `=`, `+` and `;` are encoded, and a space is `%20`, so that every parser reads the same.
        public static let queryComponent = Allowed(alphanumericsAnd: "-._~")

        /// What a whole URI reference may hold (RFC 3986 §2): the delimiters too, and `%`.
        ///
        /// For text that is a URI already but for some spaces or characters outside of ASCII. No delimiter is
        /// encoded, so it is not for making a URI out of parts.
        public static let uri = Allowed(alphanumericsAnd: "-._~!$&'()*+,;=:@/?#[]%")

        package func contains(_ byte: UInt8) -> Bool {
            switch byte {
            case 0..<64: low >> UInt64(byte) & 1 == 1
            case 64..<128: high >> UInt64(byte & 63) & 1 == 1
            default: false
            }
        }

        private mutating func insert(_ byte: UInt8) {
            if byte < 64 {
                low |= 1 << UInt64(byte)
            } else {
                high |= 1 << UInt64(byte & 63)
            }
        }
    }
}
