import HTTPTypes
import Nestbox
import NestboxTesting
import Testing

@Suite("sharing with other origins", .timeLimit(.minutes(1)))
struct CORSMiddlewareTests {
    private static let allowed = ["https://app.example", "http://localhost:3000"]

    private func client(_ cors: CORSMiddleware, inGroup: Bool = false) throws -> TestClient {
        var router = Router()
        func add(_ router: inout Router) {
            router.get("/data") { _ in "data" }
            router.put("/data") { _ in "put" }
            router.get("/fails") { _ -> String in throw TestingError(.closed, "inside") }
            router.get("/varied") { _ in Response(headers: [.vary: "Accept, Cookie"], body: .string("x")) }
        }
        if inGroup {
            router.group("") { group in
                group.use(cors); add(&group)
            }
        } else {
            add(&router)
        }
        return try TestClient(try Application(router: router, middleware: inGroup ? [] : [cors]))
    }

    private func preflight(_ client: TestClient, _ target: String, origin: String, method: String = "PUT") async
        -> TestResponse
    {
        await client.send(
            .options, target,
            variables: [
                "HTTP_ORIGIN": origin, "HTTP_ACCESS_CONTROL_REQUEST_METHOD": method,
                "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "content-type",
            ])
    }

    private func names(_ response: TestResponse) -> Set<String> {
        Set(response.headers.map(\.name.canonicalName).filter { $0.hasPrefix("access-control-") })
    }

    @Test(
        "a preflight of an allowed origin is answered, whatever is at the path", arguments: allowed,
        ["/data", "/fails", "/nowhere"])
    func preflights(origin: String, target: String) async throws {
        let client = try client(
            try CORSMiddleware(origins: .exactly(Self.allowed), allowsCredentials: true, maxAge: 60))
        let response = await preflight(client, target, origin: origin)
        #expect(response.status == .noContent)
        #expect(response.headers[.accessControlAllowOrigin] == origin)
        #expect(response.headers[.accessControlAllowCredentials] == "true")
        #expect(response.headers[.accessControlAllowMethods] == "GET, HEAD, POST, PUT, PATCH, DELETE")
        #expect(response.headers[.accessControlAllowHeaders] == "Content-Type, Authorization, X-CSRF-Token")
        #expect(response.headers[.accessControlMaxAge] == "60")
        #expect(response.headers[.vary] == "Origin")
    }

    static let strangers = [
        "https://evil.example", "https://app.example.evil", "https://evilapp.example", "https://sub.app.example",
        "http://app.example",
        "https://app.example:8443", "https://app.example@evil.example", "null", "https://app.example/",
        "http://localhost",
        "https://app.example, https://evil.example", "*", "https://APP.example.evil",
    ]

    @Test("any other origin is told nothing, and its preflight is refused", arguments: strangers)
    func stranger(origin: String) async throws {
        let client = try client(try CORSMiddleware(origins: .exactly(Self.allowed), allowsCredentials: true))
        let asked = await preflight(client, "/data", origin: origin)
        #expect(asked.status == .forbidden)
        #expect(names(asked).isEmpty && asked.headers[.vary] == "Accept, Origin")
        let read = await client.send(.get, "/data", variables: ["HTTP_ORIGIN": origin])
        #expect(read.text == "data")
        #expect(names(read).isEmpty && read.headers[.vary] == "Origin")
    }

    @Test(
        "an allowed origin reads responses and errors",
        arguments: [("/data", 200), ("/nowhere", 404), ("/fails", 500), ("/../data", 400)])
    func read(target: String, status: Int) async throws {
        let exposed = try #require(HTTPField.Name("X-Total"))
        let client = try client(try CORSMiddleware(origins: ["https://app.example"], exposes: [exposed, .eTag]))
        let response = await client.send(.get, target, variables: ["HTTP_ORIGIN": "https://app.example"])
        #expect(response.status.code == status)
        #expect(names(response) == ["access-control-allow-origin", "access-control-expose-headers"])
        #expect(response.headers[.accessControlExposeHeaders] == "X-Total, ETag")
        #expect(response.headers[.vary] == (status == 200 ? "Origin" : "Accept, Origin"))
    }

    @Test("a preflight that is refused is not answered as if it were allowed")
    func refused() async throws {
        let client = try client(try CORSMiddleware(origins: ["https://app.example"]))
        let response = await preflight(client, "/../data", origin: "https://app.example")
        #expect(response.status == .badRequest)
        #expect(response.headers[.accessControlAllowOrigin] == "https://app.example")
        #expect(response.headers[.accessControlAllowMethods] == nil)
    }

    @Test("requests without an origin get no field but Vary")
    func sameOrigin() async throws {
        let client = try client(try CORSMiddleware(origins: ["https://app.example"]))
        let response = await client.get("/data")
        #expect(names(response).isEmpty)
        #expect(response.headers[.vary] == "Origin")
        #expect(await client.get("/varied").headers[values: .vary] == ["Accept, Cookie, Origin"])
        // OPTIONS that is no preflight is the router's.
        #expect(await client.send(.options, "/data").headers[.allow] == "GET, HEAD, OPTIONS, PUT")
    }

    @Test("any origin reads without credentials, and the answer is the same for all")
    func any() async throws {
        let client = try client(try CORSMiddleware(origins: .any))
        for origin in ["https://evil.example", "null", ""] {
            let response = await client.send(.get, "/data", variables: ["HTTP_ORIGIN": origin])
            #expect(names(response) == ["access-control-allow-origin"])
            #expect(response.headers[.accessControlAllowOrigin] == "*")
            #expect(response.headers[.vary] == nil)
        }
        #expect(await preflight(client, "/data", origin: "https://evil.example").status == .noContent)
        #expect(throws: CORSMiddleware.ConfigurationError.self) {
            try CORSMiddleware(origins: .any, allowsCredentials: true)
        }
        #expect(throws: InvalidOriginError.self) { try CORSMiddleware(origins: ["app.example"]) }
    }

    @Test("a group's middleware answers the preflights of its routes, too")
    func group() async throws {
        let client = try client(try CORSMiddleware(origins: ["https://app.example"]), inGroup: true)
        let response = await preflight(client, "/data", origin: "https://app.example")
        #expect(response.status == .noContent)
        #expect(response.headers[.accessControlAllowMethods] != nil)
        #expect(response.headers[.accessControlAllowOrigin] == "https://app.example")
        // For a method that has no route, any route's will do.
        #expect(
            await preflight(client, "/data", origin: "https://app.example", method: "DELETE").headers[
                .accessControlAllowOrigin] != nil)
        #expect(await preflight(client, "/data", origin: "https://evil.example").status == .forbidden)
    }
}
