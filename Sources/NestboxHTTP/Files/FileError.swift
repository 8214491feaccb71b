import Glibc
import HTTPTypes

/// A file that should be sent and cannot be, for a reason that is the server's.
///
/// What is not there, or may not be seen, is no such error but a 404.
public struct FileError: Error, Sendable, CustomStringConvertible {
    /// What kind of error it is.
    public struct Code: Sendable, Hashable {
        private let name: String

        /// A root is no directory, or none whose files may be sent.
        public static let invalidRoot = Code(name: "invalidRoot")
        /// The system could not open or read a file.
        public static let systemCallFailed = Code(name: "systemCallFailed")
        /// A file became shorter while it was sent.
        public static let truncated = Code(name: "truncated")
    }

    /// What kind of error it is.
    public let code: Code
    /// What is wrong, for the log.
    public let description: String
    /// The system's error number, if it was the system.
    public let errno: Int32?

    init(_ code: Code, _ description: String, errno: Int32? = nil) {
        self.code = code
        self.description = description
        self.errno = errno
    }

    static func system(_ action: String, _ number: Int32) -> FileError {
        FileError(
            .systemCallFailed, "cannot \(action): \(String(cString: strerror(number))) (error \(number))", errno: number
        )
    }
}

extension FileError {
    /// Why something that is there is not sent, for the log: `nil` when there is nothing.
    static func hidden(_ number: Int32) -> String? {
        switch number {
        case EACCES, EPERM: "the program may not read what is there"
        case EXDEV: "a symbolic link leads out of the directory, or is absolute"
        case ELOOP: "there is a symbolic link that is not followed"
        case 0, ENXIO, ENODEV: "what is there is neither a file nor a directory"
        default: nil
        }
    }
}

extension FileError: HTTPErrorConvertible {
    /// 503 when the process or the system has too many files open, else 500.
    public var httpError: HTTPError {
        HTTPError(errno == EMFILE || errno == ENFILE ? .serviceUnavailable : .internalServerError)
    }
}
