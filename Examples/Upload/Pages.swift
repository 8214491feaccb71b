import FoundationEssentials
import Nestbox

/// The page, and what belongs to it; all that is not ours is escaped.
enum Pages {
    /// The form and the list, with a message when something went wrong.
    static func files(_ folder: Folder, error: HTTPError? = nil) throws -> Response {
        let entries = try folder.entries()
        let message = error.map { "<p id=\"message\" role=\"alert\">\(text(of: $0).escapedForHTML)</p>" }
        let list =
            entries.isEmpty
            ? "<p class=\"quiet\">There are no files yet.</p>"
            : "<ul>\n\(entries.map(item).joined(separator: "\n"))\n</ul>"
        return .html(
            """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <link rel="icon" href="data:,">
            <link rel="stylesheet" href="upload.css">
            <script src="upload.js" defer></script>
            <title>Upload</title>
            <main>
            <h1>Upload</h1>
            <form method="post" action="./" enctype="multipart/form-data">
                <label for="files">Files, up to \(size(Folder.largestFile)) each</label>
                <input id="files" name="files" type="file" multiple required data-largest="\(Folder.largestFile)">
                <button>Upload</button>
                <div id="progress" hidden>
                    <progress max="1" value="0" aria-label="Sent"></progress>
                    <output></output>
                </div>
            </form>
            <div id="result" aria-live="polite">
            \(message ?? "<p id=\"message\" hidden></p>")
            <h2>\(entries.count == 1 ? "1 file" : "\(entries.count) files")</h2>
            \(list)
            </div>
            </main>
            """, status: error?.status ?? .ok)
    }

    private static func item(_ entry: Folder.Entry) -> String {
        let link = PercentEncoding.encode(entry.name, allowed: .pathSegment).escapedForHTML
        // A name in another direction of writing stays within itself.
        return """
            <li><a href="files/\(link)" download><bdi>\(entry.name.escapedForHTML)</bdi></a>
            <span>\(size(entry.size)) · \(entry.date.formatted(.iso8601.year().month().day().dateSeparator(.dash)))</span></li>
            """
    }

    private static func text(of error: HTTPError) -> String {
        guard error.status == .contentTooLarge else { return error.message }
        return "That is too much: a file may have \(size(Folder.largestFile)), and all together 16 MB."
    }

    /// A number of bytes in words.
    static func size(_ bytes: Int) -> String {
        switch bytes {
        case ..<1024: "\(bytes) B"
        case ..<(1 << 20): "\((bytes + 512) >> 10) KB"
        default: "\(bytes >> 20)\(bytes < 10 << 20 ? ".\((bytes & 0xFFFFF) * 10 >> 20)" : "") MB"
        }
    }

    static let style = file(
        "text/css; charset=utf-8",
        """
        :root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; --accent: #2456b8; }
        * { box-sizing: border-box; }
        body { margin: 0; background: light-dark(#eef1f6, #14171c); }
        main {
            width: min(44rem, 100% - 2rem); margin: 1rem auto; padding: clamp(1.25rem, 4vw, 2.5rem); border-radius: 1rem;
            background: light-dark(#fff, #20242c); box-shadow: 0 0.5rem 2rem #0002;
        }
        @media (min-width: 40rem) { main { margin: 3rem auto; } }
        h1 { margin: 0 0 1rem; font-size: 1.8rem; line-height: 1.2; }
        h2 { margin: 2rem 0 0.5rem; font-size: 1.1rem; }
        form { display: grid; gap: 1rem; }
        input, button { width: 100%; font: inherit; border-radius: 0.6rem; }
        input {
            padding: 1.75rem 1rem; border: 2px dashed light-dark(#8a94a6, #6d7789);
            background: light-dark(#f6f8fb, #191d24);
        }
        input:hover, input:focus-visible { border-color: var(--accent); }
        input::file-selector-button {
            margin-right: 1rem; padding: 0.5rem 0.9rem; font: inherit; border-radius: 0.5rem; color: inherit;
            border: 1px solid light-dark(#8a94a6, #6d7789); background: transparent; cursor: pointer;
        }
        button {
            padding: 0.7rem 1rem; border: 1px solid var(--accent); background: var(--accent); color: #fff;
            font-weight: 600; cursor: pointer;
        }
        button:disabled { opacity: 0.6; cursor: default; }
        #progress:not([hidden]) { display: grid; grid-template-columns: 1fr auto; gap: 0.75rem; align-items: center; }
        progress { width: 100%; height: 0.75rem; accent-color: var(--accent); }
        output { min-width: 3.5rem; text-align: right; font-variant-numeric: tabular-nums; }
        [role=alert] { margin: 1.5rem 0 0; padding: 0.7rem 0.9rem; border-radius: 0.5rem; background: #b3261e; color: #fff; }
        ul { margin: 0; padding: 0; list-style: none; }
        li {
            display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; padding: 0.7rem 0;
            border-top: 1px solid light-dark(#dfe4ec, #343a45);
        }
        li a { color: light-dark(#2456b8, #9dbcff); overflow-wrap: anywhere; }
        li span, .quiet { color: light-dark(#5a6475, #a3acba); font-variant-numeric: tabular-nums; }
        """)

    /// Sends the form in the background and shows how far it is; without it the browser sends it as it always does.
    static let script = file(
        "text/javascript; charset=utf-8",
        """
        'use strict';
        const form = document.querySelector('form');
        const input = form.querySelector('input');
        const button = form.querySelector('button');
        const progress = document.querySelector('#progress');
        const bar = progress.querySelector('progress');
        const output = progress.querySelector('output');

        function complain(text) {
            progress.hidden = true;
            const message = document.querySelector('#message');
            message.textContent = text;
            message.setAttribute('role', 'alert');
            message.hidden = false;
        }

        function advance(part) {
            bar.value = part;
            output.textContent = Math.floor(100 * part) + ' %';
        }

        form.addEventListener('submit', event => {
            event.preventDefault();
            const largest = [...input.files].find(file => file.size > Number(input.dataset.largest));
            if (largest) return complain(`${largest.name} is too large.`);
            const request = new XMLHttpRequest();
            const end = () => { button.disabled = false; };
            request.open('POST', form.action);
            request.upload.onprogress = event => { if (event.lengthComputable) advance(event.loaded / event.total); };
            request.onload = () => {
                end();
                // The answer is the page, with the new list or with what was wrong.
                const page = new DOMParser().parseFromString(request.responseText, 'text/html');
                const result = page.querySelector('#result');
                if (!result) return complain(request.status === 413 ? 'That is too much at once.' : 'It did not work.');
                document.querySelector('#result').replaceWith(result);
                if (request.status === 200) { advance(1); form.reset(); } else { progress.hidden = true; }
            };
            request.onerror = () => { end(); complain('The connection broke off. Nothing was kept.'); };
            advance(0);
            progress.hidden = false;
            button.disabled = true;
            document.querySelector('#message').hidden = true;
            request.send(new FormData(form));
        });
        """)

    private static func file(_ type: String, _ text: String) -> Response {
        Response(headers: [.contentType: type, .cacheControl: "no-cache"], body: .string(text))
    }
}
