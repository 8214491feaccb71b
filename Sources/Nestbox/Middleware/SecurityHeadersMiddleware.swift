import HTTPTypes
public import NestboxHTTP

/// Tells browsers what the pages behind it are not meant to do.
///
///     let app = try Application(router: router, middleware: [SecurityHeadersMiddleware()])
///
///     var guards = SecurityHeadersMiddleware()
///     guards.contentSecurityPolicy?["img-src"] = "'self' https://pictures.example.org"
///
/// Every response gets the fields, error pages among them; as the application's middleware also those for unknown paths. A field that
/// a handler or a middleware behind this one has set stays as it is; `nil` leaves a field out.
public struct SecurityHeadersMiddleware: Middleware {
    /// `Strict-Transport-Security` (RFC 6797): for how long browsers come back over HTTPS only.
    public struct TransportSecurity: Sendable, Hashable {
        /// How many seconds; default: 31,536,000, a year.
        public var maxAge: Int
        /// Whether that holds for all hosts below this one, too; default: no, as it may lock out sites that are not yours.
        public var includesSubdomains: Bool
        /// Whether browsers may have the host in the list they come with; default: no.
        ///
        /// It is hard to get out of there.
        public var isPreloaded: Bool

        /// Creates a rule.
        public init(maxAge: Int = 31_536_000, includesSubdomains: Bool = false, isPreloaded: Bool = false) {
            self.maxAge = maxAge
            self.includesSubdomains = includesSubdomains
            self.isPreloaded = isPreloaded
        }

        var value: String {
            "max-age=\(max(0, maxAge))\(includesSubdomains ? "; includeSubDomains" : "")\(isPreloaded ? "; preload" : "")"
        }
    }

    /// `X-Frame-Options`, for browsers that do not know `frame-ancestors`.
    public enum FrameOptions: String, Sendable {
        /// No page has this one in a frame.
        case deny = "DENY"
        /// Pages of the same origin have.
        case sameOrigin = "SAMEORIGIN"
    }

    /// `Referrer-Policy`: what other pages are told of where a visitor comes from.
    public enum ReferrerPolicy: String, Sendable {
        /// Nothing at all.
        ///
        /// Forms then come with `Origin: null`, which ``CSRFMiddleware`` refuses from browsers without `Sec-Fetch-Site`.
        case noReferrer = "no-referrer"
        /// The whole URL, within the origin only.
        case sameOrigin = "same-origin"
        /// The origin, never over plain HTTP when this page came over HTTPS.
        case strictOrigin = "strict-origin"
        /// The whole URL within the origin, the origin alone to others, never over plain HTTP when this page came over HTTPS.
        case strictOriginWhenCrossOrigin = "strict-origin-when-cross-origin"
    }

    /// `Cross-Origin-Opener-Policy`: who shares a window's group with the page.
    public enum OpenerPolicy: String, Sendable {
        /// Pages of the same origin.
        case sameOrigin = "same-origin"
        /// Those, and the ones that this page opens: for logins at other sites in a window of their own.
        case sameOriginAllowPopups = "same-origin-allow-popups"
    }

    /// What pages may load and do; default: ``ContentSecurityPolicy/standard``, with the request's nonce when it was asked for.
    public var contentSecurityPolicy: ContentSecurityPolicy? = .standard {
        didSet { makeFields() }
    }
    /// For how long browsers insist on HTTPS; default: a year, for this host.
    ///
    /// Sent over HTTPS only.
    public var transportSecurity: TransportSecurity? = TransportSecurity() { didSet { makeFields() } }
    /// Who has the page in a frame; default: no one.
    public var frameOptions: FrameOptions? = .deny { didSet { makeFields() } }
    /// What other pages are told of where a visitor comes from; default: `strict-origin-when-cross-origin`.
    public var referrerPolicy: ReferrerPolicy? = .strictOriginWhenCrossOrigin { didSet { makeFields() } }
    /// Who shares a window's group with the page; default: `same-origin`.
    ///
    /// Browsers look at it over HTTPS, and on this machine.
    public var openerPolicy: OpenerPolicy? = .sameOrigin { didSet { makeFields() } }
    /// `Permissions-Policy`, such as `camera=(), geolocation=()`; default: none.
    public var permissionsPolicy: String? { didSet { makeFields() } }

    /// What responses get, over HTTPS and else; made once, not for each of them.
    private var fields: (secure: [HTTPField], plain: [HTTPField]) = ([], [])

    /// Creates the middleware with its defaults.
    public init() { makeFields() }

    private mutating func makeFields() {
        let values: [(HTTPField.Name, String?)] = [
            (.contentSecurityPolicy, contentSecurityPolicy?.description), (.xContentTypeOptions, "nosniff"),
            (.xFrameOptions, frameOptions?.rawValue), (.referrerPolicy, referrerPolicy?.rawValue),
            (.crossOriginOpenerPolicy, openerPolicy?.rawValue), (.permissionsPolicy, permissionsPolicy),
        ]
        fields.plain = values.compactMap { name, value in value.map { HTTPField(name: name, value: $0) } }
        fields.secure = fields.plain
        if let value = transportSecurity?.value {
            fields.secure.append(HTTPField(name: .strictTransportSecurity, value: value))
        }
    }

    /// Answers the request; the fields are added to whatever the answer will be.
    public func respond(to request: Request, next: any Responder) async throws -> Response {
        prepare(request)
        return try await next.respond(to: request)
    }

    /// Adds the fields to the answer to a request that is refused.
    public func onRefusal(of request: Request) { prepare(request) }

    private func prepare(_ request: Request) {
        let fields = request.isSecure ? fields.secure : fields.plain
        request.onResponse { [head = request.head, contentSecurityPolicy] response in
            if let nonce = head.knownNonce, let policy = contentSecurityPolicy {
                response.headers.addUnlessThere(
                    HTTPField(name: .contentSecurityPolicy, value: policy.allowing(nonce: nonce).description))
            }
            for field in fields { response.headers.addUnlessThere(field) }
        }
    }
}

extension HTTPFields {
    fileprivate mutating func addUnlessThere(_ field: HTTPField) {
        if !contains(field.name) { append(field) }
    }
}
