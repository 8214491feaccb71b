import Glibc
import HTTPTypes

/// The system refused what an upload needs: room for its file, or a place to save it.
///
/// The client is told 507 when a disk or quota is full, 503 when too many files are open, else 500; only the log has the
/// reason.
public struct UploadError: Error, Sendable, Hashable {
    /// What kind of refusal it was.
    public let code: Code
    /// The system's error number (`errno`).
    public let systemError: Int32
    private let action: String
    private let path: String

    package init(_ action: String, _ path: String, _ error: Int32 = errno) {
        self.action = action
        self.path = path
        systemError = error
        code =
            switch error {
            case EEXIST: .exists
            case ENOSPC, EDQUOT: .noSpace
            default: .system
            }
    }

    /// What kind of refusal an error is.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the code.
        public let description: String

        /// A file of the name is there already.
        public static let exists = Code(description: "exists")
        /// A disk or quota is full.
        public static let noSpace = Code(description: "noSpace")
        /// Anything else, see ``UploadError/systemError``.
        public static let system = Code(description: "system")
    }
}

extension UploadError: CustomStringConvertible {
    /// What was refused, with the path and the system's reason, for the log.
    public var description: String { "cannot \(action) \(path): \(String(cString: strerror(systemError)))" }
}

extension UploadError: HTTPErrorConvertible {
    /// 507 when there is no room, 503 when too many files are open, else 500.
    public var httpError: HTTPError {
        switch systemError {
        case ENOSPC, EDQUOT: HTTPError(.init(code: 507))
        case EMFILE, ENFILE: HTTPError(.serviceUnavailable)
        default: HTTPError(.internalServerError)
        }
    }
}
