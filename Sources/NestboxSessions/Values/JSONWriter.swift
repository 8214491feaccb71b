/// A writer of compact JSON (RFC 8259) whose bytes are the same for equal values.
enum JSONWriter {
    /// What cannot be written, and where it is.
    struct Problem: Error {
        enum Reason {
            case notFinite
            case tooDeep
            case longName(Int)
        }

        let reason: Reason
        /// The way to the value, the innermost step first.
        var path: [String] = []

        func under(_ step: String) -> Problem {
            var problem = self
            problem.path.append(step)
            return problem
        }

        func description(maxDepth: Int) -> String {
            let place = path.isEmpty ? "the value" : "the value at \(path.reversed().joined())"
            return switch reason {
            case .notFinite: "\(place) is infinite or not a number. Store finite numbers, or null"
            case .tooDeep: "\(place) is nested deeper than \(maxDepth) levels. Store flatter values"
            case .longName(let count):
                "\(place) has a name of \(count) bytes and the limit is \(JSONSessionSerializer.maxNameBytes). "
                    + "Store long texts as values"
            }
        }
    }

    static func append(_ value: SessionValue, to bytes: inout [UInt8], maxDepth: Int) throws(Problem) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): append(value, to: &bytes)
        case .double(let value):
            guard value.isFinite else { throw Problem(reason: .notFinite) }
            bytes.append(contentsOf: value.description.utf8)
        case .string(let text): append(text, to: &bytes)
        case .array(let values): try append(values, to: &bytes, maxDepth: maxDepth)
        case .object(let values): try append(values, to: &bytes, maxDepth: maxDepth)
        }
    }

    private static func append(_ values: [SessionValue], to bytes: inout [UInt8], maxDepth: Int) throws(Problem) {
        guard maxDepth > 0 else { throw Problem(reason: .tooDeep) }
        bytes.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            do throws(Problem) {
                try append(value, to: &bytes, maxDepth: maxDepth - 1)
            } catch {
                throw error.under("[\(index)]")
            }
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private static func append(
        _ values: [String: SessionValue], to bytes: inout [UInt8], maxDepth: Int
    ) throws(Problem) {
        guard maxDepth > 0 else { throw Problem(reason: .tooDeep) }
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for (name, value) in values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            do throws(Problem) {
                guard name.utf8.count <= JSONSessionSerializer.maxNameBytes else {
                    throw Problem(reason: .longName(name.utf8.count))
                }
                append(name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                try append(value, to: &bytes, maxDepth: maxDepth - 1)
            } catch {
                let shortened = String(String.UnicodeScalarView(name.unicodeScalars.prefix(40)))
                throw error.under("[\(shortened.debugDescription)]")
            }
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ value: Int64, to bytes: inout [UInt8]) {
        if 0...9 ~= value {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value))
        } else {
            bytes.append(contentsOf: String(value).utf8)
        }
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.allSatisfy(isPlain) {
            bytes.append(contentsOf: text.utf8)
        } else {
            for byte in text.utf8 { append(byte, to: &bytes) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
        case 0x08: bytes.append(contentsOf: #"\b"#.utf8)
        case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
        case 0x0A: bytes.append(contentsOf: #"\n"#.utf8)
        case 0x0C: bytes.append(contentsOf: #"\f"#.utf8)
        case 0x0D: bytes.append(contentsOf: #"\r"#.utf8)
        case ..<0x20:
            bytes.append(contentsOf: #"\u00"#.utf8)
            bytes.append(contentsOf: Hexadecimal.encode(CollectionOfOne(byte)).utf8)
        default: bytes.append(byte)
        }
    }

    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}
