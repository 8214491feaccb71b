import HTTPTypes

extension HTTPField {
    /// Reads `name: value` without its line end; spaces and tabs around the value are not part of it.
    ///
    /// A folded line, a space before the colon and any byte that RFC 9110 §5 forbids are malformed.
    init(parsing line: some Collection<UInt8>) throws(TestingError) {
        let text = String(decoding: line, as: UTF8.self)
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            throw TestingError(.malformed, "no colon in the header line '\(text)'")
        }
        guard let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self)) else {
            throw TestingError(.malformed, "no token before the colon of the header line '\(text)'")
        }
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var value = Array(line[line.index(after: colon)...].drop(while: isBlank))
        while let last = value.last, isBlank(last) { value.removeLast() }
        // Every control character but the tab: a field value may hold none (RFC 9110 §5.5).
        guard !value.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else {
            throw TestingError(.malformed, "a control character in the header line '\(text)'")
        }
        self.init(name: name, value: String(decoding: value, as: UTF8.self))
    }
}
