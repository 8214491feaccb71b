import HTTPTypes

extension RequestHead {
    /// Why the header fields and the path are not to be handled, if they are not.
    static func refusal(
        _ variables: CGIVariables, path: String, _ settings: RequestSettings
    ) -> HTTPError? {
        let counts = HeaderFieldCounts(variables)
        if counts.repeatsSingleField {
            return HTTPError(.badRequest, "A header field that a request has once was sent twice.")
        }
        if counts.fields > settings.headerLimit {
            return HTTPError(
                .requestHeaderFieldsTooLarge, "The request has more than \(settings.headerLimit) header fields.")
        }
        if counts.cookies > settings.cookieLimit {
            return HTTPError(
                .requestHeaderFieldsTooLarge,
                "The request has more than \(settings.cookieLimit) cookies. Delete those of this site and try again.")
        }
        if hasDotSegment(path) {
            return HTTPError(.badRequest, "The path has a segment '.' or '..', which clients resolve.")
        }
        return hostRefusal(variables, settings)
    }

    /// Whether a segment of a decoded path is `.` or `..`.
    ///
    /// The web server has resolved them where it chose the location, and with it who may come here; the path that routes
    /// match is what the client sent. A rule for `/admin` there would not guard what begins with `/admin` here. A slash
    /// that was encoded counts, as it does for nginx.
    static func hasDotSegment(_ path: String) -> Bool {
        // How many dots the segment has; negative when it has something else.
        var dots = 0
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "/"):
                if dots == 1 || dots == 2 { return true }
                dots = 0
            case UInt8(ascii: ".") where dots >= 0: dots += 1
            default: dots = -1
            }
        }
        return dots == 1 || dots == 2
    }

    private static func hostRefusal(_ variables: CGIVariables, _ settings: RequestSettings) -> HTTPError? {
        if let host = variables[bytes: "HTTP_HOST"], !host.isEmpty, Authority.parts(of: host) == nil {
            return HTTPError(.badRequest, "The Host field is malformed.")
        }
        if let forwarded = settings.forwardedHost(of: variables), Authority(Array(forwarded.utf8)[...]) == nil {
            return HTTPError(.badRequest, "The X-Forwarded-Host field is malformed.")
        }
        if !settings.allowedHosts.allowsAll, let authority = settings.authority(of: variables),
            !settings.allowedHosts.contains(authority)
        {
            return HTTPError(.misdirectedRequest, "This server does not answer for this host.")
        }
        return nil
    }
}

extension RequestSettings {
    /// The host that a trusted proxy reports.
    func forwardedHost(of variables: CGIVariables) -> String? {
        guard !trustedProxies.isEmpty, trustedProxies.contains(variables.peer) else { return nil }
        return variables.forwarded("HTTP_X_FORWARDED_HOST")
    }

    /// The host and the port of absolute URLs.
    func authority(of variables: CGIVariables) -> Authority? {
        if let forwarded = forwardedHost(of: variables) { return Authority(Array(forwarded.utf8)[...]) }
        // A host without a port means the default one. SERVER_PORT may be another, behind a proxy or a container's mapping.
        if let host = variables[bytes: "HTTP_HOST"], !host.isEmpty { return Authority(host) }
        // 80 and 443 are either what the scheme says, or wrong where the scheme comes from a setting.
        let port = variables["SERVER_PORT"].flatMap { UInt16($0) }.flatMap { [0, 80, 443].contains($0) ? nil : $0 }
        return variables[bytes: "SERVER_NAME"].flatMap { Authority(serverName: $0, port: port) }
    }
}
