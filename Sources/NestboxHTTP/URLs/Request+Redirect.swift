public import HTTPTypes

extension Request {
    /// Sends the client to another page of this application, wherever that is mounted.
    ///
    ///     return try request.redirect(to: "/login")
    ///
    /// - Parameters:
    ///   - path: Decoded text below the mount point, as ``path(for:query:)`` takes it; it never leads to another host.
    ///   - query: The query.
    ///   - status: 301, 302, 303, 307 or 308. `303 See Other` by default: after a form, the browser asks with GET.
    /// - Throws: ``RedirectError`` for another status.
    public func redirect(
        to path: String, query: URLEncodedForm = [:], status: HTTPResponse.Status = .seeOther
    ) throws(RedirectError) -> Response {
        try .redirect(to: self.path(for: path, query: query), status: status)
    }

    /// Sends the client to a page of this application that a pattern names; see ``path(for:_:query:)``.
    ///
    ///     return try request.redirect(to: "/birds/{name}", ["name": bird.name])
    ///
    /// - Throws: ``PathPatternError``, or ``RedirectError`` for a status that is no redirect.
    public func redirect(
        to pattern: String, _ parameters: KeyValuePairs<String, any LosslessStringConvertible>,
        query: URLEncodedForm = [:], status: HTTPResponse.Status = .seeOther
    ) throws -> Response {
        try .redirect(to: path(for: pattern, parameters, query: query), status: status)
    }
}
