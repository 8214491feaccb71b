import NestboxHTTP
import NestboxSessions

extension SessionDoctor {
    /// The cookie's rules, and what it takes for them to hold.
    mutating func examineCookie() {
        let cookie = sessions.cookie
        let parts = [
            "name \(cookie.name)", cookie.prefix == .none ? nil : "prefix \(cookie.prefix.rawValue)",
            "path \(cookie.path)", cookie.domain.map { "domain \($0)" }, "SameSite \(cookie.sameSite.rawValue)",
            cookie.isHTTPOnly ? "HttpOnly" : nil, cookie.isPartitioned ? "Partitioned" : nil,
            cookie.isPersistent ? nil : "until the browser is closed",
        ]
        findings.append(.ok("cookie", parts.compactMap(\.self).joined(separator: ", ")))
        if !cookie.isHTTPOnly {
            findings.append(
                .warning("cookie", "scripts of the page can read it. Set session.cookie.httpOnly=true"))
        }
        if cookie.sameSite == .unspecified {
            findings.append(
                .warning("cookie", "SameSite is off: what it means depends on the browser. Set it to lax"))
        }
        if cookie.sameSite == .none {
            findings.append(
                .warning(
                    "cookie", "SameSite=None: other sites can post in a visitor's name. Check where they post from"))
        }
        if let domain = cookie.domain {
            findings.append(.warning("cookie", "every host below \(domain) gets the cookie, and can set it"))
        }
        examineHTTPS(cookie.secure)
    }

    private mutating func examineHTTPS(_ secure: SessionCookie.Secure) {
        let proxies =
            context.configuration.gateway.trustedProxies.isEmpty
            ? "X-Forwarded-Proto of a proxy counts once trustedProxies names it, which is empty"
            : "X-Forwarded-Proto counts from trustedProxies"
        let detection = "the web server must say so with HTTPS=on or REQUEST_SCHEME=https; \(proxies)"
        switch secure {
        case .auto: findings.append(.ok("https", "the cookie is Secure when a request came over HTTPS: \(detection)"))
        case .true: findings.append(.ok("https", "the cookie goes over HTTPS alone: \(detection)"))
        case .false:
            findings.append(
                .warning(
                    "https",
                    "the cookie is never Secure: whoever is on the way can take it. Set session.cookie.secure=auto")
            )
        }
    }
}
