import NestboxHTTP

/// What nginx shows when the program has not answered.
enum DownPage {
    /// For a program that runs, and has not answered in time or has ended over a request.
    static func silent(_ program: String) -> String {
        page(
            program, "\(program) has not answered",
            "It took too long, or it ended before it had answered. The terminal in which it runs says more.", [])
    }

    /// For a program that does not start.
    /// - Parameter words: The last that it has written; empty when nobody but its author should read that.
    static func down(_ program: String, _ end: String, words: [UInt8]) -> String {
        page(
            program, "\(program) does not run", "\(end). It is started again as soon as it has been built anew.", words)
    }

    private static func page(_ program: String, _ title: String, _ text: String, _ words: [UInt8]) -> String {
        let words = words.isEmpty ? "" : "<pre>\(String(decoding: words, as: UTF8.self).escapedForHTML)</pre>\n"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <meta http-equiv="refresh" content="2">
            <title>\(title.escapedForHTML)</title>
            <style>
            body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 3rem auto; padding: 0 1rem; color-scheme: light dark }
            pre { overflow: auto; padding: 1rem; border: 1px solid #8888; white-space: pre-wrap }
            </style>
            <h1>\(title.escapedForHTML)</h1>
            <p>\(text.escapedForHTML)</p>
            \(words)</html>

            """
    }
}
