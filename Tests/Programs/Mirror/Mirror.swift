import Glibc
import Nestbox

/// A program that shows requests as they arrive, and gives each kind of answer.
///
/// For the tests of web servers: it runs wherever they start or reach it.
@main
struct Mirror {
    static func main() throws {
        var router = Router()
        router.any("/", Reflection.init)
        router.any("/{path...}", Reflection.init)

        router.get("/answers/document") { request in "document \(request.basePath) \(request.queryString)\n" }
        router.get("/answers/redirect") { request in try request.redirect(to: "/a b", query: ["x": 1]) }
        router.get("/answers/local") { request in
            try Response.localRedirect(to: request.query.first { $0.name == "to" }?.value ?? "/")
        }
        router.post("/answers/early") { _ in "early\n" }
        router.get("/answers/missing") { _ -> Response in
            throw HTTPError(.notFound, "The application has none.")
        }
        router.get("/answers/fields/{count}/{size}") { request in
            var response = Response.text("fields\n")
            for index in 0..<(try request.parameters.require("count", as: Int.self)) {
                let value = String(repeating: "x", count: try request.parameters.require("size", as: Int.self))
                try response.addHeader("X-Large-\(index)", value)
            }
            return response
        }
        // What is after `gate=` is a FIFO; what is written to it lets the answer go on.
        router.get("/answers/stream") { request in
            let gate = String(request.queryString.dropFirst("gate=".count))
            return Response.stream(type: "text/plain") { body in
                try await body.write("first\n")
                Self.wait(for: gate)
                try await body.write("last\n")
            }
        }
        router.get("/answers/events") { request in
            let gate = String(request.queryString.dropFirst("gate=".count))
            return Response.events { events in
                try await events.send(ServerSentEvent(data: "first"))
                Self.wait(for: gate)
                try await events.send(ServerSentEvent(data: "last"))
            }
        }
        router.get("/answers/heartbeats") { _ in
            Response.events(heartbeat: .milliseconds(200)) { _ in try await Task.sleep(for: .seconds(60)) }
        }
        let broken = { @Sendable (length: Int?) in
            Response.stream(type: "text/plain", length: length) { body in
                try await body.write("first\n")
                throw HTTPError(.internalServerError)
            }
        }
        router.get("/answers/broken") { _ in broken(nil) }
        router.get("/answers/broken/{length}") { request in
            broken(try request.parameters.require("length", as: Int.self))
        }
        if let folder = getenv("MIRROR_FILES").map({ String(cString: $0) }) {
            let root = FileRoot(folder)
            router.get("/answers/files/{name}") { request in
                try await Response.file(try request.parameters.require("name"), in: root, for: request)
            }
        }
        try Application(router: router).run()
    }

    private static func wait(for gate: String) {
        let file = open(gate, O_RDONLY | O_CLOEXEC)
        var byte: UInt8 = 0
        _ = read(file, &byte, 1)
        close(file)
    }
}
