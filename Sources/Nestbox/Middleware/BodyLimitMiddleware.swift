public import NestboxHTTP

/// Gives the routes behind it a limit of their own for the bodies of requests.
///
///     router.use(BodyLimitMiddleware(64 << 10))
///     router.group("/photos") { photos in
///         photos.use(BodyLimitMiddleware(50 << 20))
///         photos.post("") { … }
///     }
///
/// It is in place of the limit of the configuration (`limits.body`, 16 MiB), above or below it, and of that of a limit further out.
/// Whoever reads a longer body gets an error that is answered with 413: before the first byte when `Content-Length` tells, else
/// when there were too many. What reads bodies, such as ``CSRFMiddleware``, belongs behind it. The web server has a limit of its own
/// (nginx: `client_max_body_size`).
public struct BodyLimitMiddleware: Middleware {
    let limit: Int

    /// Creates a limit.
    /// - Parameter limit: How many bytes; 0 for no body at all.
    public init(_ limit: Int) {
        precondition(limit >= 0, "a limit of bodies is not negative")
        self.limit = limit
    }

    /// Lets the request through, or answers with 413.
    public func respond(to request: Request, next: any Responder) async throws -> Response {
        var request = request
        request.body = request.body.limited(to: limit)
        return try await next.respond(to: request)
    }
}
