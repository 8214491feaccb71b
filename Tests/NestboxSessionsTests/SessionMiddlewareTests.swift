import HTTPTypes
import InMemoryLogging
import Logging
import Nestbox
import NestboxSessions
import NestboxTesting
import Testing

@Suite("the session layer", .timeLimit(.minutes(1)))
struct SessionMiddlewareTests {
    private let clock = TestClock()

    private func layer(_ name: String, store: any SessionStore) throws -> SessionMiddleware {
        var configuration = SessionConfiguration()
        configuration.cookie.name = name
        return try SessionMiddleware(configuration, store: store, clock: clock.sessionClock)
    }

    private func memory() -> MemorySessionStore { MemorySessionStore(clock: clock.sessionClock) }

    @Test("two layers with one cookie behind each other are refused at the start")
    func twice() throws {
        var router = Router()
        router.use(try layer("session", store: memory()))
        router.get("/") { _ in "page" }
        var application = try Application(router: router)
        application.useSessions(try layer("session", store: memory()))
        let error = try #require(throws: SessionConfigurationError.self) { try TestClient(application) }
        #expect(error.key == "cookie.name")
        #expect(error.description.contains("session.cookie.name=session"))
    }

    /// Routes that use the session of their layer.
    private func addRoutes(_ router: inout Router) {
        router.post("/set") { request in
            try await request.session["k"] = .string(try request.query["v"] ?? "")
            return "set"
        }
        router.get("/") { request in "\(try await request.session.get("k", default: "none"))" }
    }

    @Test("layers with different cookies are independent")
    func independent() async throws {
        var router = Router()
        addRoutes(&router)
        let inner = try layer("inner", store: memory())
        router.group("/inner") { group in
            group.use(inner)
            addRoutes(&group)
        }
        var application = try Application(router: router)
        application.useSessions(try layer("outer", store: memory()))
        let client = try TestClient(application)
        #expect(await client.post("/set?v=1").setCookies.map(\.name) == ["outer"])
        #expect(await client.get("/inner/").text == "none")
        #expect(await client.post("/inner/set?v=2").setCookies.map(\.name) == ["inner"])
        #expect(await client.get("/").text == "1")
        #expect(await client.get("/inner/").text == "2")
    }

    @Test("each of two layers sweeps its store, and what else is to be done afterwards is done")
    func sweeps() async throws {
        let (innerStore, outerStore) = (memory(), memory())
        for store in [innerStore, outerStore] {
            _ = try await store.create(
                SessionRecord(values: ["a": 1], createdAt: clock.now, expiresAt: clock.now + 1))
        }
        let outer = try layer("outer", store: outerStore)
        let inner = try layer("inner", store: innerStore)
        var router = Router()
        router.use(Toucher())
        router.use(inner)
        addRoutes(&router)
        var application = try Application(router: router)
        application.useSessions(outer)
        let client = try TestClient(application)
        clock.advance(by: 30)
        _ = await client.get("/")
        #expect([innerStore.count, outerStore.count] == [1, 1])
        clock.advance(by: 30)
        _ = await client.get("/")
        #expect([innerStore.count, outerStore.count] == [0, 0])
    }

    /// Changes the session of the layer in front of it.
    private struct Toucher: Middleware {
        func respond(to request: Request, next: any Responder) async throws -> Response {
            if request.method == .post { try await request.session.increment("touched") }
            _ = try await request.session
            return try await next.respond(to: request)
        }
    }

    private struct Teapot: ResponseError {
        func response(to request: Request) -> Response { .text("teapot", status: .init(code: 418)) }
    }

    @Test("both layers keep changes when a 4xx is thrown", arguments: [true, false])
    func thrown(isHTTPError: Bool) async throws {
        var router = Router()
        router.use(Toucher())
        router.use(try layer("inner", store: memory()))
        router.post("/teapot") { request -> String in
            try await request.session["k"] = 1
            throw isHTTPError ? HTTPError(.init(code: 418)) : Teapot()
        }
        var application = try Application(router: router)
        application.useSessions(try layer("outer", store: memory()))
        let response = try await TestClient(application).post("/teapot")
        #expect(response.status.code == 418)
        #expect(response.setCookies.map(\.name).sorted() == ["inner", "outer"])
        #expect(response.headers[.cacheControl] == "no-store")
        #expect((response.error is Teapot) != isHTTPError)
    }

    @Test("a route without a session layer is 500, and the log says what to do")
    func missing() async throws {
        var router = Router()
        addRoutes(&router)
        let log = InMemoryLogHandler()
        var configuration = TestClient.Configuration()
        configuration.logger = Logger(label: "test") { _ in log }
        let response = try await TestClient(try Application(router: router), configuration).get("/")
        #expect(response.status == .internalServerError)
        #expect((response.error as? SessionError)?.code == .notEnabled)
        #expect(!response.text.contains("useSessions"))
        #expect(log.entries.contains { $0.level == .error && "\($0.message)".contains("app.useSessions()") })
    }

    @Test("a list of sessions is refused by a store that has none", arguments: Kind.allCases)
    func siblings(kind: Kind) async throws {
        let site = try Site(kind) { router in
            router.addRoutes()
            router.get("/siblings") { request in "\(try await request.session.siblings().count)" }
        }
        let visitor = try site.visitor()
        _ = await visitor.post("/login?user=ada")
        let response = await visitor.get("/siblings")
        if Kind.remembered.contains(kind) {
            #expect(response.text == "1")
        } else {
            #expect((response.error as? SessionError)?.code == .unsupported)
        }
    }
}
