import HTTPTypes
import InMemoryLogging
import Nestbox
import NestboxSessions
import NestboxTesting
import Testing

@Suite("what becomes of logins and new ids when a page fails", .timeLimit(.minutes(1)))
struct SessionStatusTests {
    private struct Crash: Error {}

    private func site(_ kind: Kind, _ change: (inout SessionConfiguration) -> Void = { _ in }) throws -> Site {
        try Site(kind, change) { router in
            router.addRoutes()
            router.post("/login-and-crash") { request -> String in
                try await request.session.login("ada")
                try await request.session["k"] = "w"
                throw Crash()
            }
            router.post("/rotate-and-crash") { request -> String in
                try await request.session["k"] = "w"
                try await request.session.rotateID()
                throw Crash()
            }
            router.post("/commit-and-crash") { request -> String in
                let session = try await request.session
                session["k"] = "w"
                #expect(try await session.commit() != nil || !Kind.remembered.contains(kind))
                throw Crash()
            }
        }
    }

    @Test("a new id counts whatever the status, and data do not", arguments: Kind.allCases)
    func rotation(kind: Kind) async throws {
        let site = try site(kind)
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        let old = visitor.cookies
        for path in ["/rotate-and-crash", "/login-and-crash"] {
            let response = await visitor.post(path)
            #expect(response.status == .internalServerError)
            #expect(response.setCookies.count == 1, "\(path)")
            #expect(await visitor.get("/").text == #"["k": "v"] nil"#)
        }
        if Kind.remembered.contains(kind) {
            site.clock.advance(by: 60)
            visitor.cookies = old
            #expect(await visitor.get("/").text == "[:] nil")
        }
    }

    @Test("what was written before the page failed stays", arguments: Kind.allCases)
    func committed(kind: Kind) async throws {
        let visitor = try site(kind).visitor()
        let response = await visitor.post("/commit-and-crash")
        #expect(response.status == .internalServerError)
        #expect(response.setCookies.count == 1)
        #expect(await visitor.get("/").text == #"["k": "w"] nil"#)
    }

    @Test("a cookie is not lost when a stream fails before its first byte", arguments: Kind.allCases)
    func failingStream(kind: Kind) async throws {
        let site = try Site(kind) { router in
            router.addRoutes()
            router.post("/stream") { request in
                try await request.session["k"] = "w"
                return Response.stream { _ in throw Crash() }
            }
        }
        let visitor = try site.visitor()
        let response = await visitor.post("/stream")
        #expect(response.status == .internalServerError)
        #expect(response.setCookies.count == 1)
        #expect(await visitor.get("/").text == #"["k": "w"] nil"#)
    }

    @Test("a login in a page that fails leaves no session behind", arguments: Kind.allCases)
    func newLogin(kind: Kind) async throws {
        let visitor = try site(kind).visitor()
        #expect(await visitor.post("/login-and-crash").setCookies.isEmpty)
        #expect(await visitor.get("/").text == "[:] nil")
    }

    @Test("an id that a client made up is never taken", arguments: Kind.allCases)
    func fixation(kind: Kind) async throws {
        let visitor = try site(kind).visitor()
        let planted = String(repeating: "A", count: 43)
        let response = await visitor.post("/set?k=v", headers: [.cookie: "session=\(planted)"])
        let cookie = try #require(response.sessionCookie)
        #expect(cookie.value != planted)
        #expect(await visitor.get("/", headers: [.cookie: "session=\(planted)"]).text == "[:] nil")
    }

    @Test("the log names no session and no token", arguments: Kind.allCases)
    func secrecy(kind: Kind) async throws {
        let site = try site(kind)
        let visitor = try site.visitor()
        var tokens: Set<String> = []
        for path in ["/set?k=v", "/login?user=ada", "/rotate", "/flash", "/set?k=w", "/logout"] {
            _ = await visitor.post(path)
            visitor.cookies["session"].map { _ = tokens.insert($0) }
        }
        let text = site.log.entries.map { "\($0.message) \($0.metadata)" }.joined(separator: "\n")
        #expect(!tokens.isEmpty)
        for token in tokens { #expect(!text.contains(token)) }
        for event in ["created", "rotated", "destroyed", "loaded"] { #expect(site.events.contains(event), "\(event)") }
    }
}
