import Configuration
import FoundationEssentials
import Nestbox

@main
struct Guestbook {
    static func main() throws {
        let configuration = try ApplicationConfiguration(options: [
            .init("database", "The file of the entries. Default: guestbook.sqlite beside the program."),
            .init("entriesPerMinute", "How many entries a visitor may write in a minute. Default: 10."),
        ])
        let perMinute = configuration.reader.int(forKey: "entriesPerMinute", default: 10)
        let entries = try Entries(path: configuration.path("database", default: "guestbook.sqlite"))
        let pages = try Pages()
        let csrf = CSRFMiddleware()
        var router = Router()

        // What is sent is counted and measured before it is read; those who read may come as often as they like.
        router.group("/") { sent in
            sent.use(RateLimitMiddleware(max(1, perMinute), per: .seconds(60)))
            sent.use(BodyLimitMiddleware(64 << 10))
            sent.use(csrf)
            sent.post("/") { request in
                let draft = try await request.decode(Draft.self)
                guard draft.problems.isEmpty else {
                    // What was typed is shown again: nobody writes it twice.
                    return try await pages.guestbook(try await entries.first, draft: draft, for: request)
                }
                try await entries.add(draft.entry(writtenAt: Date()))
                try await request.session.flash("notice", "Thank you! Your entry is in the book.")
                return try request.redirect(to: "/")
            }
        }

        router.use(csrf)
        router.get("/") { request in
            let number = try request.query.decode(Choice.self).page ?? 1
            guard let page = try await entries.page(number) else {
                throw HTTPError(.notFound, "There is no such page.")
            }
            return try await pages.guestbook(page, for: request)
        }
        router.get("/style.css") { _ in pages.style }

        var app = try Application(router: router, middleware: [SecurityHeadersMiddleware()])
        app.useSessions()
        try app.run(configuration)
    }
}

/// Which page a visitor asks for.
private struct Choice: Decodable {
    var page: Int?
}
