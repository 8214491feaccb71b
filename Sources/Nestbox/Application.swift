package import Logging
public import NestboxHTTP
public import NestboxSessions

/// A program that answers requests, wherever it is started.
///
///     @main
///     struct Hello {
///         static func main() throws {
///             var router = Router()
///             router.get("/") { _ in "Hello from Nestbox\n" }
///             try Application(router: router).run()
///         }
///     }
///
/// How it was started decides what it is: a web server's CGI program, a FastCGI program on a socket that it was given, or
/// one on a socket of its own (`--listen unix:/run/app.sock`).
public struct Application: Sendable {
    /// The routes, when there are some whose middleware is to be checked.
    private let router: Router?
    private let middleware: [any Middleware]
    private let routes: any Responder
    private var sessions: Sessions?
    /// The program's version, for `--version`.
    let version: String?
    package let errors: ErrorResponses

    /// Where the session layer comes from.
    private enum Sessions: Sendable {
        case configured
        case secret(String)
        case configuration(SessionConfiguration)
        case layer(SessionMiddleware)
    }

    /// Creates an application.
    /// - Parameters:
    ///   - router: The routes.
    ///   - middleware: What every request passes, unknown paths included, the first one outermost.
    ///   - errors: How errors are answered; by default as the client's `Accept` field likes it.
    ///   - version: What the program's `--version` prints; by default only ``nestboxVersion``.
    /// - Throws: ``RoutePatternError``.
    public init(
        router: Router, middleware: [any Middleware] = [], errors: ErrorResponses = .negotiated, version: String? = nil
    ) throws {
        self.router = router
        self.middleware = middleware
        self.errors = errors
        self.version = version
        routes = try router.responder()
    }

    /// Creates an application that answers everything with one responder.
    public init(responder: any Responder, errors: ErrorResponses = .negotiated, version: String? = nil) {
        router = nil
        middleware = []
        routes = responder
        self.errors = errors
        self.version = version
    }

    /// Gives all handlers and the application's middleware `request.session`, as it is configured.
    ///
    /// The keys `session.…` say which store, secret and cookie; `--help` names them. Without a secret the start is refused,
    /// and the message says how to make one.
    public mutating func useSessions() { sessions = .configured }

    /// Gives all handlers and the application's middleware `request.session`, in encrypted cookies.
    /// - Parameter secret: At least 32 bytes that no one can guess, and that are in no repository.
    public mutating func useSessions(secret: String) {
        sessions = .secret(secret)
    }

    /// Gives all handlers and the application's middleware `request.session`, as `configuration` says.
    public mutating func useSessions(_ configuration: SessionConfiguration) { sessions = .configuration(configuration) }

    /// Gives all handlers and the application's middleware `request.session`, by a layer with a store of one's own.
    public mutating func useSessions(_ middleware: SessionMiddleware) { sessions = .layer(middleware) }

    /// Makes what answers requests.
    /// - Parameters:
    ///   - logger: Is told of files of sessions that cannot be used.
    ///   - configuration: Called when the session layer is configured from outside.
    /// - Throws: What keeps the application from starting: a wrong order of middleware, or a session layer that cannot be.
    package func responder(
        logger: Logger = Logger(label: "nestbox"),
        configuration: () throws -> ApplicationConfiguration = { try ApplicationConfiguration(arguments: nil) }
    ) throws -> any Responder {
        let layer = try sessionLayer(logger, configuration)
        let outer = (layer.map { [$0] } ?? []) + middleware
        try (router ?? Router()).checkOrder(behind: outer)
        return routes.wrapped(in: outer)
    }

    /// All middleware: the application's and that of routes, which may occur many times.
    var allMiddleware: [any Middleware] { middleware + (router?.allMiddleware ?? []) }

    /// The types of what every request passes, the outermost first.
    var middlewareNames: [String] {
        (sessions == nil ? [] : ["\(SessionMiddleware.self)"]) + middleware.map { "\(type(of: $0))" }
    }

    /// The routes as people read them; `nil` when one responder answers everything.
    var routeTable: RouteTable? { router?.table }

    /// The longest body that a route allows, in bytes; 0 where none says so.
    package var largestBody: Int { allMiddleware.lazy.compactMap { ($0 as? BodyLimitMiddleware)?.limit }.max() ?? 0 }

    /// How errors are answered: in development with their causes.
    package func errors(isDevelopment: Bool) -> ErrorResponses {
        guard isDevelopment else { return errors }
        let development = DevelopmentErrors(router: router, middleware: middlewareNames)
        return errors.showingCauses { development.response(to: $0) }
    }

    private func sessionLayer(
        _ logger: Logger, _ configuration: () throws -> ApplicationConfiguration
    ) throws -> (any Middleware)? {
        switch sessions {
        case nil: nil
        case .layer(let middleware): middleware
        case .secret(let secret): try SessionMiddleware(try SessionConfiguration(secret: secret), logger: logger)
        case .configuration(let sessions): try SessionMiddleware(sessions, logger: logger)
        case .configured: try SessionMiddleware(try configuration().sessions, logger: logger)
        }
    }

    /// The store of a session layer of the application's own, which no configuration describes.
    var ownSessionStore: (any SessionStore)? {
        if case .layer(let middleware)? = sessions { return middleware.store }
        return middleware.lazy.compactMap { ($0 as? SessionMiddleware)?.store }.first
    }

    /// Whether the session layer takes its secret from the configuration.
    var hasConfiguredSessions: Bool {
        if case .configured? = sessions { true } else { false }
    }

    /// The configuration of the session layer, for the tools of the command line; `nil` without one.
    func sessionConfiguration(_ configuration: ApplicationConfiguration) throws -> SessionConfiguration? {
        switch sessions {
        case nil, .layer: nil
        case .secret(let secret): try SessionConfiguration(secret: secret)
        case .configuration(let sessions): sessions
        case .configured: configuration.sessions
        }
    }
}
