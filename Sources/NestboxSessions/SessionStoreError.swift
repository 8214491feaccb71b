/// Why a store could not do what it was asked.
public struct SessionStoreError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public struct Code: Sendable, Hashable {
        private let name: String
        /// The store cannot be reached or is out of order.
        public static let unavailable = Code(name: "unavailable")
        /// Another request has the session's lock.
        public static let locked = Code(name: "locked")
        /// The session does not fit.
        public static let tooLarge = Code(name: "tooLarge")
        /// A value cannot be stored: a number that is not finite, or nesting that is too deep.
        public static let invalidValue = Code(name: "invalidValue")
    }

    /// What kind of failure it is.
    public let code: Code
    /// What happened, where, and what to do about it; holds no data of a session.
    public let description: String
    /// The cause, when another error is behind it.
    public let underlying: (any Error)?

    /// Creates an error.
    public init(_ code: Code, _ description: String, underlying: (any Error)? = nil) {
        self.code = code
        self.description = description
        self.underlying = underlying
    }

    /// A session that does not fit, with the keys that take most of the room.
    public static func tooLarge(bytes: Int, limit: Int, values: [String: SessionValue]) -> SessionStoreError {
        let largest = values.map { (key: $0.key, size: $0.value.estimatedSize) }.sorted { $0.size > $1.size }.prefix(3)
        let keys = largest.map { "\($0.key.debugDescription) (\($0.size))" }.joined(separator: ", ")
        return SessionStoreError(
            .tooLarge,
            "the session has \(bytes) bytes and the limit is \(limit); its largest keys are \(keys). "
                + "Store less, or choose another store")
    }
}
