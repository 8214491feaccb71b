import NestboxHTTP

/// A cookie in a jar, with what the jar has made of its attributes (RFC 6265 §5.3).
struct StoredCookie: Sendable {
    let cookie: SetCookie
    let domain: String
    let isHostOnly: Bool
    let path: String
    let isSecure: Bool
    let expiry: HTTPDate?

    /// Decides whether a client at `location` keeps the cookie; if not, it is `nil`.
    init?(_ cookie: SetCookie, from location: CookieJar.Location, now: HTTPDate) {
        self.cookie = cookie
        expiry = cookie.expiry(receivedAt: now)
        isSecure = cookie[attribute: "secure"] != nil

        let given = cookie[attribute: "path"] ?? ""
        path = given.utf8.first == UInt8(ascii: "/") ? given : Self.defaultPath(of: location.path)

        var domain = (cookie[attribute: "domain"] ?? "").lowercased()
        if domain.utf8.first == UInt8(ascii: ".") { domain = String(Substring(domain.utf8.dropFirst())) }
        // A domain of one label stands for the public suffixes; a host that is one keeps its cookies to itself.
        let isSuffix = !domain.utf8.contains(UInt8(ascii: "."))
        guard domain.isEmpty || domain == location.host || (!isSuffix && Self.isDomain(domain, of: location.host))
        else {
            return nil
        }
        isHostOnly = domain.isEmpty || isSuffix
        self.domain = isHostOnly ? location.host : domain

        guard location.isSecure || !isSecure else { return nil }
        let name = cookie.name.lowercased()
        if name.hasPrefix("__secure-") || name.hasPrefix("__host-") {
            guard isSecure else { return nil }
        }
        if name.hasPrefix("__host-") {
            guard domain.isEmpty, cookie[attribute: "path"] == "/" else { return nil }
        }
    }

    func isAlive(at now: HTTPDate) -> Bool {
        expiry.map { now < $0 } ?? true
    }

    func isSame(as other: StoredCookie) -> Bool {
        cookie.name == other.cookie.name && domain == other.domain && path == other.path
    }

    /// Whether a request to `location` carries the cookie.
    func matches(_ location: CookieJar.Location) -> Bool {
        let isOfDomain = domain == location.host || (!isHostOnly && Self.isDomain(domain, of: location.host))
        return isOfDomain && (location.isSecure || !isSecure) && Self.isPath(path, of: location.path)
    }

    /// Whether this cookie came over HTTPS and `new`, which did not, would stand in its place (RFC 6265bis §5.7).
    func isProtected(from new: StoredCookie, at location: CookieJar.Location, now: HTTPDate) -> Bool {
        isSecure && !location.isSecure && isAlive(at: now) && cookie.name == new.cookie.name
            && (Self.isDomain(domain, of: new.domain) || Self.isDomain(new.domain, of: domain))
            && Self.isPath(path, of: new.path)
    }

    /// The directory of a path (RFC 6265 §5.1.4).
    private static func defaultPath(of path: String) -> String {
        guard path.utf8.first == UInt8(ascii: "/"), let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")),
            slash != path.utf8.startIndex
        else { return "/" }
        return String(path[..<slash])
    }

    /// Whether a host is a domain or lies below it (RFC 6265 §5.1.3); nothing lies below an address.
    private static func isDomain(_ domain: String, of host: String) -> Bool {
        if domain == host { return true }
        let isAddress =
            host.utf8.allSatisfy { $0.isASCIIDigit || $0 == UInt8(ascii: ".") } || host.utf8.contains(UInt8(ascii: ":"))
        return !isAddress && host.hasSuffix("." + domain)
    }

    /// Whether a path is that of a cookie or lies below it (RFC 6265 §5.1.4).
    private static func isPath(_ cookiePath: String, of path: String) -> Bool {
        guard path.utf8.starts(with: cookiePath.utf8) else { return false }
        let rest = path.utf8.dropFirst(cookiePath.utf8.count)
        return rest.isEmpty || cookiePath.utf8.last == UInt8(ascii: "/") || rest.first == UInt8(ascii: "/")
    }
}
