/// Base64 with `+` and `/` and with padding (RFC 4648 §4).
enum Base64 {
    /// Encodes bytes.
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text = Base64URL.encode(bytes).utf8.map { digit -> UInt8 in
            switch digit {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: digit
            }
        }
        while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return text
    }

    /// Decodes text, or returns `nil` for any that ``encode(_:)`` does not make.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var digits: [UInt8] = []
        digits.reserveCapacity(text.count)
        for digit in text {
            switch digit {
            case UInt8(ascii: "+"): digits.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): digits.append(UInt8(ascii: "_"))
            case UInt8(ascii: "-"), UInt8(ascii: "_"): return nil
            default: digits.append(digit)
            }
        }
        for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
        return Base64URL.decode(digits[...])
    }
}
