import Nestbox
import NestboxTesting
import Testing

/// What the README shows, word for word but for its last line, which would serve.
private struct Hello {
    static func main() throws -> Application {
        var router = Router()
        router.get("/") { _ in "Hello from Nestbox\n" }
        router.get("/hello/{name}") { request in try "Hello, \(request.parameters.require("name"))\n" }
        return try Application(router: router)
    }
}

@Suite("an application of ten lines", .timeLimit(.minutes(1)))
struct TenLineApplicationTests {
    @Test("compiles with `import Nestbox` alone, and answers")
    func hello() async throws {
        let client = try TestClient(try Hello.main())
        #expect(await client.get("/").text == "Hello from Nestbox\n")
        #expect(await client.get("/hello/J%C3%BCrgen").text == "Hello, Jürgen\n")
        #expect(await client.get("/hello/").status == .notFound)
    }

    @Test("can return what handlers return")
    func results() async throws {
        var router = Router()
        router.get("/status") { _ in HTTPResponse.Status.accepted }
        router.get("/nothing") { _ in String?.none }
        router.get("/json") { _ in try Response.json(["a": 1]) }
        router.post("/echo") { request in try Response.json(try await request.decode([String: Int].self)) }
        let client = try TestClient(try Application(router: router))
        #expect(await client.get("/status").status == .accepted)
        #expect(await client.get("/nothing").status == .noContent)
        #expect(try await client.get("/json").decode() == ["a": 1])
        #expect(try await client.post("/echo", json: ["b": 2]).decode() == ["b": 2])
        let refused = try await client.post("/echo", json: ["b": "x"])
        #expect(refused.status == .unprocessableContent)
        #expect(try refused.decode() == ["error": "b: must be a whole number."])
        #expect(try await client.post("/echo", form: ["b": "2"]).decode() == ["b": 2])
        #expect(await client.post("/echo", body: .text("b=2")).status == .unsupportedMediaType)
    }
}
