import HTTPTypes
import InMemoryLogging
import Logging
import Nestbox
import NestboxTesting
import Testing

@Suite("guard against forged requests", .timeLimit(.minutes(1)))
struct CSRFMiddlewareTests {
    private static let secret = "a secret of at least thirty-two bytes"
    private let log = InMemoryLogHandler()

    private func application(_ guardian: CSRFMiddleware = CSRFMiddleware(), store: SessionConfiguration.Store = .memory)
        throws
        -> Application
    {
        var router = Router()
        router.post("/before") { _ in "before" }
        router.use(guardian)
        router.get("/") { _ in "front page" }
        router.get("/form") { request in Response.html("<form>\(try await request.csrfField)</form>") }
        router.get("/token") { request in try await request.csrfToken }
        router.any("/act") { request in "done: \(String(decoding: try await request.body.collect(), as: UTF8.self))"
        }
        router.post("/form") { request in
            let form = try await request.form()
            return "saved \(form["name"] ?? "")\(form.file("photo").map { " and \($0.size) bytes" } ?? "")"
        }
        router.post("/short") { request in try await request.form(limits: FormLimits(size: 70))["name"] ?? "" }
        router.group("/limited") { group in
            group.use(BodyLimitMiddleware(70))
            group.post("") { request in try await request.form()["name"] ?? "" }
        }
        router.post("/login") { request in
            try await request.session.login("ada")
            return "in"
        }
        router.post("/rotate") { request in
            try await request.session.rotateID()
            if try request.query["fail"] != nil { throw HTTPError(.internalServerError) }
            return "rotated"
        }
        router.post("/logout") { request in
            try await request.session.logout()
            return "out"
        }
        router.get("/data") { request in try await "\(request.session.dictionary) \(request.session.keys)" }
        router.post("/hooks/{name}") { _ in "hooked" }
        var application = try Application(router: router)
        var sessions = try SessionConfiguration(secret: Self.secret)
        sessions.store = store
        application.useSessions(sessions)
        return application
    }

    private func client(
        _ guardian: CSRFMiddleware = CSRFMiddleware(), store: SessionConfiguration.Store = .memory,
        _ change: (inout TestClient.Configuration) throws -> Void = { _ in }
    ) throws -> TestClient {
        var configuration = TestClient.Configuration()
        configuration.host = "good.example"
        configuration.isSecure = true
        configuration.logger = Logger(label: "test") { [log] _ in log }
        try change(&configuration)
        return try TestClient(try application(guardian, store: store), configuration)
    }

    private var reasons: [String] { log.entries.compactMap { $0.metadata["csrf.reason"].map { "\($0)" } } }

    // MARK: The token

    @Test(
        "a form with its token comes through, and the handler reads it again",
        arguments: [SessionConfiguration.Store.cookie, .memory])
    func form(store: SessionConfiguration.Store) async throws {
        let client = try client(store: store)
        let token = try #require(await client.get("/form").hiddenField("_csrf"))
        #expect(token.utf8.count == 43)
        let answer = await client.post("/form", form: ["_csrf": token, "name": "Ada"])
        #expect(answer.text == "saved Ada")
        // As a whole body, too.
        #expect(await client.post("/act", form: ["_csrf": token]).text == "done: _csrf=\(token)")
        #expect(reasons == [])
    }

    @Test(
        "the header field does as well, with any body and method",
        arguments: ["POST", "PUT", "PATCH", "DELETE", "BREW", "get"])
    func header(method: String) async throws {
        let client = try client()
        let token = await client.get("/token").text
        let name = try #require(HTTPField.Name("X-CSRF-Token"))
        let headers: HTTPFields = [name: token]
        let method = try #require(HTTPRequest.Method(method))
        #expect(
            await client.send(method, "/act", headers: headers, body: .text("{}", type: "application/json")).text
                == "done: {}")
        #expect(await client.send(method, "/act", body: .text("{}", type: "application/json")).status == .forbidden)
    }

    @Test("every page has another token, and all of them are valid")
    func masked() async throws {
        let client = try client()
        var tokens: Set<String> = []
        for _ in 0..<20 {
            let token = await client.get("/token").text
            tokens.insert(token)
            #expect(await client.post("/form", form: ["_csrf": token]).status == .ok)
        }
        #expect(tokens.count == 20)
    }

    @Test("without the right token nothing is done")
    func wrong() async throws {
        let (client, other) = (try client(), try client())
        let token = await client.get("/token").text
        let foreign = await other.get("/token").text
        var last = token
        last.append(last.removeLast() == "A" ? "Q" : "A")
        let wrong = [
            "", " ", token.uppercased(), token + "A", token + "=", String(token.dropLast()), last, foreign,
            String(repeating: "A", count: 43), String(token.prefix(21)) + String(token.prefix(22)), "\u{0}",
            token + "\n",
            String(repeating: token, count: 1000),
        ]
        for text in wrong {
            let answer = await client.post("/form", form: ["_csrf": text])
            #expect(answer.status == .forbidden, "\(text)")
            #expect(!answer.text.contains("saved"))
        }
        #expect(await client.post("/form", form: ["name": "x"]).status == .forbidden)
        #expect(await client.post("/form", form: ["_CSRF": token]).status == .forbidden)
        // In the query it would be in logs and referrers.
        #expect(await client.post("/form?_csrf=\(token)", form: ["name": "x"]).status == .forbidden)
        // Browsers send these without asking first.
        for type in ["text/plain", "application/json", "", "multipart/mixed; boundary=x"] {
            #expect(
                await client.post("/act", body: .text("_csrf=\(token)", type: type)).status == .forbidden, "\(type)")
        }
        // The other's token with the other's session is fine.
        #expect(await other.post("/form", form: ["_csrf": foreign]).status == .ok)
        #expect(Set(reasons) == ["no-token", "wrong-token"])
        #expect(!log.entries.contains { "\($0.message) \($0.metadata)".contains(token) })
    }

    @Test(
        "a token of before a login, a new id or a logout is worthless afterwards",
        arguments: ["/login", "/rotate", "/rotate?fail=1", "/logout"])
    func renewal(target: String) async throws {
        for store in [SessionConfiguration.Store.cookie, .memory] {
            let client = try client(store: store)
            let before = await client.get("/token").text
            _ = await client.post(target, form: ["_csrf": before])
            #expect(await client.post("/form", form: ["_csrf": before]).status == .forbidden, "\(store)")
            let after = await client.get("/token").text
            #expect(await client.post("/form", form: ["_csrf": before]).status == .forbidden)
            #expect(await client.post("/form", form: ["_csrf": after]).status == .ok)
        }
    }

    @Test(
        "only who asks for a token gets a session, and nobody sees what is in it",
        arguments: [SessionConfiguration.Store.cookie, .memory])
    func lazy(store: SessionConfiguration.Store) async throws {
        let client = try client(store: store)
        let page = await client.get("/")
        #expect(page.setCookies.isEmpty && page.headers[.vary] == nil)
        #expect(await client.post("/act").setCookies.isEmpty)
        #expect(reasons == ["no-session"])
        let form = await client.get("/form")
        #expect(form.setCookies.count == 1)
        #expect(form.headers[.vary] == "Cookie")
        #expect(form.headers[.cacheControl] == "no-store")
        #expect(await client.get("/form").setCookies.isEmpty)
        #expect(await client.get("/data").text == "[:] []")
    }

    @Test(
        "harmless methods pass without a token, and none that is renamed does",
        arguments: ["GET", "HEAD", "OPTIONS"])
    func safe(method: String) async throws {
        let client = try client()
        let method = try #require(HTTPRequest.Method(method))
        let override = try #require(HTTPField.Name("X-HTTP-Method-Override"))
        #expect(await client.send(method, "/act?_method=DELETE", headers: [override: "DELETE"]).status == .ok)
        for name in ["GET", "HEAD", "OPTIONS"] {
            #expect(
                await client.post("/act?_method=\(name)", headers: [override: name], form: ["_method": name]).status
                    == .forbidden)
        }
    }

    // MARK: The origin

    struct Row: Sendable, CustomTestStringConvertible {
        var site: String?
        var origin: String?
        var referer: String?
        var isAllowed: Bool
        var host = "good.example"
        var isSecure = true

        init(
            _ isAllowed: Bool, site: String? = nil, origin: String? = nil, referer: String? = nil,
            host: String = "good.example", isSecure: Bool = true
        ) {
            (self.isAllowed, self.site, self.origin, self.referer) = (isAllowed, site, origin, referer)
            (self.host, self.isSecure) = (host, isSecure)
        }

        var testDescription: String {
            "\(isAllowed) \(isSecure ? "https" : "http")://\(host) site=\(site ?? "-") origin=\(origin ?? "-") referer=\(referer ?? "-")"
        }
    }

    static let table: [Row] = [
        // Nothing is known.
        Row(true), Row(true, site: ""), Row(true, origin: ""),
        // Sec-Fetch-Site decides where it is there.
        Row(true, site: "same-origin"), Row(true, site: "none"),
        Row(true, site: "same-origin", origin: "https://good.example"),
        // Behind a proxy that changes Host, or with `Referrer-Policy: no-referrer`.
        Row(true, site: "same-origin", origin: "https://other.example"), Row(true, site: "same-origin", origin: "null"),
        Row(false, site: "same-site"), Row(false, site: "cross-site"), Row(false, site: "Same-Origin"),
        Row(false, site: "x"),
        Row(false, site: "same-origin, cross-site"),
        Row(false, site: "cross-site", origin: "https://good.example"),
        Row(false, site: "same-site", origin: "https://evil.good.example"),
        Row(true, site: "cross-site", origin: "https://shop.example:8443"),
        Row(false, site: "cross-site", origin: "https://shop.example"),
        // Else Origin.
        Row(true, origin: "https://good.example"), Row(true, origin: "https://good.example:443"),
        Row(true, origin: "HTTPS://GOOD.example"), Row(true, origin: "https://good.example", host: "GOOD.Example:443"),
        Row(true, origin: "http://good.example:8080", host: "good.example:8080", isSecure: false),
        Row(true, origin: "http://[::1]:8080", host: "[::1]:8080", isSecure: false),
        Row(true, origin: "https://shop.example:8443"),
        Row(false, origin: "http://good.example"), Row(false, origin: "https://good.example:8443"),
        Row(false, origin: "https://good.example", host: "good.example:8443"),
        Row(false, origin: "https://evil.example"), Row(false, origin: "https://good.example.evil"),
        Row(false, origin: "https://evilgood.example"), Row(false, origin: "https://sub.good.example"),
        Row(false, origin: "https://good.example.evil:443"), Row(false, origin: "https://good.example@evil.example"),
        Row(false, origin: "https://good.example:443@evil.example"), Row(false, origin: "null"),
        Row(false, origin: "Null"),
        Row(false, origin: "https://good.example/"), Row(false, origin: "https://good.example "),
        Row(false, origin: "https://good.example, https://evil.example"), Row(false, origin: "good.example"),
        Row(false, origin: "://good.example"), Row(false, origin: "https://"),
        Row(false, origin: "https://good.example:+443"), Row(false, origin: "https://good.example:65979"),
        Row(false, origin: "https://[good.example"), Row(false, origin: "https://good.example.", host: "good.example"),
        Row(false, origin: "https://gооd.example"), Row(false, origin: "https://good.example%00.evil"),
        Row(false, origin: "http://good.example:443"), Row(false, origin: "file://"),
        // A Referer does not help a wrong Origin.
        Row(false, origin: "https://evil.example", referer: "https://good.example/"),
        Row(false, origin: "null", referer: "https://good.example/"),
        // Else Referer.
        Row(true, referer: "https://good.example/form?x=1#y"), Row(true, referer: "https://good.example"),
        Row(true, referer: "https://good.example:443/"), Row(true, referer: "https://shop.example:8443/x"),
        Row(false, referer: "https://evil.example/https://good.example/"),
        Row(false, referer: "https://good.example.evil/"),
        Row(false, referer: "http://good.example/"), Row(false, referer: "https://good.example@evil.example/"),
        Row(false, referer: "https://evil.example?https://good.example/"), Row(false, referer: "/form"),
        Row(false, referer: "about:blank"), Row(false, referer: "https://good.example\\@evil.example/"),
    ]

    @Test("a request comes from the application's own pages", arguments: table)
    func origins(row: Row) async throws {
        let guardian = try CSRFMiddleware(trustedOrigins: ["https://shop.example:8443"])
        let client = try client(guardian) {
            $0.host = row.host
            $0.isSecure = row.isSecure
        }
        let token = await client.get("/token").text
        var variables: [String: String?] = [:]
        if let site = row.site { variables["HTTP_SEC_FETCH_SITE"] = site }
        if let origin = row.origin { variables["HTTP_ORIGIN"] = origin }
        if let referer = row.referer { variables["HTTP_REFERER"] = referer }
        let answer = await client.send(.post, "/form", body: .form(["_csrf": token]), variables: variables)
        #expect(answer.status == (row.isAllowed ? .ok : .forbidden))
        // No origin replaces the token.
        let bare = await client.send(.post, "/form", body: .form(["x": "y"]), variables: variables)
        #expect(bare.status == .forbidden)
        #expect(reasons.count == (row.isAllowed ? 1 : 2))
    }

    @Test(
        "behind a trusted proxy the origin is what the proxy was asked for, and no one else can say so",
        arguments: [true, false])
    func proxies(isTrusted: Bool) async throws {
        let client = try client {
            $0.isSecure = false
            $0.host = "inner:8080"
            if isTrusted { $0.gateway.trustedProxies = try TrustedProxies(["127.0.0.1"]) }
        }
        let token = await client.get("/token").text
        let forwarded: [String: String?] = ["HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_HOST": "good.example"]
        for (origin, passes) in [("https://good.example", isTrusted), ("http://inner:8080", !isTrusted)] {
            let variables = forwarded.merging(["HTTP_ORIGIN": origin]) { $1 }
            let answer = await client.send(.post, "/form", body: .form(["_csrf": token]), variables: variables)
            #expect(answer.status == (passes ? .ok : .forbidden), "\(origin)")
        }
    }

    // MARK: Exemptions

    @Test("routes that are exempt, and those that were added before, need no token")
    func exempt() async throws {
        let client = try client(try CSRFMiddleware(exempt: ["/hooks/{name...}"]))
        #expect(await client.post("/hooks/shop").text == "hooked")
        #expect(await client.post("/before").text == "before")
        for target in [
            "/act", "/hooks/../act", "/hooks/%2e%2e/act", "/act?/hooks/x", "//hooks/x", "/hooks", "/act#/hooks/x",
        ] {
            #expect(await client.post(target).status != .ok, "\(target)")
        }
        #expect(throws: RoutePatternError.self) { try CSRFMiddleware(exempt: ["hooks"]) }
    }

    @Test("field and header can have other names")
    func names() async throws {
        let header = try #require(HTTPField.Name("X-XSRF-Token"))
        let client = try client(try CSRFMiddleware(field: "authenticity_token", header: header))
        let token = try #require(await client.get("/form").hiddenField("authenticity_token"))
        #expect(await client.post("/form", form: ["authenticity_token": token]).status == .ok)
        #expect(await client.post("/form", form: ["_csrf": token]).status == .forbidden)
        #expect(await client.post("/act", headers: [header: token]).status == .ok)
    }

    @Test(
        "an origin that is none is refused",
        arguments: ["shop.example", "https://shop.example/", "*", "null", "https://*.shop.example", ""])
    func badOrigins(text: String) {
        let error = #expect(throws: InvalidOriginError.self) { try CSRFMiddleware(trustedOrigins: [text]) }
        #expect(error?.text == text)
    }

    // MARK: The order

    @Test("without a session layer in front the application does not start")
    func order() throws {
        var router = Router()
        router.use(CSRFMiddleware())
        router.use(try SessionMiddleware(try SessionConfiguration(secret: Self.secret)))
        router.get("/") { _ in "page" }
        let application = try Application(router: router)
        let error = #expect(throws: MiddlewareOrderError.self) { try TestClient(application) }
        #expect(error?.description.contains("app.useSessions()") == true)
        let outer = try Application(router: Router(), middleware: [CSRFMiddleware()])
        #expect(throws: MiddlewareOrderError.self) { try TestClient(outer) }
    }

    @Test("with the session layer of the application, of the router or of a group it starts", arguments: 0..<3)
    func rightOrder(place: Int) async throws {
        let sessions = try SessionMiddleware(try SessionConfiguration(secret: Self.secret))
        var router = Router()
        if place == 1 { router.use(sessions) }
        router.group("/x") { group in
            if place == 2 { group.use(sessions) }
            group.use(CSRFMiddleware())
            group.get("") { _ in "page" }
        }
        var application = try Application(router: router)
        if place == 0 { application.useSessions(sessions) }
        #expect(try await TestClient(application).get("/x").text == "page")
    }

    @Test("a form on a route that nobody guards is an error that says so")
    func unguarded() async throws {
        var router = Router()
        router.get("/form") { request in try await request.csrfField }
        var application = try Application(router: router)
        application.useSessions(secret: Self.secret)
        let answer = try await TestClient(application).get("/form")
        #expect(answer.status == .internalServerError)
        #expect((answer.error as? MiddlewareOrderError)?.description.contains("CSRFMiddleware()") == true)
    }

    @Test("limits behind it hold, though it has read the form", arguments: ["/short", "/limited"])
    func laterLimits(path: String) async throws {
        let client = try client()
        let token = await client.get("/token").text
        // 43 bytes of a token and 12 of names.
        #expect(await client.post(path, form: ["_csrf": token, "name": "0123456789"]).text == "0123456789")
        let long = String(repeating: "0", count: 20)
        #expect(await client.post(path, form: ["_csrf": token, "name": long]).status == .contentTooLarge)
    }

    @Test("a form that is too long or has too many fields is refused as the handler would")
    func limits() async throws {
        let client = try client { $0.gateway.limits.body = 5000 }
        let token = await client.get("/token").text
        let type = "application/x-www-form-urlencoded"
        #expect(
            await client.post("/form", body: .text("a=\(String(repeating: "x", count: 5000))", type: type)).status
                == .contentTooLarge)
        let many = String(repeating: "a&", count: 1001)
        #expect(await client.post("/form", body: .text(many + "_csrf=\(token)", type: type)).status == .contentTooLarge)
        #expect(
            await client.post("/form", body: .chunks([Array("_csrf=".utf8), Array(token.utf8)], type: type)).status
                == .ok)
    }
}
