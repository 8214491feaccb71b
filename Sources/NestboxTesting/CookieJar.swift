public import NestboxHTTP

/// The cookies of a client, kept and sent back as browsers do (RFC 6265 §5.3 and §5.4).
///
/// Of RFC 6265bis it has the rules for `Secure` and for the prefixes `__Secure-` and `__Host-`. `SameSite` and
/// `Partitioned` are kept but decide nothing, as there are no other sites; and instead of the list of public suffixes
/// there is one rule, that nobody sets a cookie for a whole domain of one label.
///
/// A jar is a value: a copy is another client.
public struct CookieJar: Sendable {
    private var stored: [StoredCookie] = []

    /// Makes an empty jar.
    public init() {}

    /// The cookies that have not been deleted, in the order in which they came first; ended ones are among them.
    public var cookies: [SetCookie] { stored.map(\.cookie) }

    /// The value, as it was sent, of the first cookie of this name, whatever its path and domain.
    public subscript(name: String) -> String? {
        stored.first { $0.cookie.name == name }?.cookie.value
    }

    /// Takes the value of one `Set-Cookie` field; what a browser would ignore is ignored.
    ///
    /// A cookie of the same name, domain and path is replaced, and removed when the new one has ended already.
    /// - Parameters:
    ///   - fieldValue: The value of the field.
    ///   - location: Where the request went whose response had the field.
    ///   - now: The time of the response; the system's clock unless told otherwise.
    public mutating func store(_ fieldValue: String, from location: Location, now: HTTPDate = .now) {
        guard let cookie = SetCookie(parsing: fieldValue),
            let new = StoredCookie(cookie, from: location, now: now),
            !stored.contains(where: { $0.isProtected(from: new, at: location, now: now) })
        else { return }
        let index = stored.firstIndex { $0.isSame(as: new) }
        switch (index, new.isAlive(at: now)) {
        case (let index?, true): stored[index] = new
        case (let index?, false): stored.remove(at: index)
        case (nil, true): stored.append(new)
        case (nil, false): break
        }
    }

    /// The value of the `Cookie` field for a request, or `nil` when no cookie goes with it.
    ///
    /// Cookies of longer paths come first, and among equals those that came first.
    /// - Parameters:
    ///   - location: Where the request goes.
    ///   - now: The time of the request; the system's clock unless told otherwise.
    public func fieldValue(for location: Location, now: HTTPDate = .now) -> String? {
        let matching = stored.filter { $0.isAlive(at: now) && $0.matches(location) }.enumerated().sorted {
            ($1.element.path.utf8.count, $0.offset) < ($0.element.path.utf8.count, $1.offset)
        }
        guard !matching.isEmpty else { return nil }
        return matching.map { "\($0.element.cookie.name)=\($0.element.cookie.value)" }.joined(separator: "; ")
    }

    /// Empties the jar.
    public mutating func removeAll() {
        stored.removeAll()
    }
}

extension CookieJar {
    /// The part of a URL that decides about cookies.
    public struct Location: Sendable, Hashable {
        /// Whether requests go over HTTPS.
        public var isSecure: Bool
        /// The host in lower case, without port.
        public let host: String
        /// The path as it is in the URL: percent-encoded, without query.
        public let path: String

        /// Makes a location; an empty path is `/`, and a host may have any case of letters.
        public init(isSecure: Bool = false, host: String, path: String) {
            self.isSecure = isSecure
            self.host = host.lowercased()
            self.path = path.isEmpty ? "/" : path
        }

        /// Takes apart an absolute URL of the scheme `http` or `https`; for others, and without a host, it is `nil`.
        public init?(url: String) {
            guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            let scheme = url[..<colon].lowercased()
            let rest = url.utf8[colon...].dropFirst()
            guard scheme == "http" || scheme == "https", rest.starts(with: "//".utf8) else { return nil }
            let hierarchy = rest.dropFirst(2).prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
            let authority = hierarchy.prefix { $0 != UInt8(ascii: "/") }
            let hostAndPort = authority.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false).last
            guard let hostAndPort else { return nil }
            let isBracketed = hostAndPort.first == UInt8(ascii: "[")
            let host = hostAndPort.prefix { $0 != UInt8(ascii: isBracketed ? "]" : ":") }
            guard !host.isEmpty else { return nil }
            self.init(
                isSecure: scheme == "https", host: String(decoding: host, as: UTF8.self) + (isBracketed ? "]" : ""),
                path: String(decoding: hierarchy.dropFirst(authority.count), as: UTF8.self))
        }
    }
}
