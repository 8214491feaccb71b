import Nestbox

@main
struct Login {
    static func main() throws {
        let users = Users()
        let csrf = CSRFMiddleware()
        var router = Router()

        router.group("/login") { login in
            // Who guesses passwords waits, before anything is read. Sharing the count among processes, or as CGI, needs a file: `store: .file(…)`.
            login.use(RateLimitMiddleware(10, per: .seconds(60)))
            login.use(csrf)
            login.post("") { request in
                let form = try await request.form()
                let session = try await request.session
                let name = form["name"] ?? ""
                guard try await users.accept(name, password: form["password"] ?? "") else {
                    // A name goes into the session, which may be a cookie: not at any length.
                    try session.flash("name", .string(String(name.prefix(100))))
                    try session.flash("error", "Wrong name or password.")
                    return try request.redirect(to: "/login")
                }
                // Under a new id: the one from before the login may be known to someone else.
                try session.login(name)
                if form["remember"] != nil { try session.remember() }
                return try request.redirect(to: "/")
            }
        }

        router.use(csrf)

        router.get("/") { request in
            guard let user = try await request.session.user else { return try request.redirect(to: "/login") }
            return try await Pages.member(user, request)
        }

        router.get("/login") { request in
            let session = try await request.session
            func message(_ category: String) throws -> String? {
                if case .string(let text)? = try session.flashes(category).last { text } else { nil }
            }
            return try await Pages.login(
                name: message("name") ?? "", error: message("error"), notice: message("notice"), request)
        }

        router.post("/logout") { request in
            let session = try await request.session
            try session.logout()
            try session.flash("notice", "You are logged out.")
            return try request.redirect(to: "/login")
        }

        router.post("/logout/everywhere") { request in
            let session = try await request.session
            try await session.revokeAll()
            try session.flash("notice", "You are logged out everywhere.")
            return try request.redirect(to: "/login")
        }

        var app = try Application(router: router, middleware: [SecurityHeadersMiddleware()])
        app.useSessions()
        try app.run()
    }
}
