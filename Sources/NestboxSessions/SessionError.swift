import HTTPTypes
public import NestboxHTTP

/// Why a handler cannot do with its session what it wants.
public struct SessionError: Error, Sendable, CustomStringConvertible {
    /// What kind of error it is.
    public struct Code: Sendable, Hashable {
        private enum Name: Sendable {
            case notEnabled, committed, missingKey, invalidValue, tooLarge, unavailable, locked, replaced, unsupported
        }

        private let name: Name
        /// No session middleware is in front of the route.
        public static let notEnabled = Code(name: .notEnabled)
        /// The session was written already, as its response is on its way.
        public static let committed = Code(name: .committed)
        /// There is no value of that key, or it is of another type.
        public static let missingKey = Code(name: .missingKey)
        /// A value cannot be stored, or is not what the operation needs.
        public static let invalidValue = Code(name: .invalidValue)
        /// The session does not fit in the cookie, or in what the store allows.
        public static let tooLarge = Code(name: .tooLarge)
        /// The store is out of order.
        public static let unavailable = Code(name: .unavailable)
        /// Another request has the session's lock for longer than `lockTimeout`.
        public static let locked = Code(name: .locked)
        /// The id was renewed by another request a moment ago, and the old one cannot be used for a login or a renewal.
        public static let replaced = Code(name: .replaced)
        /// The configured store cannot do this.
        public static let unsupported = Code(name: .unsupported)
    }

    /// What kind of error it is.
    public let code: Code
    /// Whether the session layer has logged it.
    package let isLogged: Bool
    /// What happened and what to do about it; holds no data of the session.
    public let description: String

    init(_ code: Code, _ description: String, isLogged: Bool = false) {
        self.code = code
        self.description = description
        self.isLogged = isLogged
    }

    init(_ error: SessionStoreError, isLogged: Bool = false) {
        let code: Code =
            switch error.code {
            case .tooLarge: .tooLarge
            case .invalidValue: .invalidValue
            case .locked: .locked
            default: .unavailable
            }
        self.init(code, error.description, isLogged: isLogged)
    }

    static let notEnabled = SessionError(
        .notEnabled,
        "there are no sessions on this route. Call app.useSessions() before app.run(), or put a SessionMiddleware in "
            + "front of the route with router.use(…)")

    static let committed = SessionError(
        .committed,
        "the session was changed after it was written. Change it before the handler returns its response or calls "
            + "session.commit(); a streamed body cannot change it")
}

extension SessionError: LoggedError {}

extension SessionError: HTTPErrorConvertible {
    /// 503 when the store cannot be used at the moment, 409 for an id that was renewed, else 500.
    public var httpError: HTTPError {
        switch code {
        case .unavailable, .locked:
            HTTPError(.serviceUnavailable, "Your session cannot be reached at the moment. Please try again.")
        case .replaced: HTTPError(.conflict, "Your session was renewed. Please try again.")
        default: HTTPError(.internalServerError)
        }
    }
}
