import HTTPTypes
import Nestbox
import NestboxSessions
import NestboxTesting
import Testing

@Suite("requests that meet", .timeLimit(.minutes(1)))
struct SessionRaceTests {
    @Test("of two that meet when the id is to be renewed neither loses its changes", arguments: Kind.onServer)
    func renewal(kind: Kind) async throws {
        let site = try Site(kind, { $0.rotateInterval = 60 }) { $0.addRoutes() }
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        let other = try site.visitor()
        other.cookies = visitor.cookies
        site.clock.advance(by: 60)
        site.gate.slow { _ = await other.get("/") }
        let slow = await visitor.post("/slow")
        #expect(slow.status == .ok)
        #expect(slow.setCookies.isEmpty)
        #expect(!site.events.contains("gone"))
        #expect(await other.get("/").text == #"["k": "v", "slow": ?] nil"#)
    }

    @Test("a cookie is sent anew before it ends, although every request writes", arguments: Kind.allCases)
    func writingVisitor(kind: Kind) async throws {
        let site = try Site(kind, { $0.idleTimeout = 1000 }) { $0.addRoutes() }
        let visitor = try site.visitor()
        var sent = site.clock.now
        for step in 0..<40 {
            if await visitor.post("/set?k=\(step)").sessionCookie != nil { sent = site.clock.now }
            site.clock.advance(by: 60)
            #expect(site.clock.now - sent < 1000, "step \(step)")
        }
        #expect(await visitor.get("/").text == #"["k": "39"] nil"#)
    }

    @Test("a value that cannot be stored does not undo a logout", arguments: Kind.allCases)
    func refusalAndLogout(kind: Kind) async throws {
        for isLater in [false, true] {
            let site = try Site(kind) { router in
                router.addRoutes()
                router.post("/logout-and-refuse") { request in
                    let session = try await request.session
                    if !isLater { session[SessionKey<Double>("ratio")] = .nan }
                    try session.logout()
                    if isLater { session[SessionKey<Double>("ratio")] = .nan }
                    return "out"
                }
            }
            let visitor = try site.visitor()
            _ = await visitor.post("/login?user=ada")
            let copy = try site.visitor()
            copy.cookies = visitor.cookies
            let response = await visitor.post("/logout-and-refuse")
            #expect(response.status == (isLater ? .internalServerError : .ok))
            if Kind.onServer.contains(kind) { #expect(await copy.get("/").text == "[:] nil") }
        }
    }

    @Test("without a secret files are not sealed, also in development")
    func developmentFiles() async throws {
        let directory = try TemporaryDirectory()
        var sessions = SessionConfiguration()
        sessions.store = .file
        sessions.file.directory = directory.path("sessions")
        sessions.allowsMissingSecret = true
        let session = try await sessions.makeStore().create(SessionRecord(values: ["a": 1], createdAt: 1))
        let found = try await sessions.makeStore().load(session.token)
        #expect(found.session?.record.values == ["a": 1])
    }

    @Test("signed tokens of one application or cookie are none of another's")
    func signedTokens() async throws {
        func store(_ change: (inout SessionConfiguration) -> Void) throws -> any SessionStore {
            var sessions = try SessionConfiguration(secret: "a secret of at least thirty-two bytes")
            sessions.protection = .signed
            change(&sessions)
            return try sessions.makeStore()
        }
        let token = try await store { _ in }.create(SessionRecord(values: ["a": 1], createdAt: 1)).token
        #expect(try await store { _ in }.load(token).session != nil)
        #expect(try await store { $0.applicationID = "other" }.load(token) == .absent)
        #expect(try await store { $0.cookie.name = "other" }.load(token) == .absent)
    }
}
