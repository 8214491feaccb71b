import FoundationEssentials

extension SessionValue {
    /// Makes a value of anything that can be encoded.
    ///
    /// Booleans, numbers, strings, session values, and arrays, dictionaries and optionals of them are converted directly;
    /// other types, such as structures of your own, go through `JSONEncoder` as it is without settings, which makes
    /// base64 of `Data` and integers of doubles without a fraction. `nil` becomes ``null``.
    ///
    /// Throws ``SessionStoreError/Code-swift.struct/invalidValue`` for numbers that are not finite, integers beyond 64 bits
    /// with sign, types that do not encode, and those that nest deeper than a session may.
    public init<Value: Encodable>(encoding value: Value) throws(SessionStoreError) {
        if let type = Value.self as? any DirectValue.Type, let direct = try Self.direct(value, as: type) {
            self = direct
        } else {
            self = try Self.encoded(value)
        }
    }

    /// The value as another type, or `nil` when it is none of that type.
    ///
    /// Integers are made of numbers that have no fraction and that the type can hold, doubles of any number; nothing else is
    /// converted: no number is made of a string. For an optional type, ``null`` is `.some(nil)`.
    public func decode<Value: Decodable>(as type: Value.Type = Value.self) -> Value? {
        if let type = Value.self as? any DirectValue.Type { return direct(as: type) }
        var bytes: [UInt8] = []
        guard (try? appendJSON(to: &bytes)) != nil else { return nil }
        return try? JSONDecoder().decode(Value.self, from: Data(bytes))
    }

    private static func direct<Value: DirectValue>(
        _ value: some Encodable, as type: Value.Type
    ) throws(SessionStoreError) -> SessionValue? {
        try (value as? Value)?.sessionValue()
    }

    private func direct<Direct: DirectValue, Value>(as type: Direct.Type) -> Value? {
        guard let value = Direct(sessionValue: self) else { return nil }
        return value as? Value
    }

    private static func encoded<Value: Encodable>(_ value: Value) throws(SessionStoreError) -> SessionValue {
        let data: Data
        do {
            data = try JSONEncoder().encode(value)
        } catch {
            var place = ""
            if case EncodingError.invalidValue(_, let context) = error {
                place = context.codingPath.map { ".\($0.stringValue)" }.joined()
            }
            throw SessionStoreError(.invalidValue, "\(Value.self)\(place) cannot be encoded as JSON", underlying: error)
        }
        var reader = JSONReader(bytes: Array(data), refusesLargeIntegers: true)
        do {
            return try reader.document(maxDepth: JSONSessionSerializer.maxDepth)
        } catch {
            throw SessionStoreError(
                .invalidValue,
                "\(Value.self) has an integer beyond Int64, is nested deeper than \(JSONSessionSerializer.maxDepth) levels, "
                    + "or has a name longer than \(JSONSessionSerializer.maxNameBytes) bytes")
        }
    }
}
