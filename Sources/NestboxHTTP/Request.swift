public import HTTPTypes
public import Logging

/// A request as handlers see it, made of the meta-variables that the web server sent (RFC 3875 §4.1).
///
/// A request is a value; middleware may change its own copy and pass that on.
public struct Request: Sendable {
    /// The method, such as `.get`, as the client sent it: methods are case-sensitive.
    public var method: HTTPRequest.Method

    /// The path below the mount point (``basePath``), percent-decoded once.
    ///
    /// It starts with `/`, but for the target `*` of an `OPTIONS` request; `+` and empty segments are left alone. No
    /// segment is `.` or `..`: such requests are refused with 400. A `%2F` is a slash here, so that segments can no longer
    /// be told apart. Routes are matched on ``rawPath``.
    public var path: String

    /// The path below the mount point as the client sent it, percent-encoded, `//` kept.
    public var rawPath: String

    /// What the route's pattern took from the path; see `Router`.
    public var parameters: PathParameters

    /// The body.
    public var body: RequestBody

    /// What middleware has added.
    var values = RequestValues()

    /// What does not change after the request was made.
    package let head: RequestHead

    package init(head: RequestHead, body: RequestBody) {
        self.head = head
        self.body = head.usualBodyLimit.map { body.limited(to: $0) } ?? body
        method = head.method
        path = head.path
        rawPath = head.rawPath
        parameters = PathParameters()
    }
}

extension Request {
    /// All meta-variables, as the web server sent them (without `HTTP_PROXY`, which no client may set).
    public var variables: CGIVariables { head.variables }

    /// Where the application is mounted: `""` at the root of the host, or such as `/app`, without a slash at its end.
    ///
    /// It is decoded text; links are made with ``path(for:query:)``.
    public var basePath: String { head.basePath }

    /// The request target as the client sent it, path and query, or `nil` when the server does not tell
    /// (`REQUEST_URI` is no part of RFC 3875).
    public var target: String? { head.variables[nonEmpty: "REQUEST_URI"] }

    /// The query string without its `?`, not decoded; empty without a query.
    public var queryString: String { head.variables["QUERY_STRING"] ?? "" }

    /// The header fields.
    ///
    /// The web server may have joined repeated fields, and drops names with an underscore. `Content-Type` and
    /// `Content-Length` are among them.
    public var headers: HTTPFields { head.headers }

    /// The media type of the body with its parameters (`CONTENT_TYPE`).
    public var contentType: String? {
        head.variables[nonEmpty: "CONTENT_TYPE"] ?? head.variables[nonEmpty: "HTTP_CONTENT_TYPE"]
    }

    /// The cookies that the client sent; a request with more than 200 (`limits.cookies`) is refused with 431.
    public var cookies: RequestCookies { head.cookies }

    /// The address of the client, without port, or `nil` when the server does not tell.
    ///
    /// Behind a trusted proxy it is the address that the proxy reports in `X-Forwarded-For`.
    public var remoteAddress: String? { head.remoteAddress }

    /// Whom the web server has let in, or `nil` without a login there (`REMOTE_USER`, RFC 3875 §4.1.11).
    ///
    /// It counts beside `AUTH_TYPE` alone: nginx puts whatever a client says into `REMOTE_USER`, also where it asks for no
    /// login. A location of nginx with `auth_basic` needs `fastcgi_param AUTH_TYPE Basic;`; docs/nginx.md has a whole one.
    /// After a rewrite of Apache's it is `REDIRECT_REMOTE_USER`: the user of the path that the client asked for. On a page
    /// for an error (`ErrorDocument 401`) that is a name with a wrong password, and there is no user.
    public var remoteUser: String? {
        if head.variables[nonEmpty: "AUTH_TYPE"] != nil { return head.variables[nonEmpty: "REMOTE_USER"] }
        return head.variables["REDIRECT_STATUS"] == "200" ? head.variables[nonEmpty: "REDIRECT_REMOTE_USER"] : nil
    }

    /// `http` or `https`: from `HTTPS`, `REQUEST_SCHEME`, and `X-Forwarded-Proto` of a trusted proxy.
    public var scheme: String { isSecure ? "https" : "http" }

    /// Whether the client's connection is encrypted.
    public var isSecure: Bool { head.isSecure }

    /// The host that the client asked for, with a port when it named one.
    ///
    /// It is from `Host`, else `SERVER_NAME`, or `X-Forwarded-Host` of a trusted proxy. It is a name or an address
    /// (anything else is refused with 400), but any one, unless the configuration's `allowedHosts` or the web server
    /// restricts it. `nil` when there is none, and when `SERVER_NAME` is one of nginx's for servers without a name (`_`).
    public var host: String? { head.host }

    /// The name of this request in the log: `REQUEST_ID` when the web server gives one (nginx: `$request_id`), else 16
    /// hexadecimal digits of our own.
    public var id: String { head.id.description }

    /// A logger that names this request (`request.id`).
    public var logger: Logger {
        var logger = head.logger
        logger[metadataKey: "request.id"] = .stringConvertible(head.id)
        return logger
    }
}

extension Request {
    /// The query: ordered pairs, names may repeat.
    /// - Throws: ``HTTPError`` 400 beyond 1,000 pairs.
    public var query: URLEncodedForm {
        get throws {
            guard let bytes = head.variables[bytes: "QUERY_STRING"], !bytes.isEmpty else { return URLEncodedForm() }
            do {
                return try URLEncodedForm(parsing: bytes)
            } catch {
                throw HTTPError(.badRequest, "The query string is too long: \(error)")
            }
        }
    }
}

extension Request: CustomStringConvertible {
    /// Method and path as the client sent it: the query, header fields and the body may hold secrets.
    public var description: String { "\(method.rawValue) \(basePath)\(rawPath)" }
}
