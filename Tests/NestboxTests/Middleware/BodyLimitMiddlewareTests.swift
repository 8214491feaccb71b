import HTTPTypes
import Nestbox
import NestboxTesting
import Testing

@Suite("limits of bodies by route", .timeLimit(.minutes(1)))
struct BodyLimitMiddlewareTests {
    private func client() throws -> TestClient {
        var router = Router()
        @Sendable func size(_ request: Request) async throws -> String { "\(try await request.body.collect().count)" }
        router.post("/usual", size)
        router.post("/ignored") { _ in "ignored" }
        router.use(BodyLimitMiddleware(10))
        router.post("/small", size)
        router.post("/form") { request in try await request.form()["a"] ?? "" }
        router.group("/large") { group in
            group.use(BodyLimitMiddleware(1000))
            group.post("", size)
        }
        router.group("/none") { group in
            group.use(BodyLimitMiddleware(0))
            group.post("", size)
        }
        var configuration = TestClient.Configuration()
        configuration.gateway.limits.body = 100
        return try TestClient(try Application(router: router), configuration)
    }

    @Test(
        "hold below and above the usual one, with and without a length",
        arguments: [("/usual", 100), ("/small", 10), ("/large", 1000), ("/none", 0)], [true, false])
    func limits(row: (String, Int), isDeclared: Bool) async throws {
        let (target, limit) = row
        let client = try client()
        for (count, status) in [(limit, 200), (limit + 1, 413), (limit + 5000, 413)] {
            let bytes = [UInt8](repeating: 120, count: count)
            let body: TestClient.Body = isDeclared ? .bytes(bytes) : .chunks([bytes, []])
            let response = await client.post(target, body: body)
            #expect(response.status.code == status, "\(count)")
            if status == 200 { #expect(response.text == "\(count)") }
        }
    }

    @Test("say how much is allowed")
    func message() async throws {
        #expect(
            try await client().post("/small", body: .text("0123456789x")).text
                == "The request body is larger than 10 bytes.\n")
    }

    @Test("count for forms, too")
    func forms() async throws {
        let client = try client()
        #expect(await client.post("/form", form: ["a": "12345678"]).text == "12345678")
        #expect(await client.post("/form", form: ["a": "123456789"]).status == .contentTooLarge)
    }

    @Test("what no route allows is refused before any handler")
    func beyond() async throws {
        let client = try client()
        #expect(await client.post("/ignored", body: .bytes([UInt8](repeating: 1, count: 1000))).status == .ok)
        #expect(
            await client.post("/ignored", body: .bytes([UInt8](repeating: 1, count: 1001))).status == .contentTooLarge)
    }
}
