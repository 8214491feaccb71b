/// Decodes the values of one name, for types that are made of one value or a list of them.
struct FormValueDecoder: Decoder {
    let field: FormValues
    var codingPath: [any CodingKey] { [FieldKey(field.name)] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(_ field: FormValues) {
        self.field = field
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        throw Self.unsupported(field.name)
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer { FormList(field) }
    func singleValueContainer() -> any SingleValueDecodingContainer { FormValue(field) }

    static func unsupported(_ name: String) -> DecodingError {
        .typeMismatch(
            Form.self,
            .init(codingPath: [FieldKey(name)], debugDescription: "The fields of a form have no fields of their own."))
    }
}

/// The name of a field, for errors.
struct FieldKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

/// The first value of a name.
private struct FormValue: SingleValueDecodingContainer {
    let field: FormValues
    var codingPath: [any CodingKey] { [FieldKey(field.name)] }

    init(_ field: FormValues) {
        self.field = field
    }

    func decodeNil() -> Bool { field.isEmpty }
    func decode(_ type: Bool.Type) throws -> Bool { try field.bool() }
    func decode(_ type: String.Type) throws -> String { try field.text() }
    func decode(_ type: Double.Type) throws -> Double { try field.number() }
    func decode(_ type: Float.Type) throws -> Float { try field.number() }
    func decode(_ type: Int.Type) throws -> Int { try field.integer() }
    func decode(_ type: Int8.Type) throws -> Int8 { try field.integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try field.integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try field.integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try field.integer() }
    func decode(_ type: UInt.Type) throws -> UInt { try field.integer() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try field.integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try field.integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try field.integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try field.integer() }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try field.value() }
}

/// All values of a name.
struct FormList: UnkeyedDecodingContainer {
    private let field: FormValues
    private(set) var currentIndex = 0

    init(_ field: FormValues) {
        self.field = field
    }

    var codingPath: [any CodingKey] { [FieldKey(field.name)] }
    var count: Int? { field.values.count }
    var isAtEnd: Bool { currentIndex >= field.values.count }

    private mutating func next() throws(FieldError) -> FormValues {
        guard !isAtEnd else { throw field.error("has too few values.") }
        defer { currentIndex += 1 }
        return FormValues(field.name, [field.values[currentIndex]])
    }

    mutating func decodeNil() -> Bool { false }
    mutating func decode(_ type: Bool.Type) throws -> Bool { try next().bool() }
    mutating func decode(_ type: String.Type) throws -> String { try next().text() }
    mutating func decode(_ type: Double.Type) throws -> Double { try next().number() }
    mutating func decode(_ type: Float.Type) throws -> Float { try next().number() }
    mutating func decode(_ type: Int.Type) throws -> Int { try next().integer() }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try next().integer() }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try next().integer() }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try next().integer() }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try next().integer() }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try next().integer() }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try next().integer() }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try next().integer() }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try next().integer() }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try next().integer() }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next().value() }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        throw FormValueDecoder.unsupported(field.name)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw FormValueDecoder.unsupported(field.name)
    }

    mutating func superDecoder() throws -> any Decoder { FormValueDecoder(try next()) }
}
