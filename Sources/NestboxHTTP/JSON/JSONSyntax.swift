/// Where a text first departs from the grammar of JSON (RFC 8259), for messages: Foundation's decoder does not tell.
///
/// Nesting deeper than that decoder takes is a fault too.
struct JSONSyntax {
    /// A place in a text, both numbers from 1; columns are bytes.
    struct Place: Hashable {
        var line: Int
        var column: Int
    }

    private struct Fault: Error {}

    private let bytes: [UInt8]
    private var index = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The place of the first fault, or `nil` when there is none that this sees.
    static func firstFault(in bytes: [UInt8]) -> Place? {
        var syntax = JSONSyntax(bytes)
        do {
            try syntax.skipText()
            return nil
        } catch {
            let before = bytes[..<syntax.index]
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            return Place(line: line, column: syntax.index - start + 1)
        }
    }

    private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// A value and nothing behind it.
    ///
    /// What is open is kept in an array, as nesting is as deep as the client likes.
    private mutating func skipText() throws(Fault) {
        var open: [UInt8] = []
        while true {
            skipBlanks()
            switch byte {
            case UInt8(ascii: "{"):
                index += 1
                skipBlanks()
                if byte != UInt8(ascii: "}") {
                    try skipName()
                    try Self.open(UInt8(ascii: "}"), in: &open)
                    continue
                }
                index += 1
            case UInt8(ascii: "["):
                index += 1
                skipBlanks()
                if byte != UInt8(ascii: "]") {
                    try Self.open(UInt8(ascii: "]"), in: &open)
                    continue
                }
                index += 1
            case UInt8(ascii: "\""): try skipString()
            case UInt8(ascii: "t"): try skip("true")
            case UInt8(ascii: "f"): try skip("false")
            case UInt8(ascii: "n"): try skip("null")
            default: try skipNumber()
            }
            // A value is complete: what it stands in goes on or ends.
            while true {
                skipBlanks()
                guard let end = open.last else {
                    if byte != nil { throw Fault() }
                    return
                }
                if byte == UInt8(ascii: ",") {
                    index += 1
                    skipBlanks()
                    if end == UInt8(ascii: "}") { try skipName() }
                    break
                }
                guard byte == end else { throw Fault() }
                index += 1
                open.removeLast()
            }
        }
    }

    private static func open(_ end: UInt8, in open: inout [UInt8]) throws(Fault) {
        guard open.count < 512 else { throw Fault() }
        open.append(end)
    }

    private mutating func skipBlanks() {
        while let byte, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { index += 1 }
    }

    private mutating func skip(_ word: String) throws(Fault) {
        for expected in word.utf8 {
            guard byte == expected else { throw Fault() }
            index += 1
        }
    }

    private mutating func skipName() throws(Fault) {
        guard byte == UInt8(ascii: "\"") else { throw Fault() }
        try skipString()
        skipBlanks()
        try skip(":")
    }

    private mutating func skipString() throws(Fault) {
        index += 1
        while let byte, byte >= 0x20 {
            if byte == UInt8(ascii: "\"") {
                index += 1
                return
            }
            if byte == UInt8(ascii: "\\") {
                let escape = index + 1 < bytes.count ? bytes[index + 1] : 0
                if escape == UInt8(ascii: "u") {
                    index += 2
                    for _ in 0..<4 {
                        guard self.byte?.hexDigitValue != nil else { throw Fault() }
                        index += 1
                    }
                    continue
                }
                guard "\"\\/bfnrt".utf8.contains(escape) else { throw Fault() }
                index += 1
            }
            index += 1
        }
        throw Fault()
    }

    private mutating func skipNumber() throws(Fault) {
        if byte == UInt8(ascii: "-") { index += 1 }
        if byte == UInt8(ascii: "0") { index += 1 } else { try skipDigits() }
        if byte == UInt8(ascii: ".") {
            index += 1
            try skipDigits()
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            index += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { index += 1 }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(Fault) {
        guard byte?.isASCIIDigit == true else { throw Fault() }
        while byte?.isASCIIDigit == true { index += 1 }
    }
}
