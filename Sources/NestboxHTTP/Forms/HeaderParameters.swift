/// A header field's value that has parameters: `form-data; name="a"` (RFC 9110 §5.6.6).
struct HeaderParameters {
    /// A quotation mark without its counterpart.
    struct UnterminatedQuote: Error {}

    /// What stands before the parameters, in lower case.
    let value: String
    /// Names in lower case with values, in order; what has no `=` is left out.
    let parameters: [(name: String, value: [UInt8])]

    /// Reads a value as senders write it.
    ///
    /// In quotes, `\` escapes `"` and `\` only, as paths of Windows are sent too; a `"` that neither a `;` nor the end
    /// follows is part of the text, as some senders escape nothing. Without quotes a value goes up to the next `;`.
    init(parsing bytes: ArraySlice<UInt8>) throws(UnterminatedQuote) {
        let semicolon = UInt8(ascii: ";")
        let end = bytes.firstIndex(of: semicolon) ?? bytes.endIndex
        value = String(decoding: bytes[..<end].trimmingOptionalWhitespace, as: UTF8.self).lowercased()
        var rest = bytes[end...].dropFirst()
        var parameters: [(name: String, value: [UInt8])] = []
        while !rest.isEmpty {
            guard let stop = rest.firstIndex(where: { $0 == semicolon || $0 == UInt8(ascii: "=") }) else { break }
            let name = rest[..<stop].trimmingOptionalWhitespace
            let isParameter = rest[stop] != semicolon
            rest = rest[stop...].dropFirst()
            guard isParameter else { continue }
            parameters.append((String(decoding: name, as: UTF8.self).lowercased(), try Self.takeValue(&rest)))
        }
        self.parameters = parameters
    }

    /// The value of a parameter that is there once, `nil` without one.
    /// - Throws: ``Repeated`` when it is there twice: programs do not agree on which one counts.
    func value(of name: String) throws(Repeated) -> [UInt8]? {
        var found: [UInt8]?
        for parameter in parameters where parameter.name == name {
            guard found == nil else { throw Repeated() }
            found = parameter.value
        }
        return found
    }

    /// A parameter that is there twice.
    struct Repeated: Error {}

    /// Takes a value and the semicolon behind it.
    private static func takeValue(_ rest: inout ArraySlice<UInt8>) throws(UnterminatedQuote) -> [UInt8] {
        let start = rest.firstIndex { !$0.isOptionalWhitespace } ?? rest.endIndex
        guard start < rest.endIndex, rest[start] == UInt8(ascii: "\"") else {
            let end = rest.firstIndex(of: UInt8(ascii: ";")) ?? rest.endIndex
            let value = rest[..<end].trimmingOptionalWhitespace
            rest = rest[end...].dropFirst()
            return Array(value)
        }
        var value: [UInt8] = []
        var index = start + 1
        while index < rest.endIndex {
            let byte = rest[index]
            if byte == UInt8(ascii: "\\"), index + 1 < rest.endIndex, isEscapable(rest[index + 1]) {
                value.append(rest[index + 1])
                index += 2
                continue
            }
            if byte == UInt8(ascii: "\"") {
                let next = rest[(index + 1)...].firstIndex { !$0.isOptionalWhitespace } ?? rest.endIndex
                if next == rest.endIndex || rest[next] == UInt8(ascii: ";") {
                    rest = rest[next...].dropFirst()
                    return value
                }
            }
            value.append(byte)
            index += 1
        }
        throw UnterminatedQuote()
    }

    private static func isEscapable(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}
