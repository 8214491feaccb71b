public import HTTPTypes
public import NestboxHTTP

/// Lets pages of other origins read the responses behind it: cross-origin resource sharing (WHATWG Fetch §3.2).
///
///     let cors = try CORSMiddleware(origins: ["https://app.example.org"], allowsCredentials: true)
///     let app = try Application(router: router, middleware: [cors])
///
/// Browsers ask with `OPTIONS` before they send what a form could not (a preflight); that is answered here with 204, or with 403
/// to an origin that is not allowed, and needs no route. All other requests go on to the handler, whoever sends them: this
/// is no guard against forged requests, but permission to read. ``CSRFMiddleware`` is the guard, and names such origins in its
/// `trustedOrigins`.
///
/// Put it in front of what refuses requests, such as a check of logins, since preflights come without cookies, and errors are to be read,
/// too.
public struct CORSMiddleware: Middleware {
    /// Whose pages may read.
    public enum Origins: Sendable, ExpressibleByArrayLiteral {
        /// Everyone's, without credentials.
        case any
        /// Those of these origins, such as `https://app.example.org`: scheme, host and port are compared as a whole.
        case exactly([String])

        /// These origins.
        public init(arrayLiteral origins: String...) { self = .exactly(origins) }
    }

    /// A set of rules that browsers would not follow.
    public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
        /// What is wrong.
        public let description: String
    }

    /// The origins, or `nil` for any.
    private let origins: Set<WebOrigin>?
    private let allowsCredentials: Bool
    private let exposes: String?
    private let preflight: HTTPFields

    /// Creates the rules.
    /// - Parameters:
    ///   - origins: Whose pages may read; `.any` or exact origins.
    ///   - allowsCredentials: Whether they may do so with the visitor's cookies; default: no. Not for `.any`.
    ///   - methods: With which methods; default: `GET`, `HEAD`, `POST`, `PUT`, `PATCH` and `DELETE`.
    ///   - headers: With which header fields besides the harmless ones; default: `Content-Type`, `Authorization`, `X-CSRF-Token`.
    ///   - exposes: Header fields of responses that scripts may see besides the usual ones; default: none.
    ///   - maxAge: For how many seconds browsers need not ask again; default: 600. They have limits of their own, from 600 to 86,400.
    /// - Throws: ``InvalidOriginError``; ``ConfigurationError`` for credentials of any origin, which would open every visitor's
    ///   account to every site.
    public init(
        origins: Origins, allowsCredentials: Bool = false,
        methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete],
        headers: [HTTPField.Name]? = nil, exposes: [HTTPField.Name] = [], maxAge: Int = 600
    ) throws {
        switch origins {
        case .any:
            guard !allowsCredentials else {
                throw ConfigurationError(
                    description:
                        "CORS with credentials needs exact origins: with any, every site could act as the visitor")
            }
            self.origins = nil
        case .exactly(let list): self.origins = try Set(parsing: list)
        }
        self.allowsCredentials = allowsCredentials
        self.exposes = exposes.isEmpty ? nil : exposes.map(\.rawName).joined(separator: ", ")
        var preflight = HTTPFields()
        preflight[.accessControlAllowMethods] = methods.map(\.rawValue).joined(separator: ", ")
        let names = headers ?? [.contentType, .authorization, .csrfToken]
        preflight[.accessControlAllowHeaders] = names.map(\.rawName).joined(separator: ", ")
        preflight[.accessControlMaxAge] = "\(max(0, maxAge))"
        self.preflight = preflight
    }

    /// Answers preflights, and adds to other responses who may read them.
    public func respond(to request: Request, next: any Responder) async throws -> Response {
        let origin = request.variables[nonEmpty: "HTTP_ORIGIN"]
        let allowed = prepare(request, origin)
        guard request.method == .options, origin != nil,
            request.variables[nonEmpty: "HTTP_ACCESS_CONTROL_REQUEST_METHOD"] != nil
        else { return try await next.respond(to: request) }
        guard allowed != nil else {
            throw HTTPError(.forbidden, "Pages of this origin may not use this address.")
        }
        return Response(status: .noContent, headers: preflight)
    }

    /// Lets allowed origins read why a request is refused.
    public func onRefusal(of request: Request) { prepare(request, request.variables[nonEmpty: "HTTP_ORIGIN"]) }

    /// Has the response say who may read it.
    @discardableResult
    private func prepare(_ request: Request, _ origin: String?) -> String? {
        let allowed = allowed(origin)
        request.onResponse { [self] in add(to: &$0.headers, allowed: allowed) }
        return allowed
    }

    /// What `Access-Control-Allow-Origin` says to an origin, if anything.
    private func allowed(_ origin: String?) -> String? {
        guard let origins else { return "*" }
        guard let origin, let parsed = WebOrigin(origin), origins.contains(parsed) else { return nil }
        // In the words of the browser, which compares bytes.
        return origin
    }

    private func add(to headers: inout HTTPFields, allowed: String?) {
        if origins != nil { headers.addVary("Origin") }
        guard let allowed else { return }
        headers[.accessControlAllowOrigin] = allowed
        if allowsCredentials { headers[.accessControlAllowCredentials] = "true" }
        if let exposes { headers[.accessControlExposeHeaders] = exposes }
    }
}
