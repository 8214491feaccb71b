import HTTPTypes

/// The page that visitors see instead of the one they asked for.
package struct ErrorPage {
    private let error: HTTPError
    private let request: Request

    init(_ error: HTTPError, _ request: Request) {
        self.error = error
        self.request = request
    }

    /// The page, which may load nothing and run no script.
    var response: Response { Self.response(title: title, style: Self.style, body: content) }

    /// A page of ours with styles of its own.
    package static func response(title: String, style: String, body: String) -> Response {
        var response = Response.html(
            """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <link rel="icon" href="data:,">
            <title>\(title.escapedForHTML)</title>
            <style>
            \(style)
            </style>
            \(body)

            """)
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'"
        return response
    }

    private var title: String { "\(error.status.code) \(error.status.phrase)" }

    private var content: String {
        let phrase = error.status.phrase
        var parts = [
            "<p class=\"code\">\(error.status.code)</p>",
            "<h1>\((phrase.isEmpty ? "Error" : phrase).escapedForHTML)</h1>",
            "<p>\((error.message == phrase ? explanation : error.message).escapedForHTML)</p>",
        ]
        if !error.fields.isEmpty {
            let items = error.fields.sorted { $0.key < $1.key }.map { name, text in
                "<li><b>\(name.escapedForHTML)</b>: \(text.escapedForHTML)</li>"
            }
            parts.append("<ul>\(items.joined())</ul>")
        }
        if error.status.code >= 500 {
            parts.append("<p class=\"note\">If it happens again, tell us this name of the request:<br>")
            parts.append("<code>\(request.id.escapedForHTML)</code></p>")
        }
        if [403, 404, 405, 410].contains(error.status.code) {
            parts.append("<p><a href=\"\(request.path(for: "/").escapedForHTML)\">To the start page</a></p>")
        }
        return "<main>\n\(parts.joined(separator: "\n"))\n</main>"
    }

    private var explanation: String {
        switch error.status.code {
        case 400: "The request could not be understood."
        case 401: "You have to log in to see this page."
        case 403: "You may not see this page."
        case 404: "There is no page at this address."
        case 405: "This page cannot be used in that way."
        case 408: "The request took too long to arrive."
        case 410: "This page is gone for good."
        case 413: "What was sent is too large."
        case 429: "There were too many requests. Please wait a moment."
        case 503: "The service is not available at the moment. Please try again later."
        case 504: "The answer took too long. Please try again later."
        case 500...: "Something went wrong, and it is not your fault. Please try again later."
        default: "The request was not accepted."
        }
    }

    private static let style = """
        :root { color-scheme: light dark; font: 1.0625rem/1.6 system-ui, sans-serif; }
        body { margin: 0; min-height: 100vh; display: grid; place-items: center;
          background: light-dark(#f3f5f9, #14171c); color: light-dark(#1d2430, #e6e9ef); }
        main { box-sizing: border-box; width: min(34rem, 100% - 2rem); margin: 1rem; padding: 2.5rem 2rem;
          border-radius: 1rem; background: light-dark(#fff, #1e222a); box-shadow: 0 0.5rem 2rem #0002;
          overflow-wrap: anywhere; }
        .code { margin: 0; font-size: 4rem; font-weight: 700; line-height: 1; color: light-dark(#2456b8, #9dbcff); }
        h1 { margin: 0.5rem 0 1rem; font-size: 1.6rem; line-height: 1.2; }
        p, ul { margin: 0 0 1rem; }
        main > :last-child { margin-bottom: 0; }
        .note { font-size: 0.9rem; color: light-dark(#5a6474, #a3acba); }
        code { font: 0.95em ui-monospace, monospace; user-select: all; }
        a { color: light-dark(#2456b8, #9dbcff); }
        """
}
