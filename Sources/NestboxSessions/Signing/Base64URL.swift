/// Base64 with `-` and `_` and without padding (RFC 4648 §5).
package enum Base64URL {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// The value of each byte as a digit, 255 for those that are none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

    static func isDigit(_ byte: UInt8) -> Bool { values[Int(byte)] != 255 }

    /// Encodes bytes.
    package static func encode(_ bytes: [UInt8]) -> String {
        let (bytes, digits) = (bytes.span, digits.span)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 3 * 4 + 3)
        var index = 0
        while index &+ 3 <= bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index &+ 1]) << 8 | UInt32(bytes[index &+ 2])
            text.append(digits[Int(group >> 18)])
            text.append(digits[Int(group >> 12 & 63)])
            text.append(digits[Int(group >> 6 & 63)])
            text.append(digits[Int(group & 63)])
            index &+= 3
        }
        switch bytes.count - index {
        case 1:
            let group = UInt32(bytes[index]) << 4
            text.append(digits[Int(group >> 6)])
            text.append(digits[Int(group & 63)])
        case 2:
            let group = UInt32(bytes[index]) << 10 | UInt32(bytes[index &+ 1]) << 2
            text.append(digits[Int(group >> 12)])
            text.append(digits[Int(group >> 6 & 63)])
            text.append(digits[Int(group & 63)])
        default: break
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes text, or returns `nil` for any that ``encode(_:)`` does not make: foreign characters, padding, bits left over.
    package static func decode(_ text: String) -> [UInt8]? { decode(text.utf8.span) }

    /// Decodes text given as bytes, by the same rules.
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? { decode(text.span) }

    private static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        let values = values.span
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var group: UInt32 = 0
        for index in text.indices {
            let value = values[Int(text[index])]
            guard value < 64 else { return nil }
            group = group << 6 | UInt32(value)
            guard index & 3 == 3 else { continue }
            bytes.append(UInt8(truncatingIfNeeded: group >> 16))
            bytes.append(UInt8(truncatingIfNeeded: group >> 8))
            bytes.append(UInt8(truncatingIfNeeded: group))
            group = 0
        }
        switch text.count & 3 {
        case 2:
            guard group & 0xF == 0 else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: group >> 4))
        case 3:
            guard group & 0x3 == 0 else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: group >> 10))
            bytes.append(UInt8(truncatingIfNeeded: group >> 2))
        default: break
        }
        return bytes
    }
}

/// Lower-case hexadecimal digits.
package enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Encodes bytes, two digits each.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
