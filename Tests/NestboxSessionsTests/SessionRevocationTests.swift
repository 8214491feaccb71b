import HTTPTypes
import Nestbox
import NestboxSessions
import NestboxTesting
import Testing

@Suite("cookies with a list of logouts", .timeLimit(.minutes(1)))
struct SessionRevocationTests {
    private func site(_ change: (inout SessionConfiguration) -> Void = { _ in }) throws -> Site {
        try Site(.revocable, change) { router in
            router.addRoutes()
            router.post("/everywhere") { request in "\(try await request.session.revokeAll())" }
            router.post("/others") { request in "\(try await request.session.revokeOthers())" }
            router.get("/siblings") { request in "\(try await request.session.siblings().count)" }
        }
    }

    private func thief(of visitor: TestClient, _ site: Site) throws -> TestClient {
        let thief = try site.visitor()
        thief.cookies = visitor.cookies
        return thief
    }

    @Test("a copied cookie is refused after the logout, up to its end")
    func copy() async throws {
        let site = try site { $0.maxAge = 1000 }
        let visitor = try site.visitor()
        _ = await visitor.post("/login?user=ada")
        let thief = try thief(of: visitor, site)
        #expect(await thief.get("/").text == "[:] ada")
        let cookie = thief.cookies
        #expect(await visitor.post("/logout").sessionCookie?[attribute: "max-age"] == "0")
        for _ in 0...10 {
            thief.cookies = cookie
            let response = await thief.get("/")
            #expect(response.text == "[:] nil")
            #expect(response.sessionCookie?[attribute: "max-age"] == "0")
            let store = try #require(site.store as? any SweepingSessionStore)
            _ = try await store.sweep(at: site.clock.now)
            site.clock.advance(by: 100)
        }
    }

    @Test("a session that nobody has logged in to is ended, too")
    func anonymous() async throws {
        let site = try site()
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        let thief = try thief(of: visitor, site)
        _ = await visitor.post("/logout")
        #expect(await thief.get("/").text == "[:] nil")
    }

    @Test("a user is logged out everywhere, or everywhere else")
    func everywhere() async throws {
        let site = try site()
        let visitors = try (0..<5).map { _ in try site.visitor() }
        for visitor in visitors { _ = await visitor.post("/login?user=ada") }
        let other = try site.visitor()
        _ = await other.post("/login?user=bob")
        #expect(await visitors[0].get("/siblings").text == "5")
        #expect(await visitors[0].post("/logout").status == .ok)
        #expect(await visitors[1].get("/siblings").text == "4")
        #expect(await visitors[1].post("/others").text == "3")
        #expect(await visitors[1].get("/").text == "[:] ada")
        #expect(await visitors[2].get("/").text == "[:] nil")
        _ = await visitors[3].post("/login?user=ada")
        #expect(await visitors[1].post("/everywhere").text == "1")
        for visitor in visitors { #expect(await visitor.get("/").text == "[:] nil") }
        #expect(await other.get("/").text == "[:] bob")
    }

    @Test("an old id goes on for its time of grace, and what is written by it goes to the new one")
    func periodic() async throws {
        let site = try site { $0.rotateInterval = 60 }
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        let late = try thief(of: visitor, site)
        let tooLate = try thief(of: visitor, site)
        site.clock.advance(by: 60)
        #expect(await visitor.get("/").sessionCookie != nil)
        site.clock.advance(by: 5)
        #expect(await late.post("/rotate").status == .conflict)
        #expect(await late.post("/login?user=eve").status == .conflict)
        #expect(await late.post("/set?late=1").sessionCookie != nil)
        site.clock.advance(by: 6)
        #expect(await late.get("/").text == #"["k": "v", "late": "1"] nil"#)
        #expect(await tooLate.get("/").text == "[:] nil")
        // Both are one session now.
        _ = await late.post("/logout")
        #expect(await visitor.get("/").text == "[:] nil")
    }

    @Test("a late request does not write what was ended meanwhile", arguments: ["/logout", "/login?user=ada"])
    func late(path: String) async throws {
        let site = try site()
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        let other = try thief(of: visitor, site)
        site.gate.slow { _ = await other.post(path) }
        #expect(await visitor.post("/slow").setCookies.isEmpty)
        #expect(site.events.contains("gone"))
    }

    @Test("a token without a name is taken, has one after it was written, and can be ended before")
    func foreign() async throws {
        let cookies = try CookieSessionStore.testing()
        let clock = TestClock()
        let list = MemoryRevocationList(clock: clock.sessionClock)
        let store = RevocableCookieSessionStore(cookies, list: list, clock: clock.sessionClock)
        let foreign = try await cookies.create(SessionRecord(values: ["a": 1], createdAt: clock.now))
        let loaded = try #require(try await store.load(foreign.token).session)
        #expect(loaded.record.values == ["a": 1])
        let written = try #require(try await store.update(loaded) { $0.user = "ada" })
        #expect(written.key != loaded.key)
        #expect(try await store.list(user: "ada", limit: 9).map(\.key) == [written.key])
        #expect(try await store.revokeAll(user: "ada", except: nil) == 1)
        #expect(try await store.load(written.token) == .absent)
        try await store.delete(loaded)
        #expect(try await store.load(foreign.token) == .absent)
        // Without a list, the name in the token is not seen.
        #expect(try await cookies.load(written.token).session?.record.values == ["a": 1])
    }

    @Test("the list is kept as long as the longest session may live, and swept then")
    func sweep() async throws {
        let clock = TestClock()
        let list = MemoryRevocationList(clock: clock.sessionClock)
        let store = RevocableCookieSessionStore(try .testing(), list: list, lifetime: 100, clock: clock.sessionClock)
        let session = try await store.create(SessionRecord(values: ["a": 1], createdAt: clock.now))
        let key = try #require(session.key)
        #expect(try await list.entry(key) == nil)
        try await store.delete(session)
        clock.advance(by: 160)
        #expect(try await store.sweep(at: clock.now).deleted == 0)
        clock.advance(by: 1)
        #expect(try await store.sweep(at: clock.now).deleted == 1)
        #expect(try await list.entry(key) == nil)
    }
}
