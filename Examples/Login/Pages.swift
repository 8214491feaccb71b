import Nestbox

/// The two pages; all that is not ours is escaped, and links lead below the mount point.
enum Pages {
    static func login(name: String, error: String?, notice: String?, _ request: Request) async throws -> Response {
        let messages = [("error", "alert", error), ("notice", "status", notice)].map { id, role, text in
            text.map { "<p id=\"\(id)\" role=\"\(role)\">\($0.escapedForHTML)</p>" } ?? ""
        }
        return page(
            "Log in",
            """
            \(messages.joined())
            <form method="post" action="\(request.path(for: "/login"))">
                \(try await request.csrfField)
                <label>Name <input name="name" value="\(name.escapedForHTML)" autocomplete="username" required></label>
                <label>Password
                    <input name="password" type="password" autocomplete="current-password" required></label>
                <label class="choice"><input name="remember" type="checkbox"> Keep me logged in</label>
                <button>Log in</button>
            </form>
            """, request)
    }

    static func member(_ user: String, _ request: Request) async throws -> Response {
        let token = try await request.csrfField
        var response = page(
            "Hello, \(user)",
            """
            <p>Only those who are logged in can read this.</p>
            <form method="post" action="\(request.path(for: "/logout"))">\(token)<button>Log out</button></form>
            <form method="post" action="\(request.path(for: "/logout/everywhere"))">
                \(token)<button class="quiet">Log out everywhere</button>
            </form>
            """, request)
        // After the logout the back button must not bring it back.
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private static func page(_ title: String, _ content: String, _ request: Request) -> Response {
        .html(
            """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <link rel="icon" href="data:,">
            <title>\(title.escapedForHTML)</title>
            <style nonce="\(request.cspNonce)">\(style)</style>
            <main>
            <h1>\(title.escapedForHTML)</h1>
            \(content)
            </main>
            """)
    }

    private static let style = """
        :root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; }
        * { box-sizing: border-box; }
        body {
            margin: 0; min-height: 100vh; display: grid; place-items: center;
            background: light-dark(#eef1f6, #14171c);
        }
        main {
            width: min(24rem, 100% - 2rem); padding: 2rem; border-radius: 1rem;
            background: light-dark(#fff, #20242c); box-shadow: 0 0.5rem 2rem #0002;
        }
        h1 { margin: 0 0 1rem; font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
        form { display: grid; gap: 1rem; }
        form + form { margin-top: 0.75rem; }
        label { display: grid; gap: 0.25rem; }
        .choice { display: flex; gap: 0.5rem; align-items: center; }
        input:not([type=checkbox]), button {
            width: 100%; padding: 0.65rem 0.8rem; font: inherit; border-radius: 0.5rem;
            border: 1px solid light-dark(#8a94a6, #6d7789); background: transparent;
        }
        button { border-color: #2456b8; background: #2456b8; color: #fff; font-weight: 600; cursor: pointer; }
        button.quiet { background: transparent; color: light-dark(#2456b8, #9dbcff); }
        [role] {
            margin: 0 0 1rem; padding: 0.6rem 0.8rem; border-radius: 0.5rem;
            background: light-dark(#dfeede, #23402a);
        }
        [role=alert] { background: #b3261e; color: #fff; }
        """
}
