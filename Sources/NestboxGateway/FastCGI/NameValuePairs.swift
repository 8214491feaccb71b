/// Reads name-value pairs (FastCGI specification §3.4): two lengths of one or four bytes, then name and value.
package enum NameValuePairs {
    /// Where a pair stands.
    package struct Pair {
        package var name: Range<Int>
        package var value: Range<Int>
        /// The pair with its lengths.
        var whole: Range<Int>
    }

    /// Why bytes are not taken as pairs.
    enum Failure: Error, Equatable {
        /// A length or a text is cut off at the end.
        case truncated
    }

    /// Calls `body` for each pair.
    package static func forEach(in bytes: Span<UInt8>, _ body: (Pair) throws -> Void) throws {
        var position = 0
        while position < bytes.count {
            let start = position
            let nameLength = try length(in: bytes, at: &position)
            let valueLength = try length(in: bytes, at: &position)
            // Each length is below 2^31 and the sum of three such numbers fits an Int.
            let end = position + nameLength + valueLength
            guard end <= bytes.count else { throw Failure.truncated }
            try body(
                Pair(name: position..<position + nameLength, value: position + nameLength..<end, whole: start..<end))
            position = end
        }
    }

    private static func length(in bytes: Span<UInt8>, at position: inout Int) throws -> Int {
        guard position < bytes.count else { throw Failure.truncated }
        let first = bytes[position]
        if first < 0x80 {
            position += 1
            return Int(first)
        }
        guard position + 4 <= bytes.count else { throw Failure.truncated }
        let length =
            Int(first & 0x7F) << 24 | Int(bytes[position + 1]) << 16 | Int(bytes[position + 2]) << 8
            | Int(bytes[position + 3])
        position += 4
        return length
    }
}

extension [UInt8] {
    /// Appends a pair whose texts are shorter than 128 bytes.
    mutating func appendShortPair(_ name: String, _ value: String) {
        append(UInt8(truncatingIfNeeded: name.utf8.count))
        append(UInt8(truncatingIfNeeded: value.utf8.count))
        append(contentsOf: name.utf8)
        append(contentsOf: value.utf8)
    }
}
