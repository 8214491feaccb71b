extension Browser {
    /// A cookie as the browser keeps it.
    struct Cookie: Hashable {
        var name: String
        var value: String
        var path = "/"
        /// The host, with a dot before it when subdomains get it, too.
        var domain: String?
        var isHTTPOnly = false
        var isSecure = false
        /// `Lax`, `Strict` or `None`; a browser takes a cookie without it for `Lax`.
        var sameSite: String?
        /// In seconds of Unix time; `nil` for a cookie that goes with the browser.
        var expiry: Int?
    }

    /// The cookies that the browser would send for the page that is open.
    func cookies() throws -> [Cookie] {
        try call("GET", "/cookie").array?.compactMap(Cookie.init) ?? []
    }

    func cookie(_ name: String) throws -> Cookie? { try cookies().first { $0.name == name } }

    /// Sets a cookie for the site that is open.
    func setCookie(_ cookie: Cookie) throws { try call("POST", "/cookie", ["cookie": cookie.json]) }

    /// Removes the cookies of the site that is open.
    func deleteCookies() throws { try call("DELETE", "/cookie") }
}

extension Browser.Cookie {
    fileprivate init?(_ json: JSON) {
        guard let name = json["name"]?.string, let value = json["value"]?.string else { return nil }
        self.init(
            name: name, value: value, path: json["path"]?.string ?? "/", domain: json["domain"]?.string,
            isHTTPOnly: json["httpOnly"]?.bool ?? false, isSecure: json["secure"]?.bool ?? false,
            sameSite: json["sameSite"]?.string, expiry: json["expiry"]?.integer)
    }

    fileprivate var json: JSON {
        var members: [String: JSON] = [
            "name": .string(name), "value": .string(value), "path": .string(path), "httpOnly": .bool(isHTTPOnly),
            "secure": .bool(isSecure),
        ]
        members["domain"] = domain.map { .string($0) }
        members["sameSite"] = sameSite.map { .string($0) }
        members["expiry"] = expiry.map { .number(Double($0)) }
        return .object(members)
    }
}
