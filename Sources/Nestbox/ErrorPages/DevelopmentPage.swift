import NestboxHTTP

/// A report as a page for a browser; all that is not ours is escaped.
struct DevelopmentPage {
    private let report: DevelopmentReport

    init(_ report: DevelopmentReport) {
        self.report = report
    }

    var response: Response {
        ErrorPage.response(title: report.title, style: Self.style, body: "<main>\n\(sections)\n</main>")
    }

    private var sections: String {
        let request = report.request
        return [
            "<p class=\"note\">Visitors see nothing of this: <code>environment=development</code> shows it.</p>",
            "<h1>\(escape(report.title))</h1>",
            report.error.message == report.error.status.phrase
                ? "" : "<p class=\"lead\">\(escape(report.error.message))</p>",
            list(report.error.fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }),
            section(
                "Cause",
                report.hasCause
                    ? "<p><code>\(escape(report.type))</code></p><pre>\(escape(report.causeText))</pre>" : ""),
            section("Nearest routes", table(report.nearest)),
            section(
                "Request",
                list([
                    (
                        "Method and path",
                        Redaction.shortened("\(request.method.rawValue) \(request.basePath)\(request.rawPath)")
                    ),
                    ("Mount point", request.basePath.isEmpty ? "/" : request.basePath),
                    ("Route", report.route.map { "\($0.method) \($0.pattern)" } ?? "none"),
                    ("Host", "\(request.scheme)://\(request.host ?? "?")"),
                    ("From", request.remoteAddress ?? "?"), ("Name in the log", request.id),
                ])),
            section("Query", list(Redaction.query(of: request))),
            section("Header fields", list(Redaction.headers(of: request))),
            section("Routes", table(report.routes.rows)),
            section(
                "Middleware of the application",
                report.middleware.map { "<code>\(escape($0))</code>" }.joined(separator: " → ")),
        ].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func escape(_ text: String) -> String { text.escapedForHTML }

    /// Nothing when there is nothing in it.
    private func section(_ title: String, _ content: String) -> String {
        content.isEmpty ? "" : "<section>\n<h2>\(title)</h2>\n\(content)\n</section>"
    }

    private func list(_ pairs: [(name: String, value: String)]) -> String {
        if pairs.isEmpty { return "" }
        let rows = pairs.map { "<tr><th scope=\"row\">\(escape($0.name))</th><td>\(escape($0.value))</td></tr>" }
        return "<table>\n\(rows.joined(separator: "\n"))\n</table>"
    }

    private func table(_ rows: [RouteTable.Row]) -> String {
        if rows.isEmpty { return "" }
        let rows = rows.map { row in
            let mark = row == report.route ? " class=\"matched\"" : ""
            return "<tr\(mark)><th scope=\"row\">\(escape(row.method))</th><td>\(escape(row.pattern))</td>"
                + "<td>\(escape(row.middleware.joined(separator: ", ")))</td></tr>"
        }
        return "<table class=\"routes\">\n\(rows.joined(separator: "\n"))\n</table>"
    }

    private static let style = """
        :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
        body { margin: 0; background: light-dark(#f3f5f9, #14171c); color: light-dark(#1d2430, #e6e9ef); }
        main { box-sizing: border-box; max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 3rem;
          overflow-wrap: anywhere; }
        h1 { margin: 0.5rem 0; font-size: 1.8rem; line-height: 1.2; color: light-dark(#b3261e, #ff8a80); }
        h2 { margin: 0 0 0.5rem; font-size: 1.05rem; }
        .lead { margin: 0 0 1rem; font-size: 1.15rem; }
        .note { margin: 0; font-size: 0.9rem; color: light-dark(#5a6474, #a3acba); }
        section { margin-top: 1rem; padding: 1rem; border-radius: 0.75rem; background: light-dark(#fff, #1e222a);
          box-shadow: 0 0.1rem 0.5rem #0001; }
        p { margin: 0 0 0.5rem; }
        pre { margin: 0; padding: 0.75rem; border-radius: 0.5rem; white-space: pre-wrap;
          background: light-dark(#fbeceb, #3a2422); }
        code, pre, td, .routes th { font-family: ui-monospace, monospace; font-size: 0.9rem; }
        table { width: 100%; border-collapse: collapse; }
        th, td { padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; vertical-align: top;
          border-top: 1px solid light-dark(#e4e8ef, #2d333e); }
        tr:first-child > * { border-top: 0; }
        th { width: 1%; min-width: 7rem; font-weight: 600; }
        @media (min-width: 40rem) { th { min-width: 14rem; } }
        .routes th { min-width: 4rem; }
        .matched > * { background: light-dark(#fff3c4, #4a3d12); }
        """
}
