import Glibc

/// What went wrong between a test and the program it talks to.
public struct TestingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure; compare with `==`, new ones may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name of the code, as it is written in Swift.
        public let description: String

        /// The deadline passed.
        public static let timedOut = Code(description: "timedOut")
        /// The peer closed in order, between two messages.
        public static let closed = Code(description: "closed")
        /// The peer closed in order, inside a message.
        public static let truncated = Code(description: "truncated")
        /// The peer reset the connection, or closed it while there was still something to send.
        public static let reset = Code(description: "reset")
        /// The bytes break a rule of their format.
        public static let malformed = Code(description: "malformed")
        /// The caller asked for what this module does not do, such as an address off the loopback interface.
        public static let refused = Code(description: "refused")
        /// A system call failed; see ``TestingError/errorNumber``.
        public static let system = Code(description: "system")
    }

    /// The kind of failure.
    public let code: Code
    /// What was being done, or which rule was broken.
    public let message: String
    /// `errno` of the failed system call, or 0.
    public let errorNumber: Int32

    /// Creates an error.
    public init(_ code: Code, _ message: String, errorNumber: Int32 = 0) {
        self.code = code
        self.message = message
        self.errorNumber = errorNumber
    }

    /// The error of the system call `call` that has just failed; reads `errno`.
    static func system(_ call: String, _ number: Int32 = errno) -> TestingError {
        let code: Code = number == EPIPE || number == ECONNRESET ? .reset : .system
        return TestingError(code, call, errorNumber: number)
    }

    /// The code, the message and what the system says.
    public var description: String {
        let reason = errorNumber == 0 ? "" : ": " + String(cString: strerror(errorNumber))
        return "\(code): \(message)\(reason)"
    }
}
