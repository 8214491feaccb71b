extension CGIVariables {
    /// Who speaks to the web server.
    ///
    /// For a client on a unix socket nginx says `unix:`, and lighttpd the path of the socket.
    var peer: String? {
        self[nonEmpty: "REMOTE_ADDR"].flatMap { $0 == "unix:" || $0.utf8.first == UInt8(ascii: "/") ? nil : $0 }
    }

    /// The value of a variable that is not empty, or else what Apache has renamed at an internal redirect.
    ///
    /// Each rewrite in a `.htaccess` file is such a redirect, and puts `REDIRECT_` in front of what was there. A client
    /// cannot: what it sends begins with `HTTP_`.
    subscript(redirected name: String) -> String? {
        self[nonEmpty: name] ?? self[nonEmpty: "REDIRECT_\(name)"] ?? self[nonEmpty: "REDIRECT_REDIRECT_\(name)"]
    }

    /// What the nearest proxy added to a list.
    func forwarded(_ name: String) -> String? {
        guard let value = self[nonEmpty: name]?[...].lastListElement, !value.isEmpty else { return nil }
        return String(value)
    }
}
