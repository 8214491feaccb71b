import HTTPTypes
import InMemoryLogging
import Nestbox
import NestboxSessions
import NestboxTesting
import Synchronization
import Testing

@Suite("the life of a session", .timeLimit(.minutes(1)))
struct SessionLifecycleTests {
    private func site(
        _ kind: Kind, isSecure: Bool = false, _ change: (inout SessionConfiguration) -> Void = { _ in }
    ) throws -> Site {
        try Site(kind, isSecure: isSecure, change) { $0.addRoutes() }
    }

    // MARK: What is sent

    @Test("a page that does not touch the session gets no cookie and no Vary", arguments: Kind.allCases)
    func untouched(kind: Kind) async throws {
        let visitor = try site(kind).visitor()
        for _ in 0..<2 {
            let response = await visitor.get("/noop")
            #expect(response.setCookies.isEmpty)
            #expect(response.headers[.vary] == nil)
            _ = await visitor.post("/set?k=v")
        }
    }

    @Test("a session that is only looked at is not stored", arguments: Kind.allCases)
    func accessed(kind: Kind) async throws {
        let response = try await site(kind).visitor().get("/")
        #expect(response.setCookies.isEmpty)
        #expect(response.headers[.vary] == "Cookie")
        #expect(response.headers[.cacheControl] == nil)
    }

    @Test(
        "the cookie of a new session is HttpOnly, lax, for all paths, and lives as long as it", arguments: Kind.allCases
    )
    func newCookie(kind: Kind) async throws {
        let response = try await site(kind).visitor().post("/set?k=v")
        let field = try #require(response.headers[.setCookie])
        #expect(field.hasSuffix("; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax"), "\(field)")
        #expect(response.headers[.cacheControl] == "no-store")
        #expect(response.headers[.vary] == "Cookie")
    }

    @Test("over HTTPS the cookie is Secure", arguments: Kind.allCases)
    func secure(kind: Kind) async throws {
        let response = try await site(kind, isSecure: true).visitor().post("/set?k=v")
        #expect(response.sessionCookie?[attribute: "secure"] == "")
    }

    @Test("reading a session sends no cookie, and changing it only what has to be sent", arguments: Kind.allCases)
    func resend(kind: Kind) async throws {
        let visitor = try site(kind).visitor()
        _ = await visitor.post("/set?k=v")
        #expect(await visitor.get("/").setCookies.isEmpty)
        #expect(await visitor.post("/set?k=v").setCookies.isEmpty)
        #expect(await visitor.post("/set?k=w").setCookies.count == (kind.isCookie ? 1 : 0))
        #expect(await visitor.get("/").text == #"["k": "w"] nil"#)
    }

    @Test("what the response says of caches and Vary is kept", arguments: Kind.allCases)
    func fields(kind: Kind) async throws {
        let visitor = try site(kind).visitor()
        let response = await visitor.post("/fields")
        #expect(response.headers[values: .vary] == ["Accept, Cookie"])
        #expect(response.headers[values: .cacheControl] == ["private, max-age=5"])
        #expect(response.setCookies.map(\.name) == ["mine", "session"])
        #expect(await visitor.get("/vary-all").headers[values: .vary] == ["*"])
    }

    @Test("the cookie's value may have quotes around it", arguments: Kind.allCases)
    func quoted(kind: Kind) async throws {
        let visitor = try site(kind).visitor()
        let value = await visitor.post("/set?k=v").sessionCookie?.value ?? ""
        #expect(await visitor.get("/", headers: [.cookie: "session=\"\(value)\""]).text == #"["k": "v"] nil"#)
    }

    // MARK: Statuses

    @Test("changes are kept with 4xx, also when it is thrown, and dropped with 5xx", arguments: Kind.allCases)
    func statuses(kind: Kind) async throws {
        let visitor = try site(kind).visitor()
        for (path, isKept) in [
            ("/status/403", true), ("/throw/403", true), ("/status/500", false), ("/throw/503", false),
            ("/crash", false),
            ("/status/302", true), ("/own-error", true),
        ] {
            visitor.cookies = CookieJar()
            let response = await visitor.post(path)
            #expect((response.sessionCookie != nil) == isKept, "\(path): \(response)")
            #expect(await visitor.get("/").text.contains("touched") == isKept, "\(path)")
        }
    }

    @Test("a logout counts whatever the status", arguments: Kind.allCases)
    func logoutWithFailure(kind: Kind) async throws {
        for path in ["/logout-and-crash", "/logout-and-fail"] {
            let visitor = try site(kind).visitor()
            _ = await visitor.post("/login?user=ada")
            let response = await visitor.post(path)
            #expect(response.status.code >= 500)
            #expect(response.sessionCookie?[attribute: "max-age"] == "0")
            #expect(await visitor.get("/").text == "[:] nil")
        }
    }

    // MARK: Logins

    @Test("a login renews the id, keeps the data and ends the old id", arguments: Kind.allCases)
    func login(kind: Kind) async throws {
        let site = try site(kind)
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        let before = visitor.cookies
        let response = await visitor.post("/login?user=ada")
        #expect(response.sessionCookie != nil)
        #expect(response.sessionCookie?.value != before["session"])
        #expect(await visitor.get("/").text == #"["k": "v"] ada"#)
        let thief = try site.visitor()
        thief.cookies = before
        let answer = await thief.get("/")
        #expect(answer.text.hasSuffix(" nil"))
        if Kind.remembered.contains(kind) { #expect(answer.text == "[:] nil") }
    }

    @Test("a late request with the id of before a login does not delete the new cookie", arguments: Kind.remembered)
    func lateRequest(kind: Kind) async throws {
        let site = try site(kind)
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        let late = try site.visitor()
        late.cookies = visitor.cookies
        _ = await visitor.post("/login?user=ada")
        #expect(await late.get("/").setCookies.isEmpty)
        site.clock.advance(by: 60)
        #expect(await late.get("/").sessionCookie?[attribute: "max-age"] == "0")
    }

    @Test("a request that began before a logout does not bring the session back", arguments: Kind.remembered)
    func slowRequest(kind: Kind) async throws {
        let site = try site(kind)
        let visitor = try site.visitor()
        _ = await visitor.post("/login?user=ada")
        let other = try site.visitor()
        other.cookies = visitor.cookies
        site.gate.slow { _ = await other.post("/logout") }
        let slow = await visitor.post("/slow")
        #expect(slow.status == .ok)
        #expect(slow.setCookies.isEmpty)
        #expect(site.events.contains("gone"))
        #expect(await visitor.get("/").text == "[:] nil")
    }

    @Test("after a logout a message can be left for the next page, in a session of its own", arguments: Kind.allCases)
    func flashAfterLogout(kind: Kind) async throws {
        let visitor = try site(kind).visitor()
        _ = await visitor.post("/login?user=ada")
        let before = visitor.cookies["session"]
        _ = await visitor.post("/logout-with-flash")
        #expect(visitor.cookies["session"] != before)
        #expect(await visitor.get("/flashes").text == #"["Goodbye"]"#)
        #expect(await visitor.get("/flashes").text == "[]")
    }

    @Test(
        "the deletion cookie has the attributes of the cookie, no value and no time to live", arguments: Kind.allCases)
    func deletionCookie(kind: Kind) async throws {
        let site = try site(kind, isSecure: true) { sessions in
            sessions.cookie.path = "/"
            sessions.cookie.domain = "localhost.test"
            sessions.cookie.sameSite = .strict
            sessions.cookie.isPartitioned = true
        }
        let visitor = try site.visitor()
        #expect(await visitor.post("/logout").setCookies.isEmpty)
        let field = try #require(await visitor.post("/set?k=v").sessionCookie)
        var headers = HTTPFields()
        headers[.cookie] = "session=\(field.value)"
        let response = await visitor.post("/logout", headers: headers)
        #expect(
            response.headers[.setCookie]
                == "session=; Path=/; Domain=localhost.test; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; "
                + "HttpOnly; SameSite=Strict; Partitioned")
    }

    // MARK: Messages

    @Test("a message survives a redirect and other pages, and is handed out once", arguments: Kind.allCases)
    func flashes(kind: Kind) async throws {
        let visitor = try site(kind).visitor()
        _ = await visitor.post("/flash")
        _ = await visitor.get("/")
        _ = await visitor.get("/noop")
        #expect(await visitor.get("/flashes?keep=1").text == #"["Hello", "Goodbye"]"#)
        #expect(await visitor.get("/flashes").text == #"["Hello", "Goodbye"]"#)
        #expect(await visitor.get("/flashes").text == "[]")
    }

    // MARK: Too late

    @Test("a change after the session was written is an error", arguments: Kind.allCases)
    func committed(kind: Kind) async throws {
        let site = try site(kind)
        let visitor = try site.visitor()
        #expect(await visitor.post("/commit-early").status == .internalServerError)
        #expect(await visitor.get("/").text == #"["a": "1"] nil"#)
        let stream = await visitor.get("/late-in-stream")
        #expect(stream.text == "late: committed\n")
        #expect(await visitor.get("/").text == #"["a": "1"] nil"#)
        #expect(site.log.entries.contains { $0.level == .error && "\($0.message)".contains("after it was written") })
    }

    @Test("two tasks of a request get one session", arguments: Kind.allCases)
    func tasks(kind: Kind) async throws {
        let visitor = try site(kind).visitor()
        #expect(await visitor.post("/tasks").text == "20")
        #expect(await visitor.get("/").text == #"["n": 20] nil"#)
    }

    @Test("nothing of a session is left in memory after its request", arguments: Kind.allCases)
    func memory(kind: Kind) async throws {
        let held = Held()
        let site = try Site(kind) { router in
            router.get("/") { request in
                let session = try await request.session
                try session.increment("n")
                held.hold(session)
                return "held"
            }
        }
        let response = try await site.visitor().get("/")
        #expect(response.status == .ok)
        #expect(held.isGone)
    }

    @Test("a stream that asks for the session sees it and cannot change it", arguments: Kind.allCases)
    func stream(kind: Kind) async throws {
        let site = try site(kind)
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        #expect(await visitor.get("/asked-in-stream").text == "v, then committed")
        #expect(await visitor.get("/").text == #"["k": "v"] nil"#)
    }
}

/// Holds on to a session only as long as someone else does.
private final class Held: Sendable {
    private struct Reference {
        weak var session: Session?
    }

    private let reference = Mutex(Reference())

    func hold(_ session: Session) { reference.withLock { $0.session = session } }

    var isGone: Bool { reference.withLock { $0.session == nil } }
}
