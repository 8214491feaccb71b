import Nestbox

@main
struct Login {
    static func main() throws {
        let users = Users()
        var router = Router()

        router.get("/") { request in
            guard let user = try await request.session.user else { return try Response.redirect(to: "/login") }
            return Pages.member(user)
        }

        router.get("/login") { request in
            let session = try await request.session
            func message(_ category: String) throws -> String? {
                if case .string(let text)? = try session.flashes(category).last { text } else { nil }
            }
            return try Pages.login(name: message("name") ?? "", error: message("error"), notice: message("notice"))
        }

        // The forms have no token against forgery: the session's cookie is SameSite=Lax, so browsers do not send it with
        // a POST from another site. What a site can do is post to /login and log a visitor in as someone else.
        router.post("/login") { request in
            let form = try await request.form()
            let session = try await request.session
            let name = form["name"] ?? ""
            // How often may be tried is the web server's part: limit_req of nginx.
            guard try await users.accept(name, password: form["password"] ?? "") else {
                // A name goes into the session, which may be a cookie: not at any length.
                try session.flash("name", .string(String(name.prefix(100))))
                try session.flash("error", "Wrong name or password.")
                return try Response.redirect(to: "/login")
            }
            // Under a new id: the one from before the login may be known to someone else.
            try session.login(name)
            if form["remember"] != nil { try session.remember() }
            return try Response.redirect(to: "/")
        }

        router.post("/logout") { request in
            let session = try await request.session
            try session.logout()
            try session.flash("notice", "You are logged out.")
            return try Response.redirect(to: "/login")
        }

        router.post("/logout/everywhere") { request in
            let session = try await request.session
            try await session.revokeAll()
            try session.flash("notice", "You are logged out everywhere.")
            return try Response.redirect(to: "/login")
        }

        var app = try Application(router: router)
        app.useSessions()
        try app.run()
    }
}
