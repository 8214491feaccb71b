public import HTTPTypes

extension Response {
    /// Sends the client elsewhere (a client redirect, RFC 3875 §6.2.4: with a status, so that no server takes it for
    /// an internal one).
    ///
    /// The target is sent as it is, so that `/login` leaves an application that is mounted below a path: to its own pages
    /// leads ``Request/redirect(to:query:status:)``.
    /// - Parameters:
    ///   - target: A URL, absolute or relative. A target from outside should start with `/` and not with `//`, or
    ///     visitors can be sent to any site; check it before it comes here. Characters outside ASCII and spaces are
    ///     percent-encoded.
    ///   - status: 301, 302, 303, 307 or 308. `303 See Other` by default: after a form, the browser asks with GET.
    /// - Throws: ``RedirectError`` for an empty target, one with control characters, or another status.
    public static func redirect(
        to target: String, status: HTTPResponse.Status = .seeOther
    ) throws(RedirectError) -> Response {
        guard [301, 302, 303, 307, 308].contains(status.code) else { throw .notARedirect(status.code) }
        guard !target.isEmpty, !target.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { throw .invalidTarget }
        var response = Response(status: status)
        response.headers.append(HTTPField(name: .location, value: PercentEncoding.encode(target, allowed: .uri)))
        return response
    }

    /// Answers with another resource of this host, without the client knowing (a local redirect, RFC 3875 §6.2.2).
    ///
    /// A path below ``Request/basePath`` is one of the application: the request begins anew there, as GET (or HEAD), without a
    /// body and with the client's cookies, through all middleware, at most ten times. Rules that the web server has for
    /// that path are not asked, so let no client choose it. Cookies that this response sets are sent; the rest of it is not.
    ///
    /// Any other path is for the web server: a CGI program leaves it to that (Apache answers with the resource, others send
    /// the client there with a 302); over FastCGI the client is sent there with a 302.
    /// - Parameter path: An absolute path of the host with an optional query; a page of this application is
    ///   ``Request/path(for:query:)``.
    /// - Throws: ``RedirectError`` for a path that does not start with a single `/` or has control characters.
    public static func localRedirect(to path: String) throws(RedirectError) -> Response {
        guard path.hasPrefix("/"), !path.hasPrefix("//"), !path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else { throw .invalidTarget }
        var response = Response(status: .ok)
        response.headers.append(HTTPField(name: .location, value: PercentEncoding.encode(path, allowed: .uri)))
        response.isLocalRedirect = true
        return response
    }
}

/// A redirect that is not made.
public enum RedirectError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The target is empty, holds control characters, or is no path where a path is asked for.
    case invalidTarget
    /// The status is not one that browsers follow.
    case notARedirect(Int)

    /// What is wrong.
    public var description: String {
        switch self {
        case .invalidTarget: "the redirect's target is empty, malformed or holds control characters"
        case .notARedirect(let code): "\(code) is not a redirect status; use 301, 302, 303, 307 or 308"
        }
    }
}
