import NestboxHTTP

/// The origin of a page: scheme, host and port (RFC 6454).
struct WebOrigin: Sendable, Hashable {
    private let scheme: String
    private let authority: Authority
    private let port: UInt16?

    /// Reads the serialization of an origin, `https://app.example:8443`; `null`, and all that has more to it than that, is none.
    init?(_ text: String) {
        guard let end = text.firstRange(of: "://") else { return nil }
        self.init(scheme: text[..<end.lowerBound], text[end.upperBound...])
    }

    /// Reads the origin of a URL, as `Referer` has it.
    init?(url: String) {
        guard let end = url.firstRange(of: "://") else { return nil }
        self.init(scheme: url[..<end.lowerBound], url[end.upperBound...].prefix { !"/?#".contains($0) })
    }

    /// The origin that a request was sent to.
    init?(of request: Request) {
        guard let host = request.host else { return nil }
        self.init(scheme: request.scheme[...], host[...])
    }

    private init?(scheme: Substring, _ authority: Substring) {
        let scheme = scheme.lowercased()
        guard !scheme.isEmpty, scheme.utf8.allSatisfy({ $0.isASCIIAlphanumeric || "+-.".utf8.contains($0) }),
            let authority = Authority(Array(authority.utf8)[...])
        else { return nil }
        self.scheme = scheme
        self.authority = authority.with(port: nil)
        port = authority.port == Self.defaultPort(scheme) ? nil : authority.port
    }

    private static func defaultPort(_ scheme: String) -> UInt16? {
        switch scheme {
        case "http": 80
        case "https": 443
        default: nil
        }
    }
}

/// A text that names no origin, which the application does not start with.
public struct InvalidOriginError: Error, Sendable, CustomStringConvertible {
    /// The text.
    public let text: String

    /// What an origin looks like.
    public var description: String {
        "'\(text)' is no origin, which is a scheme, a host and perhaps a port, such as https://app.example.org, without a path"
    }
}

extension Set<WebOrigin> {
    /// Reads the origins of a list.
    init(parsing texts: [String]) throws(InvalidOriginError) {
        self.init()
        for text in texts {
            guard let origin = WebOrigin(text) else { throw InvalidOriginError(text: text) }
            insert(origin)
        }
    }
}
