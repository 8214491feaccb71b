/// A setting of the session layer that cannot be.
public struct SessionConfigurationError: Error, Sendable, CustomStringConvertible {
    /// The key, below `session`, such as `cookie.sameSite`.
    public let key: String
    /// What is wrong and what to do about it; holds no secret.
    public let description: String

    init(_ key: String, _ value: String?, _ remedy: String) {
        self.key = key
        description = "session.\(key)\(value.map { "=\($0)" } ?? ""): \(remedy)"
    }
}
