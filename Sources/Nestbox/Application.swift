public import NestboxHTTP

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
    /// Answers the requests that reach the application.
    package let responder: any Responder
    package let errors: ErrorResponses

    /// Creates an application.
    /// - Parameters:
    ///   - router: The routes.
    ///   - middleware: What every request passes, unknown paths included, the first one outermost.
    ///   - errors: How errors are answered; a line of text by default.
    /// - Throws: ``RoutePatternError``.
    public init(router: Router, middleware: [any Middleware] = [], errors: ErrorResponses = .plain) throws {
        self.init(responder: try router.responder().wrapped(in: middleware), errors: errors)
    }

    /// Creates an application that answers everything with one responder.
    public init(responder: any Responder, errors: ErrorResponses = .plain) {
        self.responder = responder
        self.errors = errors
    }

    /// Answers one request as a gateway would: errors become responses.
    public func respond(to request: Request) async -> Response {
        await errors.respond(to: request, with: responder)
    }
}
