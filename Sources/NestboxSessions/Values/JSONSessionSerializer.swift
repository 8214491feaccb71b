/// Stores sessions as compact JSON (RFC 8259), the serializer of every store unless it is given another one.
///
/// Equal sessions have equal bytes: names are in the order of their bytes and there is no white space. Integers of 64 bits
/// and doubles come back exactly, and stay what they are: a double is written with a fraction or an exponent.
///
/// Reading is strict: UTF-8 only, no lone surrogates, no bare control characters, nothing after the object. Of two values
/// with one name the last counts. Integers beyond 64 bits become doubles.
public struct JSONSessionSerializer: SessionSerializer {
    /// How deep arrays and objects may be nested, the session itself included: 32.
    public static let maxDepth = 32
    /// How many bytes the name of a value may have: 1,024.
    public static let maxNameBytes = 1024

    /// Creates a serializer.
    public init() {}

    /// Makes JSON of an object.
    ///
    /// Throws ``SessionStoreError/Code-swift.struct/invalidValue`` for numbers that are not finite, for nesting deeper than
    /// ``maxDepth`` and for names longer than ``maxNameBytes``; the error tells the path to the value.
    public func serialize(_ object: [String: SessionValue]) throws(SessionStoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128)
        try SessionValue.object(object).appendJSON(to: &bytes)
        return bytes
    }

    /// Makes an object of JSON, or returns `nil` for anything that is not strictly JSON within the limits of writing.
    public func deserialize(_ bytes: ArraySlice<UInt8>) -> [String: SessionValue]? {
        guard case .object(let object) = SessionValue(json: Array(bytes)) else { return nil }
        return object
    }
}
