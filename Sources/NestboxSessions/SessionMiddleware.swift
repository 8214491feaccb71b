import HTTPTypes
public import Logging
public import NestboxHTTP

/// Gives the handlers behind it `request.session`.
///
/// An application that has sessions on all its routes calls `app.useSessions()` instead. Put it in front of everything that
/// uses the session. Two of them may stand behind each other when their cookies have different names; handlers then see the
/// session of the inner one.
public struct SessionMiddleware: Middleware {
    let settings: SessionSettings

    /// Where the sessions are.
    package var store: any SessionStore { settings.store }

    /// Creates a middleware of a configuration.
    /// - Parameters:
    ///   - configuration: The store, the secrets, the cookie.
    ///   - clock: Tells the time.
    ///   - logger: Is told of files that cannot be used; everything else goes to the log of the request.
    /// - Throws: ``SessionConfigurationError``, or ``SessionStoreError`` when the store cannot be opened.
    public init(
        _ configuration: SessionConfiguration, clock: SessionClock = .system, logger: Logger = Logger(label: "nestbox")
    ) throws {
        try self.init(configuration, store: configuration.makeStore(clock: clock, logger: logger), clock: clock)
    }

    /// Creates a middleware with a store of one's own.
    /// - Throws: ``SessionConfigurationError``.
    public init(
        _ configuration: SessionConfiguration, store: any SessionStore, clock: SessionClock = .system
    ) throws(SessionConfigurationError) {
        try configuration.validate(store: store)
        settings = SessionSettings(configuration, store: store, clock: clock)
    }

    /// Answers the request, and writes the session before the response goes out.
    public func respond(to request: Request, next: any Responder) async throws -> Response {
        let exchange = SessionExchange(settings: settings, request: request)
        defer { exchange.end() }
        var request = request
        request[SessionExchange.self] = exchange
        do {
            var response = try await next.respond(to: request)
            guard exchange.touchedSession != nil else { return response }
            try await exchange.commit(status: response.status.code)
            exchange.finishResponse()
            if let sweep = settings.sweeping?.work(after: request, log: exchange.log) {
                response.afterwards = { [before = response.afterwards] in
                    await before?()
                    await sweep()
                }
            }
            return response
        } catch {
            guard exchange.touchedSession != nil else { throw error }
            try await exchange.commit(after: error)
            throw error
        }
    }

    /// Refuses a second middleware with the same cookie.
    public func check(behind outer: [any Middleware]) throws {
        for case let other as SessionMiddleware in outer where other.settings.cookie.name == settings.cookie.name {
            throw SessionConfigurationError(
                "cookie.name", settings.cookie.name,
                "two session layers with this cookie stand behind each other; leave one out, or name them differently")
        }
    }
}

extension SessionExchange: RequestKey {
    typealias Value = SessionExchange
}

extension Request {
    /// The visitor's session, read from the store when it is first asked for.
    /// - Throws: ``SessionError``: there is no session layer in front of the route, or the store is out of order.
    public var session: Session {
        // Not throws(SessionError): Swift 6.3.1 makes getters that crash when such an error has more than four words.
        get async throws {
            guard let exchange = self[SessionExchange.self] else { throw SessionError.notEnabled }
            return try await exchange.session()
        }
    }
}

extension SessionExchange {
    /// Writes the session after the handler has thrown, and sees to it that the response to the error says so.
    fileprivate func commit(after error: any Error) async throws {
        let status = status(of: error)
        do {
            try await commit(status: status)
        } catch let failure {
            // The first error is the one to tell; the second was logged.
            if status < 500 { throw failure }
        }
        finishResponse()
    }

    /// Adds what the response says of the session, also when it is another than the handler's in the end: a stream that
    /// fails before its first byte is answered with an error.
    fileprivate func finishResponse() {
        let cookie = knownVisit.cookie
        request.onResponse { Self.finish(&$0.headers, cookie) }
    }

    /// The status that the response to an error will have.
    private func status(of error: any Error) -> Int {
        switch error {
        case let error as HTTPError: error.status.code
        case let error as any HTTPErrorConvertible: error.httpError.status.code
        case let error as any ResponseError: error.response(to: request).status.code
        default: 500
        }
    }
}
