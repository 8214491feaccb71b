public import HTTPTypes
import Logging
public import NestboxHTTP
import NestboxSessions

/// Refuses requests that another site makes a visitor's browser send: cross-site request forgery.
///
///     app.useSessions()
///     router.use(CSRFMiddleware())
///     router.get("/entries/new") { request in
///         try await Response.html("<form method=post action=/entries>\(request.csrfField)…")
///     }
///
/// Every request whose method is not `GET`, `HEAD`, `OPTIONS` or `TRACE` must pass both of two checks, or it is answered with 403:
///
/// 1. Where it comes from. `Sec-Fetch-Site`, which browsers send and scripts cannot set, must be `same-origin` or `none`. Without
///    it `Origin`, or without that the origin in `Referer`, must be the one that the request was sent to (scheme, host and port).
///    `Origin: null` is refused. Requests of trusted origins pass. Without any of the three fields there is only the token.
/// 2. The token, in the header field `X-CSRF-Token` or the form field `_csrf`. It belongs to the session, and ends with it and
///    with every login, logout and `rotateID`. Each response has its own form of it (BREACH).
///
/// The first check holds where someone has planted a session and its token (a neighbour below the same domain can set
/// cookies), the second where a browser or something on the way leaves the fields out. Both hold for the login form, too.
///
/// Only handlers that ask for a token make a session. Forms of both kinds are read for their field, within `request.formLimits`, and
/// `request.form()` has the same form for the handler; of a URL-encoded one the bytes are there, too. An upload is received before its
/// token is looked at, unless that is in the header field. Requests with other bodies, such as JSON, send the header field.
///
/// Methods are taken as they come: no `_method` or `X-HTTP-Method-Override` changes them.
public struct CSRFMiddleware: Middleware {
    private let exempt: RouteTree?
    private let trusted: Set<WebOrigin>
    private let field: String
    private let header: HTTPField.Name

    /// Guards all routes.
    public init() {
        exempt = nil
        trusted = []
        field = "_csrf"
        header = .csrfToken
    }

    /// Guards all routes but those that are exempt.
    ///
    ///     router.use(try CSRFMiddleware(exempt: ["/webhooks/{service...}"], trustedOrigins: ["https://shop.example.org"]))
    ///
    /// - Parameters:
    ///   - exempt: Patterns of paths that are not guarded, as routes have them, for callers that prove in another way who they
    ///     are. (Routes added before `use`, or to another group, are not guarded either.)
    ///   - trustedOrigins: Origins whose pages may send requests. They need a token all the same.
    ///   - field: The form field of the token, of letters, digits, `-` and `_`; default: `_csrf`.
    ///   - header: The header field of the token; default: `X-CSRF-Token`.
    /// - Throws: ``RoutePatternError``, ``InvalidOriginError``.
    public init(
        exempt: [String] = [], trustedOrigins: [String] = [], field: String = "_csrf",
        header: HTTPField.Name? = nil
    ) throws {
        precondition(
            field.utf8.allSatisfy { $0.isTokenCharacter },
            "the name of a form field for tokens is of letters, digits, - and _")
        self.exempt = try exempt.isEmpty ? nil : RouteTree(matching: exempt)
        trusted = try Set(parsing: trustedOrigins)
        self.field = field
        self.header = header ?? .csrfToken
    }

    /// Lets the request through, or answers with 403.
    public func respond(to request: Request, next: any Responder) async throws -> Response {
        var request = request
        request[FormField.self] = field
        guard isGuarded(request) else { return try await next.respond(to: request) }
        if let reason = foreignOrigin(request) { throw refusal(reason, request) }
        let session = try await request.session
        // Before the body is read: without a secret no token is right.
        guard session.hasFormSecret else { throw refusal(.noSession, request) }
        guard let token = try await token(&request) else { throw refusal(.noToken, request) }
        guard session.acceptsFormToken(token) else { throw refusal(.wrongToken, request) }
        return try await next.respond(to: request)
    }

    /// Refuses the start without a session layer in front.
    public func check(behind outer: [any Middleware]) throws {
        guard !outer.contains(where: { $0 is SessionMiddleware }) else { return }
        throw MiddlewareOrderError(
            "CSRFMiddleware needs the session, and there is no session layer in front of it. Write app.useSessions() for the "
                + "application, or router.use(SessionMiddleware(…)) above router.use(CSRFMiddleware())")
    }

    private func isGuarded(_ request: Request) -> Bool {
        switch request.method {
        case .get, .head, .options, .trace: false
        default: exempt?.match(request.rawPath) == nil
        }
    }

    /// The token that the request brings, if it does.
    private func token(_ request: inout Request) async throws -> String? {
        if let token = request.headers[header] { return token }
        guard request.hasFormBody else { return nil }
        return try await request.formAhead()[field]
    }
}

// MARK: Where a request comes from

extension CSRFMiddleware {
    /// Why a request is refused.
    private enum Refusal: String {
        case crossSite = "cross-site"
        case foreignOrigin = "foreign-origin"
        case noSession = "no-session"
        case noToken = "no-token"
        case wrongToken = "wrong-token"

        var message: String {
            switch self {
            case .crossSite, .foreignOrigin: "This request was sent by another site, and is not carried out."
            case .noSession, .noToken, .wrongToken:
                "This form is no longer valid, as it is too old or you have logged in or out since. "
                    + "Open the page again and send the form anew."
            }
        }
    }

    private func foreignOrigin(_ request: Request) -> Refusal? {
        let origin = request.variables[nonEmpty: "HTTP_ORIGIN"]
        switch request.variables[nonEmpty: "HTTP_SEC_FETCH_SITE"] {
        case "same-origin", "none": return nil
        case nil: break
        default: return origin.map { isTrusted(WebOrigin($0)) } == true ? nil : .crossSite
        }
        if let origin { return isOwn(WebOrigin(origin), request) ? nil : .foreignOrigin }
        guard let referer = request.variables[nonEmpty: "HTTP_REFERER"] else { return nil }
        return isOwn(WebOrigin(url: referer), request) ? nil : .foreignOrigin
    }

    private func isTrusted(_ origin: WebOrigin?) -> Bool { origin.map(trusted.contains) ?? false }

    private func isOwn(_ origin: WebOrigin?, _ request: Request) -> Bool {
        guard let origin else { return false }
        return origin == WebOrigin(of: request) || trusted.contains(origin)
    }

    private func refusal(_ reason: Refusal, _ request: Request) -> HTTPError {
        request.logger.notice(
            "\(request) was refused as a forgery: \(reason.rawValue)", metadata: ["csrf.reason": "\(reason.rawValue)"])
        return HTTPError(.forbidden, reason.message)
    }

    /// The name of the form field, for those who make forms.
    enum FormField: RequestKey {
        typealias Value = String
    }
}

extension RouteTree {
    /// A tree that says whether a path matches one of these patterns.
    fileprivate init(matching patterns: [String]) throws(RoutePatternError) {
        self.init()
        let nobody = ClosureResponder { _ in throw HTTPError(.notFound) }
        for pattern in patterns {
            _ = insert(
                Route(responder: nobody, names: [], pattern: pattern), method: nil, pattern: try RoutePattern(pattern))
        }
    }
}

extension UInt8 {
    fileprivate var isTokenCharacter: Bool {
        self == UInt8(ascii: "-") || self == UInt8(ascii: "_") || isASCIIDigit
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
}
