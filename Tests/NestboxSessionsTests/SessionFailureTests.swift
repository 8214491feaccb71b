import HTTPTypes
import InMemoryLogging
import Nestbox
import NestboxSessions
import NestboxTesting
import Testing

@Suite("sessions whose store is out of order", .timeLimit(.minutes(1)))
struct SessionFailureTests {
    private let store = FaultyStore(MemorySessionStore())

    private func site(_ change: (inout SessionConfiguration) -> Void = { _ in }) throws -> Site {
        try Site(.memory, change, store: { _ in store }) { $0.addRoutes() }
    }

    static let requests: [(FaultyStore.Operation, String)] = [
        (.load, "/set?k=w"), (.update, "/set?k=w"), (.touch, "/keep"), (.rotate, "/rotate"),
        (.rotate, "/login?user=eve"), (.delete, "/logout"),
    ]

    private func siteWithIdleTimeout() throws -> Site {
        try Site(.memory, { $0.idleTimeout = 100 }, store: { _ in store }) { router in
            router.addRoutes()
            router.post("/keep") { request in "\(try await request.session.count)" }
        }
    }

    @Test("what fails in the store is 503 without a cookie, and logged", arguments: requests)
    func failures(operation: FaultyStore.Operation, path: String) async throws {
        let site = try siteWithIdleTimeout()
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        let cookie = visitor.cookies["session"]
        site.clock.advance(by: 50)
        store.fail([operation])
        let response = await visitor.post(path)
        #expect(response.status == .serviceUnavailable, "\(response)")
        #expect(response.setCookies.isEmpty)
        #expect(store.calls.last == operation)
        #expect(site.events.last == "store_error")
        #expect(site.log.entries.contains { $0.level == .error && "\($0.message)".contains("\(operation) fails") })
        #expect(visitor.cookies["session"] == cookie)
        store.fail([])
        #expect(await visitor.get("/").text == #"["k": "v"] nil"#)
    }

    @Test("a new session that cannot be stored is 503 without a cookie", arguments: [false, true])
    func creation(isTolerant: Bool) async throws {
        let site = try site { $0.onStoreFailure = isTolerant ? .anonymous : .error }
        store.fail([.create])
        let response = await (try site.visitor()).post("/set?k=v")
        #expect(response.status == .serviceUnavailable)
        #expect(response.setCookies.isEmpty)
        #expect(site.events.last == "store_error")
    }

    @Test("pages without a session go on")
    func untouched() async throws {
        let site = try site()
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        store.fail(Set(FaultyStore.Operation.allCases))
        #expect(await visitor.get("/noop").status == .ok)
        #expect(await visitor.get("/").status == .serviceUnavailable)
    }

    @Test("an anonymous session takes the place of one that cannot be read, and nothing of it is kept")
    func anonymous() async throws {
        let site = try site { $0.onStoreFailure = .anonymous }
        let visitor = try site.visitor()
        _ = await visitor.post("/login?user=ada")
        store.fail([.load])
        for path in ["/set?k=v", "/logout", "/login?user=eve", "/flash", "/rotate"] {
            let response = await visitor.post(path)
            #expect(response.status.code < 400, "\(path): \(response)")
            #expect(response.setCookies.isEmpty, "\(path)")
        }
        #expect(await visitor.get("/").text == "[:] nil")
        #expect(site.events.contains("store_error"))
        store.fail([])
        #expect(await visitor.get("/").text == "[:] ada")
    }

    @Test("an error of the handler is not hidden by one of the store")
    func both() async throws {
        let site = try site()
        let visitor = try site.visitor()
        _ = await visitor.post("/login?user=ada")
        store.fail([.delete, .update])
        #expect(await visitor.post("/logout-and-crash").status == .internalServerError)
        // What was to be kept with a 4xx is not, so that this is no 4xx.
        #expect(await visitor.post("/throw/403").status == .serviceUnavailable)
    }

    @Test("a session that is too large is 500, and the old one stays", arguments: Kind.allCases)
    func tooLarge(kind: Kind) async throws {
        let site = try Site(kind, { $0.maxBytes = 900 }) { router in
            router.addRoutes()
            router.post("/large") { request in
                // What is random cannot be compressed.
                let text = (0..<250).map { _ in String(UInt32.random(in: 1 << 31 ... .max), radix: 16) }.joined()
                try await request.session["large"] = .string(text)
                return "large"
            }
        }
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        let response = await visitor.post("/large")
        #expect(response.status == .internalServerError)
        #expect(response.setCookies.isEmpty)
        #expect(site.events.contains("too_large"))
        #expect(site.log.entries.contains { "\($0.message)".contains(#""large" (2002)"#) })
        #expect(await visitor.get("/").text == #"["k": "v"] nil"#)
    }
}
