/// The values of the fields of one name, and what they are as values of Swift.
struct FormValues {
    let name: String
    let values: [FormField.Value]

    init(_ name: String, _ values: [FormField.Value]) {
        self.name = name
        self.values = values
    }

    /// Whether there is nothing, or what a browser sends of an input that was left empty.
    var isEmpty: Bool {
        values.allSatisfy { value in
            if case .text(let text) = value { text.isEmpty } else { false }
        }
    }

    func error(_ message: String) -> FieldError { FieldError(name, message) }

    func text() throws(FieldError) -> String {
        switch values.first {
        case .text(let text): return text
        case .file: throw error("is a file; a text is expected.")
        case nil: throw error("is missing.")
        }
    }

    func file() throws(FieldError) -> UploadedFile {
        switch values.first {
        case .file(let file): return file
        case .text: throw error("is a text; a file is expected.")
        case nil: throw error("is missing.")
        }
    }

    func bool() throws(FieldError) -> Bool {
        guard !values.isEmpty else { return false }
        let text = try text()
        switch text {
        case "on", "true", "1", "yes": return true
        case "off", "false", "0", "no", "": return false
        default: throw error("\(Self.quoted(text)) is neither on nor off.")
        }
    }

    func integer<Number: FixedWidthInteger>() throws(FieldError) -> Number {
        let text = try text()
        if let number = Number(text) { return number }
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        guard !digits.isEmpty, digits.allSatisfy(\.isASCIIDigit) else {
            throw error("\(Self.quoted(text)) is not a whole number.")
        }
        throw error("\(Self.quoted(text)) is not between \(Number.min) and \(Number.max).")
    }

    func number<Number: LosslessStringConvertible & BinaryFloatingPoint>() throws(FieldError) -> Number {
        let text = try text()
        // Neither `nan` nor `0x1p3`.
        let isDecimal = text.utf8.allSatisfy { byte in
            byte.isASCIIDigit || "+-.eE".utf8.contains(byte)
        }
        guard isDecimal, let number = Number(text), number.isFinite else {
            throw error("\(Self.quoted(text)) is not a number.")
        }
        return number
    }

    func value<Value: Decodable>() throws -> Value {
        do {
            if let value = try foundationValue(Value.self) { return value }
            return try Value(from: FormValueDecoder(self))
        } catch let error as DecodingError {
            // A type with properties of its own: no form will ever do.
            if case .typeMismatch(let type, _) = error, type is Form.Type { throw error }
            // The types of the standard library and of Foundation say no more than that a text will not do.
            throw self.error(isEmpty ? "is empty." : "has a value that is not allowed.")
        }
    }

    /// What the user wrote, short enough for a message and without control characters.
    static func quoted(_ text: String) -> String {
        let scalars = text.unicodeScalars.filter { $0.properties.generalCategory != .control }
        let shown = String(String.UnicodeScalarView(scalars.prefix(40)))
        return scalars.count > 40 ? "\"\(shown)…\"" : "\"\(shown)\""
    }
}
