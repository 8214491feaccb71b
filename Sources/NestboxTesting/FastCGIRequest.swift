/// A request as a web server sends it to a responder: variables, then a body.
public struct FastCGIRequest: Hashable, Sendable {
    /// The meta-variables, in the order they are sent.
    public var variables: FastCGINameValuePairs
    /// What goes into `FCGI_STDIN`.
    public var body: [UInt8]

    /// Creates a request of exactly these variables.
    public init(variables: FastCGINameValuePairs, body: [UInt8] = []) {
        self.variables = variables
        self.body = body
    }

    /// Creates the request that nginx 1.22 of Debian 12 makes with its `fastcgi_params`.
    ///
    /// In this order: `QUERY_STRING`, `REQUEST_METHOD`, `CONTENT_TYPE`, `CONTENT_LENGTH` (both empty without a body),
    /// `SCRIPT_NAME` (the path, decoded, slashes merged, dot segments resolved), `REQUEST_URI` (the target as it is),
    /// `DOCUMENT_URI`, `DOCUMENT_ROOT`, `SERVER_PROTOCOL`, `REQUEST_SCHEME`, `HTTPS` (only with the scheme https),
    /// `GATEWAY_INTERFACE`, `SERVER_SOFTWARE`, `REMOTE_ADDR`, `REMOTE_PORT`, `REMOTE_USER` (empty), `SERVER_ADDR`,
    /// `SERVER_PORT`, `SERVER_NAME`, `REDIRECT_STATUS`, `HTTP_HOST` (lower case, without a port), and one `HTTP_`
    /// variable for every other header field, repeated ones too, also for Content-Type and Content-Length.
    /// - Parameters:
    ///   - target: The request target in origin form, with its query.
    ///   - headers: Header fields in order. `Host` and, with a body, `Content-Length` are added where missing;
    ///     names with an underscore are dropped.
    ///   - body: `nil` for a request without a body, which is not the same as one of no bytes.
    ///   - mount: With `fastcgi_split_path_info`, the path the application is mounted at: `SCRIPT_NAME` is this then,
    ///     and `PATH_INFO`, sent after `SCRIPT_NAME`, the rest.
    ///   - variables: Replace variables of the same name, or are added at the end.
    public init(
        method: String = "GET", target: String = "/", headers: [(String, String)] = [], body: [UInt8]? = nil,
        scheme: String = "http", mountedAt mount: String? = nil, variables: FastCGINameValuePairs = [:]
    ) {
        let fields = Self.complete(headers, body: body)
        let query = target.firstIndex(of: "?").map { target[target.index(after: $0)...] } ?? ""
        let path = Self.normalized(target.prefix { $0 != "?" })
        let pathInfo = mount.flatMap { path.hasPrefix($0) ? String(path.dropFirst($0.count)) : nil }
        func field(_ name: String) -> String { fields.first { $0.0.lowercased() == name }?.1 ?? "" }
        let host = field("host").lowercased().prefix { $0 != ":" }

        var sent: FastCGINameValuePairs = [
            "QUERY_STRING": String(query), "REQUEST_METHOD": method, "CONTENT_TYPE": field("content-type"),
            "CONTENT_LENGTH": field("content-length"), "SCRIPT_NAME": pathInfo == nil ? path : mount ?? path,
        ]
        if let pathInfo { sent.append("PATH_INFO", pathInfo) }
        for (name, value) in [
            ("REQUEST_URI", target), ("DOCUMENT_URI", path), ("DOCUMENT_ROOT", "/usr/share/nginx/html"),
            ("SERVER_PROTOCOL", "HTTP/1.1"), ("REQUEST_SCHEME", scheme),
        ] { sent.append(name, value) }
        if scheme == "https" { sent.append("HTTPS", "on") }
        for (name, value) in [
            ("GATEWAY_INTERFACE", "CGI/1.1"), ("SERVER_SOFTWARE", "nginx/1.22.1"), ("REMOTE_ADDR", "127.0.0.1"),
            ("REMOTE_PORT", "40000"), ("REMOTE_USER", ""), ("SERVER_ADDR", "127.0.0.1"),
            ("SERVER_PORT", scheme == "https" ? "443" : "80"), ("SERVER_NAME", String(host)),
            ("REDIRECT_STATUS", "200"), ("HTTP_HOST", String(host)),
        ] { sent.append(name, value) }
        for (name, value) in fields where name.lowercased() != "host" && !name.contains("_") {
            sent.append("HTTP_" + name.uppercased().replacing("-", with: "_"), value)
        }
        for pair in variables { sent[String(decoding: pair.name, as: UTF8.self)] = nil }
        sent.pairs += variables.pairs
        self.init(variables: sent, body: body ?? [])
    }

    private static func complete(_ headers: [(String, String)], body: [UInt8]?) -> [(String, String)] {
        let names = Set(headers.map { $0.0.lowercased() })
        var fields = headers
        if !names.contains("host") { fields.insert(("Host", "localhost"), at: 0) }
        if let body, !names.contains("content-length") { fields.append(("Content-Length", String(body.count))) }
        return fields
    }

    /// The path as nginx has it in `$uri`: decoded as a whole, `%2F` too, then merged and resolved.
    private static func normalized(_ path: Substring) -> String {
        guard path.hasPrefix("/") else { return String(path) }
        var decoded: [UInt8] = []
        var rest = Array(path.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, digits.allSatisfy({ UInt8(ascii: "+") < $0 }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                decoded.append(value)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        var kept: [Substring] = []
        let segments = String(decoding: decoded, as: UTF8.self).split(separator: "/", omittingEmptySubsequences: false)
        for segment in segments where segment != "" && segment != "." {
            if segment == ".." { _ = kept.popLast() } else { kept.append(segment) }
        }
        let endsWithSlash = ["", ".", ".."].contains(segments.last ?? "") && !kept.isEmpty
        return "/" + kept.joined(separator: "/") + (endsWithSlash ? "/" : "")
    }
}
