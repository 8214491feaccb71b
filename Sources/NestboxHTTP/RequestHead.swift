package import HTTPTypes
package import Logging
import Synchronization

/// What a gateway knows about every request before the first one comes.
package final class RequestSettings: Sendable {
    /// The mount point, when the configuration names it.
    package let basePath: String?
    /// Whether the process is a CGI program, whose `SCRIPT_NAME` is its mount point.
    package let isCGI: Bool
    /// Whose `X-Forwarded-…` fields are believed.
    package let trustedProxies: TrustedProxies
    /// The longest body, in bytes.
    package let bodyLimit: Int
    /// What requests' loggers are made of.
    package let logger: Logger

    package init(
        basePath: String? = nil, isCGI: Bool = false, trustedProxies: TrustedProxies = .none, bodyLimit: Int = 16 << 20,
        logger: Logger
    ) {
        self.basePath = basePath
        self.isCGI = isCGI
        self.trustedProxies = trustedProxies
        self.bodyLimit = bodyLimit
        self.logger = logger
    }
}

/// The part of a request that no middleware changes, made once from the meta-variables.
package final class RequestHead: Sendable {
    package let variables: CGIVariables
    package let id: RequestID
    package let method: HTTPRequest.Method
    package let basePath: String
    package let rawPath: String
    let path: String
    /// The declared length of the body; `nil` when it is unknown.
    package let contentLength: Int?
    /// Why this request is to be answered with an error and not handled, if it is.
    package let refusal: HTTPError?

    private let settings: RequestSettings
    /// Made when first asked for: most handlers look at no header field, and making them costs more than routing.
    private let cachedHeaders = Mutex<HTTPFields?>(nil)

    package init(variables: CGIVariables, settings: RequestSettings) {
        self.variables = variables
        self.settings = settings
        id = RequestID(given: variables[nonEmpty: "REQUEST_ID"])
        let mount = MountPoint(variables: variables, configured: settings.basePath, isCGI: settings.isCGI)
        basePath = mount.basePath
        rawPath = mount.rawPath
        path = PercentEncoding.decode(mount.rawPath)

        var refusal: HTTPError?
        method = Self.method(of: variables, refusal: &refusal)
        contentLength = Self.contentLength(of: variables, limit: settings.bodyLimit, refusal: &refusal)
        if refusal == nil, variables.repeatsSingleField {
            refusal = HTTPError(.badRequest, "A header field that a request has once was sent twice.")
        }
        self.refusal = refusal
    }

    private static func method(of variables: CGIVariables, refusal: inout HTTPError?) -> HTTPRequest.Method {
        let name = variables["REQUEST_METHOD"] ?? ""
        switch name {
        case "GET": return .get
        case "POST": return .post
        case "HEAD": return .head
        default:
            if let method = HTTPRequest.Method(name), name.utf8.count <= 64 { return method }
            refusal = HTTPError(.badRequest, "The request method is missing or malformed.")
            return .get
        }
    }

    /// Absent and empty are unknown, and so is -1, which lighttpd sends for that.
    private static func contentLength(of variables: CGIVariables, limit: Int, refusal: inout HTTPError?) -> Int? {
        guard let text = variables[bytes: "CONTENT_LENGTH"], !text.isEmpty, !text.elementsEqual("-1".utf8) else {
            return nil
        }
        guard text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            refusal = HTTPError(.badRequest, "Content-Length is malformed.")
            return nil
        }
        guard let length = Int(String(decoding: text, as: UTF8.self)), length <= limit else {
            refusal = RequestBody.tooLarge(limit)
            return nil
        }
        return length
    }
}

extension RequestHead {
    package var logger: Logger { settings.logger }
    package var bodyLimit: Int { settings.bodyLimit }
    /// Whether the process ends with this request.
    package var isCGI: Bool { settings.isCGI }

    var headers: HTTPFields {
        cachedHeaders.withLock { cached in
            if let cached { return cached }
            let headers = HTTPFields(variables)
            cached = headers
            return headers
        }
    }

    var cookies: RequestCookies {
        RequestCookies(parsing: variables.lines(of: "HTTP_COOKIE"))
    }

    var remoteAddress: String? {
        settings.trustedProxies.client(peer: peer, forwardedFor: variables[nonEmpty: "HTTP_X_FORWARDED_FOR"])
    }

    var isSecure: Bool {
        if settings.trustedProxies.contains(peer), let forwarded = forwarded("HTTP_X_FORWARDED_PROTO") {
            return forwarded.lowercased() == "https"
        }
        if let value = variables[nonEmpty: "HTTPS"]?.lowercased(), ["on", "1", "https"].contains(value) { return true }
        return variables["REQUEST_SCHEME"]?.lowercased() == "https"
    }

    var host: String? {
        if settings.trustedProxies.contains(peer), let forwarded = forwarded("HTTP_X_FORWARDED_HOST") {
            return forwarded
        }
        return variables[nonEmpty: "HTTP_HOST"]
            ?? variables[nonEmpty: "SERVER_NAME"].flatMap {
                Authority(serverName: Array($0.utf8)[...], port: nil) == nil ? nil : $0
            }
    }

    /// The host and the port of absolute URLs.
    var authority: Authority? {
        let isBehindProxy = settings.trustedProxies.contains(peer)
        if isBehindProxy, let forwarded = forwarded("HTTP_X_FORWARDED_HOST") {
            return Authority(Array(forwarded.utf8)[...])
        }
        // That of a proxy's own connection is not the client's. 80 and 443 are either what the scheme says, or wrong where
        // the scheme comes from a setting.
        let port = variables["SERVER_PORT"].flatMap { UInt16($0) }
            .flatMap { isBehindProxy || [0, 80, 443].contains($0) ? nil : $0 }
        if let host = variables[bytes: "HTTP_HOST"], !host.isEmpty {
            return Authority(host).map { $0.with(port: $0.port ?? port) }
        }
        return variables[bytes: "SERVER_NAME"].flatMap { Authority(serverName: $0, port: port) }
    }

    /// Who speaks to the web server; nginx says `unix:` for a client on a unix socket.
    private var peer: String? {
        variables[nonEmpty: "REMOTE_ADDR"].flatMap { $0 == "unix:" ? nil : $0 }
    }

    /// What the nearest proxy added, the last of a list.
    private func forwarded(_ name: String) -> String? {
        guard let value = variables[nonEmpty: name]?[...].lastListElement, !value.isEmpty else { return nil }
        return String(value)
    }
}
