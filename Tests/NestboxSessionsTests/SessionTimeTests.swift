import HTTPTypes
import InMemoryLogging
import Nestbox
import NestboxSessions
import NestboxTesting
import Testing

@Suite("the time of a session", .timeLimit(.minutes(1)))
struct SessionTimeTests {
    private func site(
        _ kind: Kind, isSecure: Bool = false, _ change: (inout SessionConfiguration) -> Void = { _ in }
    ) throws -> Site {
        try Site(kind, isSecure: isSecure, change) { $0.addRoutes() }
    }

    // MARK: Limits in time

    @Test("a session lives up to its limit since it began, whatever it is used", arguments: Kind.allCases)
    func maxAge(kind: Kind) async throws {
        let site = try site(kind) { $0.maxAge = 100 }
        let visitor = try site.visitor()
        let cookie = await visitor.post("/set?k=v").sessionCookie?.value ?? ""
        for _ in 0..<10 {
            site.clock.advance(by: 10)
            #expect(await visitor.get("/", headers: [.cookie: "session=\(cookie)"]).text == #"["k": "v"] nil"#)
        }
        site.clock.advance(by: 1)
        let response = await visitor.get("/", headers: [.cookie: "session=\(cookie)"])
        #expect(response.text == "[:] nil")
        #expect(response.sessionCookie?[attribute: "max-age"] == "0")
        #expect(site.events.contains("expired") || !kind.isCookie)
    }

    @Test("changing a session does not prolong it", arguments: Kind.allCases)
    func absolute(kind: Kind) async throws {
        let site = try site(kind) { $0.maxAge = 100 }
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=0")
        for step in 1...10 {
            site.clock.advance(by: 10)
            let response = await visitor.post("/set?k=\(step)")
            if kind.isCookie { #expect(response.sessionCookie?[attribute: "max-age"] == "\(100 - step * 10)") }
        }
        site.clock.advance(by: 1)
        var headers = HTTPFields()
        headers[.cookie] = visitor.cookies["session"].map { "session=\($0)" } ?? "session=x"
        #expect(await visitor.get("/", headers: headers).text == "[:] nil")
    }

    @Test("a session that is not used expires; reading it counts as use", arguments: Kind.allCases)
    func idle(kind: Kind) async throws {
        let site = try site(kind) { sessions in
            sessions.idleTimeout = 100
            sessions.maxAge = nil
        }
        let visitor = try site.visitor()
        #expect(await visitor.post("/set?k=v").sessionCookie?[attribute: "max-age"] == "100")
        for _ in 0..<5 {
            site.clock.advance(by: 90)
            let response = await visitor.get("/")
            #expect(response.text == #"["k": "v"] nil"#)
            #expect(response.sessionCookie?[attribute: "max-age"] == "100")
        }
        // Within a tenth of the limit no use is noted.
        site.clock.advance(by: 5)
        #expect(await visitor.get("/").setCookies.isEmpty)
        let headers: HTTPFields = [.cookie: "session=\(visitor.cookies["session"] ?? "")"]
        site.clock.advance(by: 95)
        #expect(await visitor.get("/noop", headers: headers).status == .ok)
        site.clock.advance(by: 1)
        #expect(await visitor.get("/", headers: headers).text == "[:] nil")
    }

    @Test("a remembered session lives longer, and a login begins its time anew", arguments: Kind.allCases)
    func remember(kind: Kind) async throws {
        let site = try site(kind) { sessions in
            sessions.maxAge = 100
            sessions.rememberMaxAge = 1000
        }
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        site.clock.advance(by: 50)
        #expect(await visitor.post("/remember").sessionCookie?[attribute: "max-age"] == "950")
        site.clock.advance(by: 900)
        #expect(await visitor.get("/").text == #"["k": "v"] nil"#)
        #expect(await visitor.post("/login?user=ada").sessionCookie?[attribute: "max-age"] == "1000")
        site.clock.advance(by: 1000)
        #expect(
            await visitor.get("/", headers: [.cookie: "session=\(visitor.cookies["session"] ?? "")"]).text.hasSuffix(
                "ada"))
    }

    @Test("without limits the cookie ends with the browser", arguments: Kind.allCases)
    func unlimited(kind: Kind) async throws {
        let site = try site(kind) { $0.maxAge = nil }
        let visitor = try site.visitor()
        #expect(await visitor.post("/set?k=v").sessionCookie?[attribute: "max-age"] == nil)
        site.clock.advance(by: 1_000_000_000)
        #expect(await visitor.get("/").text == #"["k": "v"] nil"#)
    }

    // MARK: Renewal

    @Test("a new id keeps the data, and the old one is worthless", arguments: Kind.remembered)
    func rotate(kind: Kind) async throws {
        let site = try site(kind)
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        let old = visitor.cookies
        #expect(await visitor.post("/rotate").sessionCookie?.value != old["session"])
        #expect(await visitor.get("/").text == #"["k": "v"] nil"#)
        visitor.cookies = old
        #expect(await visitor.get("/").text == "[:] nil")
    }

    @Test("ids are renewed from time to time; requests with the old one go on for a while", arguments: Kind.onServer)
    func periodic(kind: Kind) async throws {
        let site = try site(kind) { $0.rotateInterval = 60 }
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        let late = try site.visitor()
        late.cookies = visitor.cookies
        site.clock.advance(by: 60)
        #expect(await visitor.get("/").sessionCookie != nil)
        #expect(late.cookies["session"] != visitor.cookies["session"])
        site.clock.advance(by: 5)
        let merged = await late.post("/set?late=1")
        #expect(merged.setCookies.isEmpty)
        #expect(await visitor.get("/").text == #"["k": "v", "late": "1"] nil"#)
        #expect(await late.post("/rotate").status == .conflict)
        #expect(await late.post("/login?user=eve").status == .conflict)
        site.clock.advance(by: 6)
        #expect(await late.get("/").text == "[:] nil")
    }

    @Test("a late request with an old id does not bring the old cookie back", arguments: Kind.remembered)
    func lateTouch(kind: Kind) async throws {
        let site = try site(kind) { sessions in
            sessions.rotateInterval = 15
            sessions.idleTimeout = 20
        }
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        let late = try site.visitor()
        late.cookies = visitor.cookies
        site.clock.advance(by: 15)
        #expect(await visitor.get("/").sessionCookie != nil)
        site.clock.advance(by: 5)
        let response = await late.get("/")
        #expect(response.text == #"["k": "v"] nil"#)
        #expect(response.setCookies.isEmpty)
    }
}
