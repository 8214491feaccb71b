/// The name of a value in a session together with the value's type.
///
///     extension SessionKey where Value == Int {
///         static var visits: Self { Self("visits") }
///     }
///
/// A key is a name and no more: nothing is registered, and values written under the plain name are found.
public struct SessionKey<Value: Codable & Sendable>: Sendable {
    /// The name in the session.
    public let name: String

    /// Creates a key.
    public init(_ name: String) {
        self.name = name
    }
}
