public import NestboxHTTP

/// The cookie that holds a session's token: its name and attributes.
public struct SessionCookie: Sendable, Hashable {
    /// When the cookie is `Secure`.
    public enum Secure: String, Sendable, CaseIterable {
        /// When the request came over HTTPS.
        case auto
        /// Always; over plain HTTP the cookie is withheld, which is logged.
        case `true`
        /// Never.
        case `false`
    }

    /// A prefix of the name that makes clients check attributes (RFC 6265bis §4.1.3).
    public enum Prefix: String, Sendable, CaseIterable {
        /// No prefix.
        case none
        /// Over HTTPS `__Host-` when path and domain allow it, else `__Secure-`; over plain HTTP none.
        case auto
        /// `__Host-`: needs the path `/` and no domain.
        case host
        /// `__Secure-`.
        case secure
    }

    /// The name, a token (RFC 9110 §5.6.2); default: `session`.
    public var name = "session"
    /// The path, or `auto` for the mount point; default: `/`.
    public var path = "/"
    /// The domain; this host alone by default.
    public var domain: String?
    /// When the cookie is `Secure`; default: over HTTPS.
    public var secure = Secure.auto
    /// Whether scripts cannot read it; default: yes.
    public var isHTTPOnly = true
    /// Whether it goes with requests that other sites cause; default: `lax`.
    public var sameSite = Cookie.SameSite.lax
    /// Whether clients keep one for each top-level site (CHIPS); default: no.
    public var isPartitioned = false
    /// A prefix of the name; default: none.
    public var prefix = Prefix.none
    /// Whether it has a `Max-Age`, and outlives the browser; default: yes.
    public var isPersistent = true

    /// Creates the default cookie.
    public init() {}

    /// The name as it is sent.
    func fullName(isSecure: Bool) -> String {
        switch prefix {
        case .none: name
        case .auto: isSecure ? (path == "/" && domain == nil ? "__Host-" : "__Secure-") + name : name
        case .host: "__Host-" + name
        case .secure: "__Secure-" + name
        }
    }

    /// Whether clients would drop the cookie when it came over plain HTTP.
    private var needsSecure: Bool {
        secure == .true || sameSite == .none || isPartitioned || [.host, .secure].contains(prefix)
            || ["__host-", "__secure-"].contains { name.lowercased().hasPrefix($0) }
    }

    /// The cookie without a value, or `nil` when it must not go over a connection that is not encrypted.
    func template(isSecure: Bool, basePath: String) throws(CookieError) -> Cookie? {
        guard isSecure || !needsSecure else { return nil }
        return try Cookie(
            name: fullName(isSecure: isSecure), value: "", path: path == "auto" ? Self.path(of: basePath) : path,
            domain: domain, secure: secure == .false ? false : isSecure, httpOnly: isHTTPOnly, sameSite: sameSite,
            partitioned: isPartitioned)
    }

    private static func path(of basePath: String) -> String {
        // A semicolon would end the attribute.
        basePath.isEmpty
            ? "/" : PercentEncoding.encode(basePath, allowed: .path).split(separator: ";").joined(separator: "%3B")
    }

    /// Refuses what clients would ignore or drop.
    func validate() throws(SessionConfigurationError) {
        if secure == .false, sameSite == .none {
            throw .init("cookie.sameSite", "none", "clients drop such a cookie unless it is Secure; set cookie.secure")
        }
        if secure == .false, isPartitioned {
            throw .init("cookie.partitioned", "true", "clients drop such a cookie unless it is Secure")
        }
        if secure == .false, [.host, .secure].contains(prefix) {
            throw .init("cookie.prefix", prefix.rawValue, "such a cookie must be Secure; set cookie.secure")
        }
        if prefix == .host, path != "/" || domain != nil {
            throw .init("cookie.prefix", "host", "such a cookie has the path / and no domain")
        }
        guard path == "auto" || path.hasPrefix("/") else {
            throw .init("cookie.path", path, "give a path that starts with /, or auto")
        }
        do {
            _ = try template(isSecure: true, basePath: "")
        } catch {
            switch error.code {
            case .invalidPath: throw .init("cookie.path", path, "\(error)")
            case .invalidDomain: throw .init("cookie.domain", domain ?? "", "\(error)")
            case .needsSecure, .hostPrefix:
                throw .init("cookie.name", name, "\(error)")
            default: throw .init("cookie.name", name, "\(error)")
            }
        }
    }
}
