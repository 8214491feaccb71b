import FoundationEssentials

/// Decodes as another decoder does, and names the field whose value does not fit.
///
/// Foundation's decoder does not tell which number is too large or has a fraction, and calls the whole body corrupted.
/// So a body that failed like that, and is JSON all the same, is decoded once more through this.
struct JSONFieldFinder<Value: Decodable>: Decodable {
    let value: Value

    init(from decoder: any Decoder) throws {
        value = try Value(from: FindingDecoder(base: decoder))
    }
}

/// Names the field of an error that names none.
private func find<Result>(_ path: @autoclosure () -> [any CodingKey], _ decode: () throws -> Result) throws -> Result {
    do {
        return try decode()
    } catch  where !(error is DecodingError || error is any HTTPErrorConvertible || error is HTTPError) {
        throw JSONBody.error(at: path(), "has a value that does not fit.")
    }
}

/// Whether a decoder of JSON has a form of its own for a type.
private func isSpecial(_ type: any Any.Type) -> Bool {
    type is Data.Type || type is Date.Type || type is URL.Type || type is Decimal.Type
}

private struct FindingDecoder: Decoder {
    let base: any Decoder
    var codingPath: [any CodingKey] { base.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { base.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(FindingContainer(base: try base.container(keyedBy: type)))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { FindingList(base: try base.unkeyedContainer()) }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        FindingValue(base: try base.singleValueContainer())
    }
}

private struct FindingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let base: KeyedDecodingContainer<Key>
    var codingPath: [any CodingKey] { base.codingPath }
    var allKeys: [Key] { base.allKeys }

    func contains(_ key: Key) -> Bool { base.contains(key) }
    func decodeNil(forKey key: Key) throws -> Bool { try base.decodeNil(forKey: key) }

    private func fit<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value {
        try find(codingPath + [key]) { try base.decode(type, forKey: key) }
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try fit(type, key) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try fit(type, key) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try fit(type, key) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try fit(type, key) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try fit(type, key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try fit(type, key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try fit(type, key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try fit(type, key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try fit(type, key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try fit(type, key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try fit(type, key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try fit(type, key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try fit(type, key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try fit(type, key) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        isSpecial(type) ? try fit(type, key) : try fit(JSONFieldFinder<Value>.self, key).value
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        KeyedDecodingContainer(FindingContainer<Nested>(base: try base.nestedContainer(keyedBy: type, forKey: key)))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        FindingList(base: try base.nestedUnkeyedContainer(forKey: key))
    }

    func superDecoder() throws -> any Decoder { FindingDecoder(base: try base.superDecoder()) }
    func superDecoder(forKey key: Key) throws -> any Decoder {
        FindingDecoder(base: try base.superDecoder(forKey: key))
    }
}

private struct FindingList: UnkeyedDecodingContainer {
    var base: any UnkeyedDecodingContainer
    var codingPath: [any CodingKey] { base.codingPath }
    var count: Int? { base.count }
    var isAtEnd: Bool { base.isAtEnd }
    var currentIndex: Int { base.currentIndex }

    private mutating func fit<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try find(codingPath + [FieldKey(String(currentIndex))]) { try base.decode(type) }
    }

    mutating func decodeNil() throws -> Bool { try base.decodeNil() }
    mutating func decode(_ type: Bool.Type) throws -> Bool { try fit(type) }
    mutating func decode(_ type: String.Type) throws -> String { try fit(type) }
    mutating func decode(_ type: Double.Type) throws -> Double { try fit(type) }
    mutating func decode(_ type: Float.Type) throws -> Float { try fit(type) }
    mutating func decode(_ type: Int.Type) throws -> Int { try fit(type) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try fit(type) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try fit(type) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try fit(type) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try fit(type) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try fit(type) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try fit(type) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try fit(type) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try fit(type) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try fit(type) }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        isSpecial(type) ? try fit(type) : try fit(JSONFieldFinder<Value>.self).value
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(FindingContainer(base: try base.nestedContainer(keyedBy: type)))
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        FindingList(base: try base.nestedUnkeyedContainer())
    }

    mutating func superDecoder() throws -> any Decoder { FindingDecoder(base: try base.superDecoder()) }
}

private struct FindingValue: SingleValueDecodingContainer {
    let base: any SingleValueDecodingContainer
    var codingPath: [any CodingKey] { base.codingPath }

    private func fit<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try find(codingPath) { try base.decode(type) }
    }

    func decodeNil() -> Bool { base.decodeNil() }
    func decode(_ type: Bool.Type) throws -> Bool { try fit(type) }
    func decode(_ type: String.Type) throws -> String { try fit(type) }
    func decode(_ type: Double.Type) throws -> Double { try fit(type) }
    func decode(_ type: Float.Type) throws -> Float { try fit(type) }
    func decode(_ type: Int.Type) throws -> Int { try fit(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try fit(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try fit(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try fit(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try fit(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try fit(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try fit(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try fit(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try fit(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try fit(type) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        isSpecial(type) ? try fit(type) : try fit(JSONFieldFinder<Value>.self).value
    }
}
