/// A step around every request behind it: authentication, sessions, timing, headers.
///
///     struct Timing: Middleware {
///         func respond(to request: Request, next: any Responder) async throws -> Response {
///             let start = ContinuousClock.now
///             var response = try await next.respond(to: request)
///             response.headers[.serverTiming] = "handler;dur=\((ContinuousClock.now - start) / .milliseconds(1))"
///             return response
///         }
///     }
///
/// The first middleware that was added is the outermost. What a handler throws comes through as it is; who wants to change the
/// response to that, too, asks for it by ``Request/onResponse(_:)``.
public protocol Middleware: Sendable {
    /// Answers the request, usually by asking `next`.
    func respond(to request: Request, next: any Responder) async throws -> Response

    /// Is called in place of ``respond(to:next:)`` for a request that no handler is to see, as it is malformed, too large or for
    /// another host.
    ///
    /// Who adds header fields to every response asks for that here, too, by ``Request/onResponse(_:)``. The path, the host and
    /// the method may be what the request is refused for. Only the application's own middleware is called.
    func onRefusal(of request: Request)

    /// Looks at what a request passes before it comes here, and throws when the order cannot work.
    ///
    /// It is asked when the application starts, for every route that it stands in front of. By default any order will do.
    func check(behind outer: [any Middleware]) throws
}

extension Middleware {
    /// Does nothing.
    public func onRefusal(of request: Request) {}

    /// Accepts any order.
    public func check(behind outer: [any Middleware]) throws {}
}

/// A middleware in front of a responder.
struct MiddlewareResponder: Responder, RefusalObserver {
    let middleware: any Middleware
    let next: any Responder

    func respond(to request: Request) async throws -> Response {
        try await middleware.respond(to: request, next: next)
    }

    func onRefusal(of request: Request) {
        middleware.onRefusal(of: request)
        (next as? any RefusalObserver)?.onRefusal(of: request)
    }
}

/// A responder that is told of requests which it is not to answer, see ``Middleware/onRefusal(of:)``.
package protocol RefusalObserver: Responder {
    func onRefusal(of request: Request)
}

extension Responder {
    /// Puts middleware in front of this responder, the first one outermost.
    public func wrapped(in middleware: [any Middleware]) -> any Responder {
        middleware.reversed().reduce(self as any Responder) { MiddlewareResponder(middleware: $1, next: $0) }
    }
}

/// Middleware that stands where it cannot do its work, which the application does not start with.
public struct MiddlewareOrderError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, and what to write instead.
    public let description: String

    /// Creates an error.
    public init(_ description: String) {
        self.description = description
    }
}
