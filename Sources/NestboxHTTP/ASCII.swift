/// Character classes that the grammars of HTTP, URIs and cookies are made of.
extension UInt8 {
    /// A control character: 0x00 to 0x1F and 0x7F.
    package var isASCIIControl: Bool { self < 0x20 || self == 0x7F }

    /// A space or a horizontal tab: the optional white space of RFC 9110 §5.6.3.
    package var isOptionalWhitespace: Bool { self == 0x20 || self == 0x09 }

    /// A digit 0 to 9.
    package var isASCIIDigit: Bool { self >= 0x30 && self <= 0x39 }

    /// A letter A to Z or a to z, or a digit.
    package var isASCIIAlphanumeric: Bool {
        let lowered = self | 0x20
        return isASCIIDigit || (lowered >= 0x61 && lowered <= 0x7A)
    }

    /// A `tchar` of RFC 9110 §5.6.2, of which methods, field names and cookie names consist.
    package var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default:
            isASCIIAlphanumeric
        }
    }

    /// The value of a hexadecimal digit in either case, or `nil`.
    package var hexDigitValue: UInt8? {
        switch self {
        case 0x30...0x39: self &- 0x30
        case 0x41...0x46: self &- 0x37
        case 0x61...0x66: self &- 0x57
        default: nil
        }
    }
}

extension ArraySlice<UInt8> {
    /// The slice without spaces and tabs at both ends.
    package var trimmingOptionalWhitespace: ArraySlice<UInt8> {
        guard let first = firstIndex(where: { !$0.isOptionalWhitespace }),
            let last = lastIndex(where: { !$0.isOptionalWhitespace })
        else { return [] }
        return self[first...last]
    }
}
