import HTTPTypes

extension Request {
    /// The path of a page of this application as links have it: the mount point and `path`, percent-encoded.
    ///
    ///     request.path(for: "/birds/7")                        // "/birds/7", or "/app/birds/7" below /app
    ///     request.path(for: "/birds", query: ["page": 2])      // "/birds?page=2"
    ///
    /// It never leads to another host: a path that begins with `//` gets its second slash encoded.
    /// - Parameters:
    ///   - path: Decoded text below the mount point; `?`, `#` and `%` in it are encoded. What comes from outside goes
    ///     into parameters: see ``path(for:_:query:)``.
    ///   - query: The query; without pairs there is none.
    public func path(for path: String, query: URLEncodedForm = [:]) -> String {
        var encoded: [UInt8] = path.utf8.first == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
        PercentEncoding.append(path.utf8, to: &encoded, allowed: .path)
        return link(encoded, query)
    }

    /// The path of a page of this application, made of a pattern as routes have it.
    ///
    ///     try request.path(for: "/birds/{name}", ["name": "Wren / Zaunkönig"])    // "/birds/Wren%20%2F%20Zaunk%C3%B6nig"
    ///     try request.path(for: "/files/{path...}", ["path": "a b/c"])            // "/files/a%20b/c"
    ///
    /// A value stays in its place, whatever it is: a slash becomes `%2F`, but for `{name...}`, which may hold several
    /// segments. No path can name `.` and `..`, which browsers resolve even when they are encoded: these become
    /// `%252E` and `%252E%252E`, names of their own.
    /// - Throws: ``PathPatternError`` when the names are not those of the pattern.
    public func path(
        for pattern: String, _ parameters: KeyValuePairs<String, any LosslessStringConvertible>,
        query: URLEncodedForm = [:]
    ) throws(PathPatternError) -> String {
        link(try PathPattern.fill(pattern, parameters), query)
    }

    /// The absolute URL of a page of this application, for mails and feeds: scheme, host, mount point and path.
    ///
    /// Scheme, host and port are those that the client used, or a trusted proxy reports (``scheme``, ``host``). For a client
    /// that names no host they are `SERVER_NAME` and `SERVER_PORT`.
    ///
    /// The host is what the client says, unless the configuration's `allowedHosts` or the web server restricts it: what
    /// is sent to others, such as a link to reset a password, needs that.
    /// - Throws: ``HTTPError`` 400 when neither the client nor the web server names a host.
    public func url(for path: String, query: URLEncodedForm = [:]) throws -> String {
        try origin() + self.path(for: path, query: query)
    }

    /// The absolute URL of a page of this application, made of a pattern; see ``path(for:_:query:)`` and
    /// ``url(for:query:)``.
    /// - Throws: ``PathPatternError``, or ``HTTPError`` 400 without a host.
    public func url(
        for pattern: String, _ parameters: KeyValuePairs<String, any LosslessStringConvertible>,
        query: URLEncodedForm = [:]
    ) throws -> String {
        try origin() + path(for: pattern, parameters, query: query)
    }

    /// Scheme, host and port (RFC 6454 §6.1).
    private func origin() throws -> String {
        guard let authority = head.authority else {
            throw HTTPError(.badRequest, "The request does not say which host it is for.")
        }
        let port = authority.port.flatMap { $0 == (isSecure ? 443 : 80) ? nil : ":\($0)" }
        return "\(scheme)://\(authority.host)\(port ?? "")"
    }

    /// The mount point in front of an encoded path, and a query behind it.
    private func link(_ path: [UInt8], _ query: URLEncodedForm) -> String {
        var link: [UInt8] = []
        PercentEncoding.append(basePath.utf8, to: &link, allowed: .path)
        link += path
        // `//host/path` is a URL of another host (RFC 3986 §4.2).
        if link.starts(with: "//".utf8) { link.replaceSubrange(1..<2, with: "%2F".utf8) }
        var text = String(decoding: link, as: UTF8.self)
        if !query.isEmpty { text += "?\(query.serialized)" }
        return text
    }
}
