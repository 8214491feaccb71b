import FoundationEssentials
import Mustache
import Nestbox

/// The page of the book, which is a template: it escapes all that it is given but what it has in three braces.
struct Pages: Sendable {
    let style: Response
    private let template: MustacheTemplate

    init() throws {
        template = try MustacheTemplate(string: String(decoding: PackageResources.guestbook_mustache, as: UTF8.self))
        var style = Response.bytes(PackageResources.style_css, type: "text/css; charset=utf-8")
        style.headers[.cacheControl] = "max-age=3600"
        self.style = style
    }

    /// The book, with the form.
    /// - Parameter draft: What was typed, when it has to be mended.
    func guestbook(_ page: EntryPage, draft: Draft? = nil, for request: Request) async throws -> Response {
        let problems = draft?.problems ?? [:]
        let view = GuestbookView(
            home: request.path(for: "/"), style: request.path(for: "/style.css"),
            csrfField: try await request.csrfField, notice: try await request.session.notice,
            name: draft?.name ?? "", nameProblem: problems["name"], longestName: Draft.longestName,
            message: draft?.message ?? "", messageProblem: problems["message"], longestMessage: Draft.longestMessage,
            entries: page.entries.map(EntryView.init), isEmpty: page.total == 0, page: page.number, pages: page.count,
            isLong: page.count > 1, newer: page.number > 1 ? request.path(to: page.number - 1) : nil,
            older: page.number < page.count ? request.path(to: page.number + 1) : nil)
        var response = Response.html(template.render(view), status: problems.isEmpty ? .ok : .unprocessableContent)
        // The page has a token of the visitor's own.
        response.headers[.cacheControl] = "no-store"
        return response
    }
}

/// What the template shows.
private struct GuestbookView {
    var home: String
    var style: String
    var csrfField: String
    var notice: String?
    var name: String
    var nameProblem: String?
    var longestName: Int
    var message: String
    var messageProblem: String?
    var longestMessage: Int
    var entries: [EntryView]
    var isEmpty: Bool
    var page: Int
    var pages: Int
    var isLong: Bool
    var newer: String?
    var older: String?
}

private struct EntryView {
    var name: String
    var message: String
    /// For machines.
    var date: String
    /// For people.
    var day: String

    init(_ entry: Entry) {
        name = entry.name
        message = entry.message
        date = entry.writtenAt.formatted(.iso8601)
        day = entry.writtenAt.formatted(.iso8601.year().month().day())
    }
}

extension Session {
    /// What is to be said once.
    fileprivate var notice: String? {
        get throws { if case .string(let text)? = try flashes("notice").last { text } else { nil } }
    }
}

extension Request {
    fileprivate func path(to page: Int) -> String {
        page == 1 ? path(for: "/") : path(for: "/", query: ["page": page])
    }
}
