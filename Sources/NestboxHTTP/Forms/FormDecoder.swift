import HTTPTypes

/// Decodes a whole form: its fields are the properties of a type.
struct FormDecoder: Decoder {
    private let fields: FormIndex
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(_ form: Form) {
        fields = FormIndex(form)
    }

    fileprivate init(_ fields: FormIndex) {
        self.fields = fields
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        do {
            return try Value(from: self)
        } catch let error as DecodingError {
            throw Self.translated(error)
        }
    }

    /// What the client is told of an error that a type has thrown about its fields.
    ///
    /// A type that no form can be is no mistake of the client's.
    private static func translated(_ error: DecodingError) -> any Error {
        switch error {
        case .typeMismatch(let type, _) where type is Form.Type: error
        case .keyNotFound(let key, let context): misfit(context.codingPath + [key], "is missing.")
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            misfit(context.codingPath, "has a value that is not allowed.")
        @unknown default: error
        }
    }

    private static func misfit(_ path: [any CodingKey], _ message: String) -> any Error {
        guard !path.isEmpty else {
            return HTTPError(.unprocessableContent, "The form has a value that is not allowed.")
        }
        return FieldError(path.map(\.stringValue).joined(separator: "."), message)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(FormContainer<Key>(fields: fields))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw unsupported("A form is decoded into a type with properties, not into an array.")
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        throw unsupported("A form is decoded into a type with properties, not into a single value.")
    }

    private func unsupported(_ what: String) -> DecodingError {
        .typeMismatch(Form.self, .init(codingPath: [], debugDescription: what))
    }
}

/// The fields of a form by name.
private struct FormContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let fields: FormIndex
    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] { fields.names.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { fields.contains(key.stringValue) }

    private func field(_ key: Key) -> FormValues { fields.values(for: key.stringValue) }

    /// Whether a property that may be `nil` is.
    func decodeNil(forKey key: Key) -> Bool { field(key).isEmpty }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        contains(key) ? try decode(type, forKey: key) : nil
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try field(key).bool() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try field(key).text() }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try field(key).number() }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try field(key).number() }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try field(key).integer() }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try field(key).integer() }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try field(key).integer() }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try field(key).integer() }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try field(key).integer() }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try field(key).integer() }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try field(key).integer() }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try field(key).integer() }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try field(key).integer() }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try field(key).integer() }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try field(key).value() }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        throw FormValueDecoder.unsupported(key.stringValue)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        FormList(field(key))
    }

    func superDecoder() throws -> any Decoder { FormDecoder(fields) }
    func superDecoder(forKey key: Key) throws -> any Decoder { FormValueDecoder(field(key)) }
}
