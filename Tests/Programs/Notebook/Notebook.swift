import Glibc
import Nestbox

/// A program whose visitors leave words and numbers in their session, which is kept as the configuration says.
///
/// For the tests of sessions behind real servers.
@main
struct Notebook {
    static func main() throws {
        var router = Router()
        router.get("/") { request in try await Overview(request.session) }
        router.get("/noop") { _ in "nothing\n" }
        router.addChanges()
        router.addUnusualChanges()
        router.post("/login/{user}") { request in
            try await request.session.login(try request.parameters.require("user"))
            return "in\n"
        }
        router.post("/logout") { request in
            try await request.session.logout()
            return "out\n"
        }
        if let path = getenv("NOTEBOOK_RATES").map({ String(cString: $0) }) {
            router.group("/limited") { limited in
                let store: RateLimitStore = path == "memory" ? .memory : .file(path)
                limited.use(RateLimitMiddleware(10, per: .seconds(36_000), store: store))
                limited.get("") { _ in "allowed\n" }
            }
        }
        var app = try Application(router: router)
        app.useSessions()
        try app.run()
    }
}

extension Router {
    fileprivate mutating func addChanges() {
        post("/set/{key}/{value}") { request in
            try await request.session[request.key] = .string(try request.parameters.require("value"))
            return "set\n"
        }
        post("/increment/{key}") { request in
            "\(try await request.session.increment(request.key))\n"
        }
        post("/add/{key}") { request in
            // Reads, thinks and writes: right only when nobody gets between.
            let session = try await request.session
            let number = session.get(try request.key, default: 0)
            await Task.yield()
            session[try request.key] = .int(Int64(number) + 1)
            return "\(number + 1)\n"
        }
    }

    fileprivate mutating func addUnusualChanges() {
        post("/fill/{key}/{count}") { request in
            let count = try request.parameters.require("count", as: Int.self)
            guard (0...(4 << 20)).contains(count) else { throw HTTPError(.badRequest) }
            try await request.session[request.key] = .string(text(count))
            return "filled\n"
        }
        post("/write/{number}") { request in
            // Sessions of many sizes, whose parts belong together.
            let number = try request.parameters.require("number", as: Int.self)
            let session = try await request.session
            try session.increment("count")
            session["last"] = .string("\(number):" + String(repeating: "x", count: max(0, number % 3000)))
            return "written\n"
        }
        post("/mark") { request in
            // What is in no target of a request, and so in no log.
            try await request.session["mark"] = "MARKER-7f3a9c51e2"
            return "marked\n"
        }
        post("/mark-and-fail") { request -> String in
            try await request.session["other"] = "MARKER-7f3a9c51e2"
            throw Failure()
        }
        post("/wait/{key}/{value}") { request in
            let session = try await request.session
            try Gate.pass()
            session[try request.key] = .string(try request.parameters.require("value"))
            return "waited\n"
        }
    }
}

private struct Failure: Error {}

/// Letters that are the same each time and hard to compress.
private func text(_ count: Int) -> String {
    var state: UInt32 = 1
    return String(
        decoding: (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(ascii: "a") + UInt8(state >> 24) % 26
        }, as: UTF8.self)
}

private struct Overview: Encodable, ResponseConvertible {
    var data: [String: SessionValue]
    var user: String?
    var isNew: Bool

    init(_ session: Session) {
        (data, user, isNew) = (session.dictionary, session.user, session.isNew)
    }

    func response(to request: Request) throws -> Response { try .json(self) }
}

extension Request {
    fileprivate var key: String {
        get throws { try parameters.require("key") }
    }
}

/// Two pipes with names below `NOTEBOOK_GATE`: a request says in one that it has come, and waits at the other.
private enum Gate {
    static func pass() throws {
        guard let directory = getenv("NOTEBOOK_GATE").map({ String(cString: $0) }) else { throw Failure() }
        var byte: UInt8 = 1
        let arrived = open("\(directory)/arrived", O_WRONLY | O_CLOEXEC)
        guard arrived >= 0 else { throw Failure() }
        defer { close(arrived) }
        guard write(arrived, &byte, 1) == 1 else { throw Failure() }
        let gate = open("\(directory)/gate", O_RDONLY | O_CLOEXEC)
        guard gate >= 0 else { throw Failure() }
        defer { close(gate) }
        // The test holds the other end: it writes, or goes.
        _ = read(gate, &byte, 1)
    }
}
