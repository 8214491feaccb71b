import Glibc
import Nestbox

extension Router {
    /// The four kinds of sessions.
    /// - Parameter directory: Where those on the server are kept; else below the directory for temporary files.
    mutating func addSessions(_ directory: String?) throws {
        var sessions = try SessionConfiguration(
            secret: getenv("CONFORMANCE_SECRET").map { String(cString: $0) } ?? "conformance-secret-0123456789")
        // The tests of other projects have short secrets, and no lifetime.
        sessions.allowsWeakSecrets = true
        sessions.protection = .signed
        sessions.compatibility = .blackSheep
        sessions.maxAge = nil
        addSessionRoutes("/session", try SessionMiddleware(sessions))
        var short = sessions
        short.maxAge = 2
        addSessionRoutes("/session-short", try SessionMiddleware(short))
        var server = sessions
        server.store = .file
        server.file.directory = directory ?? "/tmp/nestbox-conformance-\(geteuid())"
        addSessionRoutes("/session-server", try SessionMiddleware(server))
        var strict = sessions
        strict.cookie.name = "sid2"
        strict.cookie.path = "/session-strict"
        strict.cookie.secure = .true
        strict.cookie.sameSite = .strict
        strict.maxAge = 3600
        addSessionRoutes("/session-strict", try SessionMiddleware(strict))
    }

    /// The routes of one kind of session, below a path of its own.
    mutating func addSessionRoutes(_ path: String, _ sessions: SessionMiddleware) {
        group(path) { routes in
            routes.use(sessions)
            routes.get("") { request in
                let session = try await request.session
                return try Response.json(
                    Overview(data: session.dictionary, id: session.key, isNew: session.isNew))
            }
            routes.get("/noop") { _ in "nothing\n" }
            routes.get("/read") { request in
                let value = try await request.session[try request.key]
                return try Response.json(["value": value ?? .null])
            }
            routes.addSessionChanges()
            routes.addSessionLifecycle()
            routes.addSessionResponses()
        }
    }

    private mutating func addSessionChanges() {
        post("/set") { request in
            let values = try await request.decode([String: SessionValue].self)
            let session = try await request.session
            try session.update(values)
            return try Response.json(["data": session.dictionary])
        }
        post("/incr") { request in
            try Response.json(["value": await request.session.increment(try request.key)])
        }
        post("/delete") { request in
            let session = try await request.session
            try session.remove(try request.key)
            return try Response.json(["data": session.dictionary])
        }
        post("/clear") { request in
            let session = try await request.session
            try session.clear()
            return try Response.json(["data": session.dictionary])
        }
        post("/flash") { request in
            let query = try request.query
            try await request.session.flash(query["category"] ?? "", .string(query["message"] ?? ""))
            return "kept\n"
        }
        get("/flashes") { request in
            let session = try await request.session
            let flashes = session.allFlashes
            for category in Set(flashes.map(\.category)) { _ = try session.flashes(category) }
            return try Response.json(["flashes": flashes.map { [.string($0.category), $0.value] as SessionValue }])
        }
    }

    private mutating func addSessionLifecycle() {
        post("/destroy") { request in
            try await request.session.destroy()
            return "destroyed\n"
        }
        post("/regenerate") { request in
            try await request.session.rotateID()
            return "renewed\n"
        }
        post("/login") { request in
            try await request.session.login(try request.query["user"] ?? "")
            return "logged in\n"
        }
    }

    private mutating func addSessionResponses() {
        post("/set-and-fail") { request -> String in
            try await request.setSessionFromQuery()
            throw SecretDetail()
        }
        post("/set-and-redirect") { request in
            try await request.setSessionFromQuery()
            return try Response.redirect(to: "/session")
        }
        post("/set-and-stream") { request in
            try await request.setSessionFromQuery()
            return Response.stream(type: "text/plain") { body in
                for index in 0..<3 { try await body.write("chunk \(index)\n") }
            }
        }
        post("/set-two-cookies") { request in
            try await request.session["two"] = 2
            var response = Response.text("two cookies\n")
            response.setCookie(try Cookie(name: "other", value: "1"))
            return response
        }
    }
}

private struct Overview: Encodable {
    var data: [String: SessionValue]
    var id: String?
    var isNew: Bool
}

extension Request {
    fileprivate var key: String {
        get throws {
            guard let key = try query["key"] else { throw HTTPError(.badRequest, "The query has no key.") }
            return key
        }
    }

    fileprivate func setSessionFromQuery() async throws {
        try await session[try key] = .string(try query["value"] ?? "")
    }
}
