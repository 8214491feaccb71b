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
    /// The hosts that requests may be for.
    package let allowedHosts: AllowedHosts
    /// The longest body where nothing else is said, in bytes.
    package let bodyLimit: Int
    /// The longest body anywhere.
    package let largestBody: Int
    /// How many header fields a request may have.
    package let headerLimit: Int
    /// How many cookies a request may have.
    package let cookieLimit: Int
    /// Which files the web server sends.
    package let fileHandOff: FileHandOff
    /// How much of a form is taken.
    package let formLimits: FormLimits
    /// What requests' loggers are made of.
    package let logger: Logger
    /// What runs the tasks of requests; `nil` for Swift's own threads.
    package let executor: (any TaskExecutor)?

    package init(
        basePath: String? = nil, isCGI: Bool = false, trustedProxies: TrustedProxies = .none,
        allowedHosts: AllowedHosts = .any, bodyLimit: Int = 16 << 20, largestBody: Int = 0, headerLimit: Int = 100,
        cookieLimit: Int = 200, fileHandOff: FileHandOff = .none, formLimits: FormLimits = FormLimits(),
        logger: Logger, executor: (any TaskExecutor)? = nil
    ) {
        self.basePath = basePath
        self.isCGI = isCGI
        self.trustedProxies = trustedProxies
        self.allowedHosts = allowedHosts
        self.bodyLimit = bodyLimit
        self.largestBody = max(bodyLimit, largestBody)
        self.headerLimit = headerLimit
        self.cookieLimit = cookieLimit
        self.fileHandOff = fileHandOff
        self.formLimits = formLimits
        self.logger = logger
        self.executor = executor
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
    /// How many local redirects led here.
    let localRedirects: Int

    private let settings: RequestSettings
    /// Made when first asked for: most handlers look at no header field, and making them costs more than routing.
    private let cachedHeaders = Mutex<HTTPFields?>(nil)
    let response = Mutex(ResponseState())
    /// The forms that were read from bodies of this request.
    let cachedForms = Mutex<[FormReading]>([])

    package convenience init(variables: CGIVariables, settings: RequestSettings) {
        self.init(
            variables: variables, settings: settings, id: RequestID(given: variables[nonEmpty: "REQUEST_ID"]),
            mount: MountPoint(variables: variables, configured: settings.basePath, isCGI: settings.isCGI))
    }

    /// Creates the head of a request that takes the place of another one.
    convenience init(after head: RequestHead, variables: CGIVariables, mount: MountPoint) {
        self.init(
            variables: variables, settings: head.settings, id: head.id, mount: mount,
            localRedirects: head.localRedirects + 1)
    }

    private init(
        variables: CGIVariables, settings: RequestSettings, id: RequestID, mount: MountPoint, localRedirects: Int = 0
    ) {
        self.variables = variables
        self.settings = settings
        self.id = id
        self.localRedirects = localRedirects
        basePath = mount.basePath
        rawPath = mount.rawPath
        path = PercentEncoding.decode(mount.rawPath)

        var refusal: HTTPError?
        method = Self.method(of: variables, refusal: &refusal)
        contentLength = Self.contentLength(of: variables, limit: settings.largestBody, refusal: &refusal)
        self.refusal = refusal ?? Self.refusal(variables, path: path, settings)
    }

    private static func method(of variables: CGIVariables, refusal: inout HTTPError?) -> HTTPRequest.Method {
        let name = variables["REQUEST_METHOD"] ?? ""
        switch name {
        case "GET": return .get
        case "POST": return .post
        case "HEAD": return .head
        default:
            guard let method = HTTPRequest.Method(name), name.utf8.count <= 64 else {
                refusal = HTTPError(.badRequest, "The request method is missing or malformed.")
                return .get
            }
            if refusedMethods.contains(name) {
                refusal = HTTPError(
                    .methodNotAllowed, headers: [.allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"])
            }
            return method
        }
    }

    /// Methods that no handler sees: the first two show a client what its request holds, cookies and all, and the third is
    /// for proxies.
    private static let refusedMethods = ["TRACE", "TRACK", "CONNECT"]

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
    package var executor: (any TaskExecutor)? { settings.executor }
    /// The most bytes of a body that a gateway takes.
    package var bodyLimit: Int { settings.largestBody }
    /// The most bytes of a body that a handler takes unless a middleware says otherwise; `nil` when that is all the same.
    var usualBodyLimit: Int? { settings.bodyLimit < settings.largestBody ? settings.bodyLimit : nil }
    package var fileHandOff: FileHandOff { settings.fileHandOff }
    var formLimits: FormLimits { settings.formLimits }
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
        RequestCookies(parsing: variables.lines(of: "HTTP_COOKIE"), limit: settings.cookieLimit)
    }

    package var remoteAddress: String? {
        settings.trustedProxies.client(
            peer: variables.peer, forwardedFor: variables.list(of: "HTTP_X_FORWARDED_FOR"))
    }

    var isSecure: Bool {
        if settings.trustedProxies.contains(variables.peer),
            let forwarded = variables.forwarded("HTTP_X_FORWARDED_PROTO")
        {
            return forwarded.lowercased() == "https"
        }
        if let value = variables[redirected: "HTTPS"]?.lowercased(), ["on", "1", "https"].contains(value) {
            return true
        }
        return variables["REQUEST_SCHEME"]?.lowercased() == "https"
    }

    var host: String? {
        settings.forwardedHost(of: variables) ?? variables[nonEmpty: "HTTP_HOST"]
            ?? variables[nonEmpty: "SERVER_NAME"].flatMap {
                Authority(serverName: Array($0.utf8)[...], port: nil) == nil ? nil : $0
            }
    }

    /// The host and the port of absolute URLs.
    var authority: Authority? { settings.authority(of: variables) }
}
