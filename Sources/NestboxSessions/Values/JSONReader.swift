/// A strict parser of JSON (RFC 8259).
///
/// Time is linear in the number of bytes, and recursion ends at the depth that is given.
struct JSONReader {
    /// What every document that is refused throws.
    struct Malformed: Error {}

    let bytes: [UInt8]
    /// Whether an integer beyond 64 bits is an error rather than a double.
    var refusesLargeIntegers = false
    var position = 0

    /// The byte to read next, or 0, which JSON has nowhere, at the end.
    @inline(__always)
    var byte: UInt8 { position < bytes.count ? bytes[position] : 0 }

    /// Reads the only value that there is.
    mutating func document(maxDepth: Int) throws(Malformed) -> SessionValue {
        skipSpace()
        let value = try value(maxDepth: maxDepth)
        skipSpace()
        guard position == bytes.count else { throw Malformed() }
        return value
    }

    private mutating func value(maxDepth: Int) throws(Malformed) -> SessionValue {
        switch byte {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return .object(try object(maxDepth: maxDepth))
        case UInt8(ascii: "["): return .array(try array(maxDepth: maxDepth))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"):
            try expect("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try expect("false")
            return .bool(false)
        default:
            try expect("null")
            return .null
        }
    }

    private mutating func object(maxDepth: Int) throws(Malformed) -> [String: SessionValue] {
        guard maxDepth > 0 else { throw Malformed() }
        position += 1
        skipSpace()
        var object: [String: SessionValue] = [:]
        if take(UInt8(ascii: "}")) { return object }
        repeat {
            skipSpace()
            guard byte == UInt8(ascii: "\"") else { throw Malformed() }
            let name = try string()
            guard name.utf8.count <= JSONSessionSerializer.maxNameBytes else { throw Malformed() }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw Malformed() }
            skipSpace()
            object[name] = try value(maxDepth: maxDepth - 1)
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw Malformed() }
        return object
    }

    private mutating func array(maxDepth: Int) throws(Malformed) -> [SessionValue] {
        guard maxDepth > 0 else { throw Malformed() }
        position += 1
        skipSpace()
        var array: [SessionValue] = []
        if take(UInt8(ascii: "]")) { return array }
        repeat {
            skipSpace()
            array.append(try value(maxDepth: maxDepth - 1))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw Malformed() }
        return array
    }

    @inline(__always)
    private mutating func skipSpace() {
        while true {
            switch byte {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    /// Passes over a byte if it is the expected one.
    @inline(__always)
    mutating func take(_ expected: UInt8) -> Bool {
        guard byte == expected else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ word: String) throws(Malformed) {
        for letter in word.utf8 {
            guard take(letter) else { throw Malformed() }
        }
    }
}
