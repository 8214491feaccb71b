import Glibc

/// Why a gateway does not start.
public struct GatewayError: Error, Sendable {
    /// What went wrong.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// What went wrong, in words.
        public let description: String

        /// An address to listen on is malformed or cannot be used.
        public static let invalidAddress = Code(description: "cannot listen there")
        /// A running process listens on the socket already.
        public static let addressInUse = Code(description: "another process listens there")
        /// A file that is no socket stands in the way.
        public static let notASocket = Code(description: "a file that is no socket stands there")
        /// A user or group does not exist.
        public static let unknownOwner = Code(description: "no such user or group")
        /// The system refused a call.
        public static let systemCallFailed = Code(description: "a system call failed")
        /// A thread could not be started.
        public static let threadNotStarted = Code(description: "a worker thread could not be started")
        /// A process of the same program could not be started.
        public static let processNotStarted = Code(description: "a process could not be started")
        /// The process that started this one in its place, or as a worker, waits for it no more.
        public static let processNotAwaited = Code(description: "who has started this process waits for it no more")
    }

    /// What went wrong.
    public var code: Code
    /// The address, path or call that it happened with.
    public var subject: String
    /// The system's error number, 0 without one.
    public var errno: Int32
    /// What to do about it.
    public var remedy: String

    init(_ code: Code, _ subject: String = "", errno: Int32 = 0, remedy: String) {
        self.code = code
        self.subject = subject
        self.errno = errno
        self.remedy = remedy
    }
}

extension GatewayError: CustomStringConvertible {
    /// What, where, and the remedy.
    public var description: String {
        var text = subject.isEmpty ? code.description : "\(subject): \(code)"
        if errno != 0 { text += " (\(String(cString: strerror(errno))))" }
        return "\(text). \(remedy)"
    }
}
