import HTTPTypes

/// Handlers that send each other requests for ever.
private struct LocalRedirectLoop: Error, CustomStringConvertible {
    var description: String {
        "it came here by \(Request.localRedirectLimit) local redirects and is redirected again; where is the circle?"
    }
}

extension Request {
    /// As many as Apache follows.
    static let localRedirectLimit = 10

    /// Answers with the resource that a local redirect names (RFC 3875 §6.2.2).
    ///
    /// Web servers differ: some send the client there, and some an empty page. So a path of the application is answered
    /// here, in the same way behind all of them. For another path a CGI program asks its server, and over FastCGI the
    /// client is sent there.
    /// - Parameter respond: Answers the request that takes the place of this one.
    /// - Throws: An error for more than ten redirects in a row.
    func followLocalRedirect(
        _ redirect: Response, with respond: (Request) async -> Response
    ) async throws -> Response {
        let location = redirect.headers[.location] ?? ""
        let target = String(location.prefix { $0 != "#" })
        guard let mount = MountPoint(basePath: head.basePath, target: target) else {
            guard !head.isCGI else { return redirect }
            var response = Response(status: .found, headers: redirect.headers)
            response.afterwards = redirect.afterwards
            return response
        }
        guard head.localRedirects < Self.localRedirectLimit else { throw LocalRedirectLoop() }
        let successor = RequestHead(
            after: head, variables: head.variables.redirected(to: target, mount, isHead: head.method == .head),
            mount: mount)
        head.giveWay(to: successor)
        var response = await respond(Request(head: successor, body: .empty))
        for cookie in redirect.headers[fields: .setCookie] { response.headers.append(cookie) }
        if let first = redirect.afterwards {
            response.afterwards = { [last = response.afterwards] in
                await first()
                await last?()
            }
        }
        return response
    }
}

extension CGIVariables {
    /// What a web server would send if the client had asked for another target, with GET or HEAD.
    fileprivate func redirected(to target: String, _ mount: MountPoint, isHead: Bool) -> CGIVariables {
        replacing(
            [
                ("REQUEST_METHOD", isHead ? "HEAD" : "GET"), ("REQUEST_URI", target),
                ("QUERY_STRING", String(target.drop { $0 != "?" }.dropFirst())),
                ("SCRIPT_NAME", mount.basePath), ("PATH_INFO", PercentEncoding.decode(mount.rawPath)),
            ],
            removing: [
                "CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "HTTP_TRANSFER_ENCODING",
                "PATH_TRANSLATED", "REDIRECT_URL",
            ])
    }
}
