/// Makes bytes of a session and a session of bytes.
///
/// Both stores of ours use ``JSONSessionSerializer`` unless they are given another one.
public protocol SessionSerializer: Sendable {
    /// Makes bytes of an object.
    func serialize(_ object: [String: SessionValue]) throws(SessionStoreError) -> [UInt8]

    /// Makes an object of bytes, or returns `nil` when they are none.
    func deserialize(_ bytes: ArraySlice<UInt8>) -> [String: SessionValue]?
}
