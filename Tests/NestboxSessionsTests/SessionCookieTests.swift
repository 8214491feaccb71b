import HTTPTypes
import InMemoryLogging
import Nestbox
import NestboxSessions
import NestboxTesting
import Testing

@Suite("cookies of sessions", .timeLimit(.minutes(1)))
struct SessionCookieTests {
    private func site(
        _ kind: Kind = .encrypted, isSecure: Bool = false, _ change: (inout SessionConfiguration) -> Void = { _ in }
    ) throws -> Site {
        try Site(kind, isSecure: isSecure, change) { $0.addRoutes() }
    }

    /// The tokens of new sessions with one key each.
    private func tokens(_ keys: [String], _ site: Site) async throws -> [String] {
        var tokens: [String] = []
        for key in keys {
            let response = try await site.visitor().post("/set?\(key)=1")
            tokens.append(try #require(response.sessionCookie?.value))
        }
        return tokens
    }

    private func headers(_ values: [String]) -> HTTPFields {
        [.cookie: values.map { "session=\($0)" }.joined(separator: "; ")]
    }

    // MARK: Several cookies

    @Test("of several session cookies the first that is valid counts", arguments: Kind.allCases)
    func duplicates(kind: Kind) async throws {
        let site = try site(kind)
        let tokens = try await tokens(["a", "b"], site)
        let visitor = try site.visitor()
        #expect(await visitor.get("/", headers: headers(["x", "", tokens[1], tokens[0]])).text == #"["b": "1"] nil"#)
        #expect(await visitor.get("/", headers: headers(tokens)).text == #"["a": "1"] nil"#)
        #expect(site.events.filter { $0 == "duplicate" }.count == 2)
        #expect(site.events.filter { $0 == "invalid" }.count == 2)
    }

    @Test("of more than eight session cookies none counts", arguments: Kind.allCases)
    func tooMany(kind: Kind) async throws {
        let site = try site(kind)
        let token = try await tokens(["a"], site)
        let visitor = try site.visitor()
        let eight = await visitor.get("/", headers: headers(Array(repeating: "x", count: 7) + token))
        #expect(eight.text == #"["a": "1"] nil"#)
        let nine = await visitor.get("/", headers: headers(token + Array(repeating: "x", count: 8)))
        #expect(nine.text == "[:] nil")
        #expect(site.log.entries.contains { "\($0.message)".contains("all are ignored") })
    }

    @Test("a session cookie of more than eight kilobytes is no session", arguments: Kind.allCases)
    func oversized(kind: Kind) async throws {
        let site = try site(kind)
        let visitor = try site.visitor()
        let response = await visitor.get("/", headers: headers([String(repeating: "A", count: 8193)]))
        #expect(response.text == "[:] nil")
        #expect(response.sessionCookie?[attribute: "max-age"] == "0")
    }

    @Test("a token that was altered is no session", arguments: [Kind.encrypted, .signed, .revocable])
    func altered(kind: Kind) async throws {
        let site = try site(kind)
        let token = try #require(try await tokens(["a"], site).first)
        let visitor = try site.visitor()
        for index in token.indices {
            let letter = token[index] == "A" ? "B" : "A"
            let altered = token[..<index] + letter + token[token.index(after: index)...]
            #expect(await visitor.get("/", headers: headers([String(altered)])).text == "[:] nil", "\(altered)")
        }
    }

    // MARK: Path and name

    @Test("the path may be the mount point")
    func autoPath() async throws {
        let site = try site { $0.cookie.path = "auto" }
        for (mount, path) in [("", "/"), ("/app", "/app"), ("/my app;x/ü", "/my%20app%3Bx/%C3%BC")] {
            let visitor = try site.visitor { $0.mountPoint = mount }
            // Clients compare paths as they are written.
            let url = path == "/" ? "" : path
            #expect(await visitor.post("\(url)/set?k=v").sessionCookie?[attribute: "path"] == path)
            #expect(await visitor.get("\(url)/").text == #"["k": "v"] nil"#)
            #expect(await visitor.post("\(url)/logout").sessionCookie?[attribute: "path"] == path)
            #expect(visitor.cookies["session"] == nil)
        }
    }

    @Test("a prefix is part of the name and makes the cookie Secure")
    func prefixes() async throws {
        for (prefix, path, isSecure, name) in [
            (SessionCookie.Prefix.host, "/", true, "__Host-session"), (.secure, "/app", true, "__Secure-session"),
            (.auto, "/", true, "__Host-session"), (.auto, "/app", true, "__Secure-session"),
            (.auto, "/", false, "session"),
        ] {
            let site = try site(isSecure: isSecure) {
                $0.cookie.prefix = prefix
                $0.cookie.path = path
            }
            let visitor = try site.visitor { $0.mountPoint = path == "/" ? "" : path }
            let mount = path == "/" ? "" : path
            let cookie = try #require(await visitor.post("\(mount)/set?k=v").setCookies.first)
            #expect(cookie.name == name)
            #expect((cookie[attribute: "secure"] == "") == isSecure)
            #expect(await visitor.get("\(mount)/").text == #"["k": "v"] nil"#)
            _ = await visitor.post("\(mount)/logout")
            #expect(visitor.cookies[name] == nil)
        }
    }

    @Test("a cookie of another name is none of ours")
    func otherName() async throws {
        let site = try site { $0.cookie.name = "id" }
        let visitor = try site.visitor()
        #expect(await visitor.post("/set?k=v").setCookies.map(\.name) == ["id"])
        let token = try #require(visitor.cookies["id"])
        #expect(await visitor.get("/", headers: headers([token])).text == "[:] nil")
    }

    @Test("a cookie without a time to live ends with the browser, and the session with its limit")
    func browserSession() async throws {
        let site = try site {
            $0.cookie.isPersistent = false
            $0.maxAge = 100
        }
        let visitor = try site.visitor()
        #expect(await visitor.post("/set?k=v").sessionCookie?[attribute: "max-age"] == nil)
        site.clock.advance(by: 101)
        #expect(await visitor.get("/").text == "[:] nil")
    }

    // MARK: Secure

    @Test(
        "a cookie that must be Secure is withheld over plain HTTP, and the log says so",
        arguments: [
            { $0.cookie.secure = .true }, { $0.cookie.sameSite = .none }, { $0.cookie.prefix = .host },
            { $0.cookie.isPartitioned = true }, { $0.cookie.name = "__Host-session" },
            { $0.cookie.name = "__secure-session" },
        ] as [@Sendable (inout SessionConfiguration) -> Void])
    func withheld(change: @Sendable (inout SessionConfiguration) -> Void) async throws {
        let plain = try site(.encrypted, change)
        let response = try await plain.visitor().post("/set?k=v")
        #expect(response.status == .ok)
        #expect(response.setCookies.isEmpty)
        #expect(plain.events.contains("withheld"))
        #expect(plain.log.entries.contains { $0.level == .warning && "\($0.message)".contains("trustedProxies") })
        let secure = try await site(.encrypted, isSecure: true, change).visitor().post("/set?k=v")
        #expect(secure.setCookies.first?[attribute: "secure"] == "")
    }

    @Test("a cookie that is never Secure is not Secure over HTTPS")
    func neverSecure() async throws {
        let response = try await site(isSecure: true) { $0.cookie.secure = .false }.visitor().post("/set?k=v")
        #expect(response.sessionCookie != nil)
        #expect(response.sessionCookie?[attribute: "secure"] == nil)
    }

    @Test("a proxy tells that the client came over HTTPS, if it is trusted", arguments: ["10.0.0.1", "10.0.0.2"])
    func proxies(address: String) async throws {
        let site = try site()
        let visitor = try site.visitor { client in
            client.remoteAddress = address
            client.gateway.trustedProxies = try TrustedProxies(["10.0.0.1"])
        }
        let forwarded: HTTPFields = [HTTPField.Name("X-Forwarded-Proto") ?? .accept: "https"]
        let response = await visitor.post("/set?k=v", headers: forwarded)
        #expect((response.sessionCookie?[attribute: "secure"] == "") == (address == "10.0.0.1"))
        #expect(await visitor.post("/set?k=v").sessionCookie?[attribute: "secure"] == nil)
    }
}
