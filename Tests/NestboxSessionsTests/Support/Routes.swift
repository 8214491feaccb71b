import HTTPTypes
import Nestbox
import NestboxSessions

/// An error with a response of its own.
private struct Teapot: ResponseError {
    func response(to request: Request) -> Response { .text("teapot", status: .init(code: 418)) }
}

private struct Crash: Error {}

extension Router {
    /// Routes that do to the session what their paths say.
    mutating func addRoutes() {
        get("/noop") { _ in "nothing" }
        get("/") { request in
            let session = try await request.session
            let values = session.keys.map { "\($0.debugDescription): \(Self.text(session[$0]))" }
            return "[\(values.isEmpty ? ":" : values.joined(separator: ", "))] \(session.user ?? "nil")"
        }
        post("/set") { request in
            for (name, value) in try request.query.map({ ($0.name, $0.value) }) {
                try await request.session[name] = .string(value)
            }
            return "set"
        }
        addLogins()
        addFailures()
        addFields()
        addMessages()
        addLateChanges()
    }

    private static func text(_ value: SessionValue?) -> String {
        switch value {
        case .string(let text)?: text.debugDescription
        case .int(let number)?: "\(number)"
        default: "?"
        }
    }

    private mutating func addLogins() {
        post("/login") { request in
            try await request.session.login(try request.query["user"] ?? "")
            return "in"
        }
        post("/logout") { request in
            try await request.session.logout()
            return "out"
        }
        post("/logout-with-flash") { request in
            let session = try await request.session
            try session.logout()
            try session.flash("message", "Goodbye")
            return "out"
        }
        post("/logout-and-crash") { request -> String in
            try await request.session.logout()
            throw Crash()
        }
        post("/logout-and-fail") { request in
            try await request.session.logout()
            return HTTPResponse.Status.internalServerError
        }
        post("/remember") { request in
            try await request.session.remember()
            return "remembered"
        }
        post("/rotate") { request in
            try await request.session.rotateID()
            return "renewed"
        }
    }

    private mutating func addFailures() {
        post("/status/{code}") { request in
            try await request.session["touched"] = true
            return HTTPResponse.Status(code: try request.parameters.require("code", as: Int.self))
        }
        post("/throw/{code}") { request -> String in
            try await request.session["touched"] = true
            throw HTTPError(.init(code: try request.parameters.require("code", as: Int.self)))
        }
        post("/crash") { request -> String in
            try await request.session["touched"] = true
            throw Crash()
        }
        post("/own-error") { request -> String in
            try await request.session["touched"] = true
            throw Teapot()
        }
    }

    private mutating func addFields() {
        post("/fields") { request in
            try await request.session["touched"] = true
            var response = Response.text("fields")
            response.headers[.vary] = "Accept"
            response.headers[.cacheControl] = "private, max-age=5"
            response.setCookie(try Cookie(name: "mine", value: "1"))
            return response
        }
        get("/vary-all") { request in
            _ = try await request.session
            var response = Response.text("fields")
            response.headers[.vary] = "*"
            return response
        }
    }

    private mutating func addMessages() {
        post("/flash") { request in
            let session = try await request.session
            try session.flash("message", "Hello")
            try session.flash("message", "Goodbye")
            try session.flash("other", 1)
            return try Response.redirect(to: "/flashes")
        }
        get("/flashes") { request in
            let session = try await request.session
            let flashes = try session.flashes("message")
            if try request.query["keep"] != nil { try session.keepFlashes() }
            return "[\(flashes.map { Self.text($0) }.joined(separator: ", "))]"
        }
    }

    private mutating func addLateChanges() {
        post("/commit-early") { request in
            let session = try await request.session
            session["a"] = "1"
            try await session.commit()
            session["b"] = "dropped"
            try session.remove("a")
            return "never"
        }
        get("/late-in-stream") { request in
            let session = try await request.session
            return Response.stream { body in
                do throws(SessionError) {
                    try session.increment("n")
                } catch {
                    try await body.write("late: \(error.code == .committed ? "committed" : "other")\n")
                }
            }
        }
        get("/asked-in-stream") { request in
            Response.stream { body in
                try await body.write("\(try await request.session.get("k", default: "nothing")), ")
                do {
                    try await request.session.increment("n")
                } catch let error as SessionError where error.code == .committed {
                    try await body.write("then committed")
                }
            }
        }
        post("/tasks") { request in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { try await request.session.increment("n") } }
                try await group.waitForAll()
            }
            return "\(try await request.session.get("n", default: 0))"
        }
    }
}
