import NestboxTesting
import Testing

@testable import Nestbox

@Suite("the table of routes", .timeLimit(.minutes(1)))
struct RouteTableTests {
    struct Guard: Middleware {
        func respond(to request: Request, next: any Responder) async throws -> Response {
            try await next.respond(to: request)
        }
    }

    private let table: RouteTable = {
        var router = Router()
        router.post("/birds") { _ in "" }
        router.get("/birds") { _ in "" }
        router.get("/birds/{name}") { _ in "" }
        router.any("/echo") { _ in "" }
        router.get("/files/{path...}") { _ in "" }
        router.group("/admin") { admin in
            admin.use(Guard())
            admin.delete("/users/{id}") { _ in "" }
        }
        return router.table
    }()

    @Test("is text in columns, by path and method, with the middleware of groups")
    func text() {
        #expect(
            table.text == """
                DELETE  /admin/users/{id}  Guard
                GET     /birds
                POST    /birds
                GET     /birds/{name}
                any     /echo
                GET     /files/{path...}

                """)
        #expect(RouteTable([]).text.isEmpty)
    }

    static let near: [(String, String)] = [
        ("/bird", "/birds"), ("/birds/", "/birds"), ("/Birds", "/birds"), ("/ecko", "/echo"),
        ("/admin/user/7", "/admin/users/{id}"), ("/file/a/b/c", "/files/{path...}"),
        ("/birds/wren/eggs", "/birds/{name}"),
    ]

    @Test("knows which routes are most like a path", arguments: near)
    func nearest(path: String, pattern: String) {
        #expect(table.nearest(to: path).first?.pattern == pattern)
    }

    @Test("names only so many, and none that share nothing")
    func limit() {
        #expect(table.nearest(to: "/birds", limit: 2).count == 2)
        #expect(table.nearest(to: "/zzzzzzzzzzzzzzzz/zzzzzzzzzzzzzzzzz").count < table.rows.count)
    }
}
