/// Stores sessions as compact JSON (RFC 8259), the serializer of every store unless it is given another one.
///
/// Equal sessions have equal bytes: names are in the order of their bytes and there is no white space. Integers of 64 bits
/// and doubles come back exactly, and stay what they are: a double is written with a fraction or an exponent.
///
/// Reading is strict: UTF-8 only, no lone surrogates, no bare control characters, nothing after the object. Of two values
/// with one name the last counts. Integers beyond 64 bits become doubles.
public struct JSONSessionSerializer: SessionSerializer {
    /// How deep arrays and objects may be nested in a value of a session, itself included: 32.
    public static let maxDepth = 32
    /// How many bytes the name of a value may have: 1,024.
    public static let maxNameBytes = 1024

    private let maxDepth: Int

    /// Creates a serializer.
    /// - Parameter maxDepth: How deep arrays and objects may be nested, the object of the session included; by default 35,
    ///   so that values of ``maxDepth-swift.type.property`` levels fit whatever a store puts around them.
    public init(maxDepth: Int = 35) {
        self.maxDepth = maxDepth
    }

    /// Makes JSON of an object.
    ///
    /// Throws ``SessionStoreError/Code-swift.struct/invalidValue`` for numbers that are not finite, for nesting deeper than
    /// allowed and for names longer than ``maxNameBytes``; the error tells the path to the value.
    public func serialize(_ object: [String: SessionValue]) throws(SessionStoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128)
        try SessionValue.object(object).appendJSON(to: &bytes, maxDepth: maxDepth)
        return bytes
    }

    /// Makes an object of JSON, or returns `nil` for anything that is not strictly JSON within the limits of writing.
    public func deserialize(_ bytes: ArraySlice<UInt8>) -> [String: SessionValue]? {
        guard case .object(let object) = SessionValue(json: Array(bytes), maxDepth: maxDepth) else { return nil }
        return object
    }
}
