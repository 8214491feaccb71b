/// What the visitor's cookie holds: an id, or the signed or encrypted session itself.
///
/// Whoever has it is the visitor, so printing shows nothing of it.
public struct SessionToken: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The cookie's value.
    public let value: String

    /// Takes the value of a cookie, whatever it holds.
    public init(_ value: String) {
        self.value = value
    }

    /// The length only.
    public var description: String { "SessionToken(\(value.utf8.count) bytes)" }
    /// Nothing, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
