import HTTPTypes
import NestboxHTTP

extension TestClient {
    /// Where a request goes.
    struct Destination {
        private(set) var isSecure: Bool
        private(set) var host: String
        /// Path and query.
        private(set) var target: String

        init(_ target: String, _ configuration: Configuration) {
            isSecure = configuration.isSecure
            host = configuration.host
            self.target = target
            if let url = Self.url(target) { self = url }
        }

        private init(isSecure: Bool, host: String, target: String) {
            self.isSecure = isSecure
            self.host = host
            self.target = target
        }

        private static func url(_ text: String) -> Destination? {
            guard let end = text.firstRange(of: "://"),
                ["http", "https"].contains(text[..<end.lowerBound].lowercased())
            else { return nil }
            let rest = text[end.upperBound...]
            let host = rest.prefix { !"/?#".contains($0) }
            let target = rest[host.endIndex...].prefix { $0 != "#" }
            return Destination(
                isSecure: end.lowerBound == text.index(text.startIndex, offsetBy: 5), host: String(host),
                target: target.first == "/" ? String(target) : "/\(target)")
        }

        /// Goes where a `Location` field says (RFC 3986 §5.2).
        mutating func follow(_ location: String) {
            if let url = Self.url(location) {
                self = url
            } else if location.hasPrefix("//"), let url = Self.url((isSecure ? "https:" : "http:") + location) {
                self = url
            } else {
                let location = location.prefix { $0 != "#" }
                switch location.first {
                case "/": target = String(location)
                case "?", nil: target = path + location
                default: target = String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) + location
                }
            }
            target = Self.removingDotSegments(path) + target.dropFirst(path.count)
        }

        /// Resolves `.` and `..` as browsers do (RFC 3986 §5.2.4).
        private static func removingDotSegments(_ path: String) -> String {
            let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            var kept: [Substring] = []
            for (index, segment) in segments.enumerated() {
                let isLast = index == segments.count - 1
                switch segment.lowercased().replacing("%2e", with: ".") {
                case ".": if isLast { kept.append("") }
                case "..":
                    _ = kept.popLast()
                    if isLast { kept.append("") }
                default: kept.append(segment)
                }
            }
            return "/" + kept.joined(separator: "/")
        }

        var path: String { String(target.prefix { $0 != "?" }) }
        var query: String { String(target.dropFirst(path.count + 1)) }
        var location: CookieJar.Location {
            let name = host.first == "[" ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
            return CookieJar.Location(isSecure: isSecure, host: String(name), path: path)
        }
    }
}

extension CGIVariables {
    /// The meta-variables of a request as nginx sends them.
    init(
        _ method: HTTPRequest.Method, _ destination: TestClient.Destination, _ headers: HTTPFields,
        _ body: TestClient.Body, _ configuration: TestClient.Configuration, overrides: [String: String?]
    ) {
        let path = PercentEncoding.decode(destination.path)
        let mount = configuration.mountPoint
        let isBelow = !mount.isEmpty && (path == mount || path.hasPrefix(mount + "/"))
        let port = destination.host.split(separator: ":").last.flatMap { UInt16($0) }
        var pairs: [(String, String?)] = [
            ("GATEWAY_INTERFACE", "CGI/1.1"),
            ("SERVER_SOFTWARE", "TestClient"),
            ("SERVER_PROTOCOL", "HTTP/1.1"),
            ("SERVER_NAME", destination.location.host),
            ("SERVER_PORT", "\(port ?? (destination.isSecure ? 443 : 80))"),
            ("REMOTE_ADDR", configuration.remoteAddress),
            ("REQUEST_SCHEME", destination.isSecure ? "https" : "http"),
            ("HTTPS", destination.isSecure ? "on" : nil),
            ("REQUEST_METHOD", method.rawValue),
            ("REQUEST_URI", destination.target),
            ("SCRIPT_NAME", isBelow ? mount : path),
            ("PATH_INFO", isBelow ? String(path.dropFirst(mount.count)) : nil),
            ("QUERY_STRING", destination.query),
            ("CONTENT_TYPE", headers[.contentType] ?? body.type ?? ""),
            ("CONTENT_LENGTH", headers[.contentLength] ?? body.length.map(String.init) ?? ""),
            ("HTTP_HOST", headers.first { $0.name.canonicalName == "host" }?.value ?? destination.host),
        ]
        var names: Set<String> = ["content-type", "content-length", "host", "proxy"]
        for field in headers where names.insert(field.name.canonicalName).inserted {
            let name = field.name.canonicalName.uppercased().split(separator: "-", omittingEmptySubsequences: false)
            pairs.append(("HTTP_" + name.joined(separator: "_"), headers[field.name]))
        }
        for (name, value) in overrides.sorted(by: { $0.key < $1.key }) {
            pairs.removeAll { $0.0 == name }
            pairs.append((name, value))
        }
        self.init(pairs.compactMap { name, value in value.map { (name, $0) } })
    }
}
