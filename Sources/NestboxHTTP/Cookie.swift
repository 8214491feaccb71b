/// A cookie for a response, valid by construction (RFC 6265 §4.1, with what RFC 6265bis adds).
///
/// ```swift
/// try response.setCookie(Cookie(name: "theme", value: "dark", maxAge: 365 * 86_400))
/// try response.setCookie(.deletion(name: "theme"))
/// ```
///
/// Printing a cookie shows its name and attributes, never its value.
public struct Cookie: Sendable, Hashable {
    /// The name, a token.
    public let name: String
    /// The value as ``RequestCookie/value`` will give it back.
    public let value: String
    /// The path below which the client sends the cookie; `nil` lets it take the directory of the request.
    public let path: String?
    /// The domain to which, with all its subdomains, the client sends the cookie; `nil` means this host alone.
    public let domain: String?
    /// How many seconds the cookie lives; `nil`, without ``expires``, means until the client is closed.
    public let maxAge: Int?
    /// When the cookie ends; clients look at ``maxAge`` first.
    public let expires: HTTPDate?
    /// Whether the client sends the cookie over HTTPS only.
    public let secure: Bool
    /// Whether the cookie is kept from scripts.
    public let httpOnly: Bool
    /// Whether the client sends the cookie with requests that other sites cause.
    public let sameSite: SameSite
    /// Whether the client keeps a separate cookie for each top-level site (CHIPS).
    public let partitioned: Bool

    /// ``value`` as it is sent.
    let encodedValue: String
    /// The attributes on either side of those that say when the cookie ends, each with `; ` in front.
    private let scope: String
    private let flags: String

    /// Whether a cookie goes with requests that other sites cause (RFC 6265bis §4.1.2.7).
    ///
    /// The raw values are the words that configuration files use.
    public enum SameSite: String, Sendable, CaseIterable {
        /// Never with a request from another site.
        case strict
        /// Only when a visitor follows a link to this site.
        case lax
        /// Always. Needs ``Cookie/secure``.
        case none
        /// The attribute is not sent and the client decides; most take it for ``lax``.
        case unspecified
    }

    /// Makes a cookie.
    ///
    /// The value may be any text without control characters. The cookie-octets of RFC 6265 §4.1.1 but `%` are sent as
    /// they are; all other bytes, among them space, `"`, `,`, `;`, `\` and `%`, are percent-encoded, and
    /// ``RequestCookie/value`` decodes them again.
    /// - Parameters:
    ///   - name: A token (RFC 9110 §5.6.2). `__Secure-` and `__Host-` in front make the demands of RFC 6265bis §4.1.3.
    ///   - value: The value; with the name at most 4,096 bytes once it is encoded, as clients drop more.
    ///   - path: ASCII that starts with `/`, without control characters and `;`, at most 1,024 bytes. `/` by default.
    ///   - domain: A host name; a dot in front is dropped. None by default.
    ///   - maxAge: Seconds; 0 and less delete the cookie and are sent as 0. None by default.
    ///   - expires: A moment in the years 1601 to 9999. None by default.
    ///   - secure: Off by default: a cookie that is `Secure` gets lost over plain HTTP.
    ///   - httpOnly: On by default.
    ///   - sameSite: `lax` by default.
    ///   - partitioned: Off by default. Needs `secure`.
    /// - Throws: ``CookieError``, which says what is wrong and how it is mended.
    public init(
        name: String, value: String, path: String? = "/", domain: String? = nil, maxAge: Int? = nil,
        expires: HTTPDate? = nil, secure: Bool = false, httpOnly: Bool = true, sameSite: SameSite = .lax,
        partitioned: Bool = false
    ) throws(CookieError) {
        self.name = name
        self.value = value
        self.path = path
        self.domain = domain.map { $0.utf8.first == UInt8(ascii: ".") ? String(Substring($0.utf8.dropFirst())) : $0 }
        self.maxAge = maxAge
        self.expires = expires
        self.secure = secure
        self.httpOnly = httpOnly
        self.sameSite = sameSite
        self.partitioned = partitioned
        encodedValue = PercentEncoding.encode(value, allowed: .cookieValue)
        scope = Self.scope(path: path, domain: self.domain)
        flags = Self.flags(secure: secure, httpOnly: httpOnly, sameSite: sameSite, partitioned: partitioned)
        try validate()
    }

    /// The same cookie with another value and lifetime; cheaper than making one anew, as the rest is known to be right.
    /// - Throws: ``CookieError`` for a value that no cookie can have.
    public func with(value: String, maxAge: Int?) throws(CookieError) -> Cookie {
        try Cookie(self, value: value, maxAge: maxAge)
    }

    private init(_ cookie: Cookie, value: String, maxAge: Int?) throws(CookieError) {
        name = cookie.name
        self.value = value
        path = cookie.path
        domain = cookie.domain
        self.maxAge = maxAge
        expires = cookie.expires
        secure = cookie.secure
        httpOnly = cookie.httpOnly
        sameSite = cookie.sameSite
        partitioned = cookie.partitioned
        encodedValue = PercentEncoding.encode(value, allowed: .cookieValue)
        scope = cookie.scope
        flags = cookie.flags
        try validateValue()
    }

    /// The value of the `Set-Cookie` field.
    public var headerValue: String {
        var text = name
        text.reserveCapacity(name.utf8.count + encodedValue.utf8.count + scope.utf8.count + flags.utf8.count + 32)
        text += "="
        text += encodedValue
        text += scope
        text += lifetime
        text += flags
        return text
    }

    /// The attributes, each with `; ` in front.
    private var attributes: String { scope + lifetime + flags }

    private var lifetime: String {
        var text = ""
        if let maxAge { text += "; Max-Age=\(max(0, maxAge))" }
        if let expires { text += "; Expires=\(expires)" }
        return text
    }

    private static func scope(path: String?, domain: String?) -> String {
        (path.map { "; Path=\($0)" } ?? "") + (domain.map { "; Domain=\($0)" } ?? "")
    }

    private static func flags(secure: Bool, httpOnly: Bool, sameSite: SameSite, partitioned: Bool) -> String {
        var text = ""
        if secure { text += "; Secure" }
        if httpOnly { text += "; HttpOnly" }
        switch sameSite {
        case .strict: text += "; SameSite=Strict"
        case .lax: text += "; SameSite=Lax"
        case .none: text += "; SameSite=None"
        case .unspecified: break
        }
        if partitioned { text += "; Partitioned" }
        return text
    }
}

extension Cookie {
    /// A cookie that makes the client drop the one of this name: empty, with `Max-Age=0` and `Expires` in 1970.
    ///
    /// Path and domain must be those with which the cookie was set, or the client keeps it. The cookie is `Secure`
    /// when the prefix of its name asks for that. For a cookie that is `Partitioned` use ``deletion``.
    /// - Throws: ``CookieError`` for a name, path or domain that no cookie can have.
    public static func deletion(
        name: String, path: String? = "/", domain: String? = nil
    ) throws(CookieError) -> Cookie {
        try Cookie(
            name: name, value: "", path: path, domain: domain, maxAge: 0, expires: HTTPDate(unixSeconds: 0),
            secure: Prefix(of: name) != nil)
    }

    /// The cookie that makes the client drop this one: the same attributes, no value, an end in the past.
    public var deletion: Cookie {
        Cookie(deleting: self)
    }

    private init(deleting cookie: Cookie) {
        name = cookie.name
        value = ""
        path = cookie.path
        domain = cookie.domain
        maxAge = 0
        expires = HTTPDate(unixSeconds: 0)
        secure = cookie.secure
        httpOnly = cookie.httpOnly
        sameSite = cookie.sameSite
        partitioned = cookie.partitioned
        encodedValue = ""
        scope = cookie.scope
        flags = cookie.flags
    }
}

extension Cookie: CustomStringConvertible {
    /// The field value with `…` for the cookie's value, which is often secret.
    public var description: String { "\(name)=…\(attributes)" }
}

extension PercentEncoding.Allowed {
    /// The cookie-octets of RFC 6265 §4.1.1 without `%`.
    fileprivate static let cookieValue = Self(alphanumericsAnd: "!#$&'()*+-./:<=>?@[]^_`{|}~")
}
