extension JSONReader {
    /// Reads a string, from one quotation mark to the other.
    mutating func string() throws(Malformed) -> String {
        position += 1
        let start = position
        skipPlain()
        if byte == UInt8(ascii: "\"") {
            let text = try Self.text(bytes.span.extracting(start..<position))
            position += 1
            return text
        }
        var text: [UInt8] = []
        append(start..<position, to: &text)
        while !take(UInt8(ascii: "\"")) {
            // The end and control characters are no escapes either.
            guard take(UInt8(ascii: "\\")) else { throw Malformed() }
            try escape(&text)
            let start = position
            skipPlain()
            append(start..<position, to: &text)
        }
        return try Self.text(text.span)
    }

    /// Passes over bytes that stand for themselves.
    @inline(__always)
    private mutating func skipPlain() {
        while byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { position += 1 }
    }

    private func append(_ range: Range<Int>, to text: inout [UInt8]) {
        text.append(contentsOf: bytes[range])
    }

    private static func text(_ bytes: Span<UInt8>) throws(Malformed) -> String {
        guard let valid = try? UTF8Span(validating: bytes) else { throw Malformed() }
        return String(copying: valid)
    }

    /// Reads what follows a backslash.
    private mutating func escape(_ text: inout [UInt8]) throws(Malformed) {
        let letter = byte
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            // An initializer of a scalar refuses surrogates, and so those that are alone.
            guard let scalar = Unicode.Scalar(try codePoint()) else { throw Malformed() }
            for byte in Character(scalar).utf8 { text.append(byte) }
        default: throw Malformed()
        }
    }

    /// Reads four hexadecimal digits, and the low surrogate that follows a high one.
    private mutating func codePoint() throws(Malformed) -> UInt32 {
        let high = try codeUnit()
        guard 0xD800...0xDBFF ~= high else { return high }
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw Malformed() }
        let low = try codeUnit()
        guard 0xDC00...0xDFFF ~= low else { throw Malformed() }
        return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
    }

    private mutating func codeUnit() throws(Malformed) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw Malformed()
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }
}
