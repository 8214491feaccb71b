import NestboxTesting
import Testing

extension Integration.ExamplesInBrowserTests {
    @Suite("Login")
    struct LoginTests {
        @Test("shows the wrong password once, on a phone", arguments: [ExampleSite.Store.cookie, .file])
        func wrongPassword(store: ExampleSite.Store) throws {
            let site = try ExampleSite("Login", store: store)
            let browser = try Browser(width: 390, height: 844)
            try browser.open(site.url("/"))
            #expect(try browser.path == "/login")
            #expect(try browser.count(of: "[role]") == 0)
            let name = #"<b title="x">ada & 'eve'</b>"#
            try Self.logIn(browser, name, "Analytical-1843")
            #expect(try browser.path == "/login")
            #expect(try browser.text(of: "#error") == "Wrong name or password.")
            // What was typed is there again, as text and nothing else.
            #expect(try browser.property("value", of: "[name=name]") == .string(name))
            #expect(try browser.count(of: "b") == 0)
            #expect(try browser.property("value", of: "[name=password]") == "")
            #expect(try browser.run("return document.documentElement.scrollWidth") == 390)
            try browser.screenshot().keep(as: "login-wrong-phone")
            try browser.refresh()
            #expect(try browser.title == "Log in")
            #expect(try browser.count(of: "#error") == 0)
            #expect(try browser.property("value", of: "[name=name]") == "")
            try Self.logIn(browser, "ada", "wrong")
            #expect(try browser.text(of: "#error") == "Wrong name or password.")
            try browser.open(site.url("/"))
            #expect(try browser.path == "/login")
            #expect(site.nginx.errors.isEmpty, "\(site.nginx.errors)")
        }

        @Test("lets the right password in under a new id", arguments: [ExampleSite.Store.cookie, .file])
        func login(store: ExampleSite.Store) throws {
            let site = try ExampleSite("Login", store: store)
            let driver = try WebDriver()
            let (browser, intruder) = (try Browser(on: driver), try Browser(on: driver))
            try browser.open(site.url("/login"))
            // There is a session before the login, which someone else may know.
            try Self.logIn(browser, "ada", "wrong")
            let before = try browser.cookie("session")
            #expect(before != nil)
            try Self.logIn(browser, "ada", "Analytical-1843")
            #expect(try browser.path == "/")
            #expect(try browser.text(of: "h1") == "Hello, ada")
            let after = try #require(try browser.cookie("session"))
            #expect(after.value != before?.value)
            #expect(after.isHTTPOnly && after.sameSite == "Lax")
            try browser.refresh()
            #expect(try browser.text(of: "h1") == "Hello, ada")
            try browser.screenshot().keep(as: "login-member")

            try intruder.open(site.url("/login"))
            if let before { try intruder.setCookie(before) }
            try intruder.open(site.url("/"))
            #expect(try intruder.path == "/login")

            try browser.follow("form[action='/logout'] button")
            #expect(try browser.path == "/login")
            #expect(try browser.text(of: "#notice") == "You are logged out.")
            try browser.screenshot().keep(as: "login-notice")
            try browser.back()
            #expect(try browser.text(of: "h1") == "Log in")
            try browser.open(site.url("/"))
            #expect(try browser.path == "/login")
            #expect(site.nginx.errors.isEmpty, "\(site.nginx.errors)")
        }

        @Test("does not know the cookie of a session that has ended")
        func endedSession() throws {
            let site = try ExampleSite("Login", store: .file)
            let browser = try Browser()
            try browser.open(site.url("/login"))
            try Self.logIn(browser, "ada", "Analytical-1843")
            let cookie = try #require(try browser.cookie("session"))
            try browser.follow("form[action='/logout'] button")
            try browser.setCookie(cookie)
            try browser.open(site.url("/"))
            #expect(try browser.path == "/login")
        }

        @Test("remembers longer who asks for it")
        func remember() throws {
            let site = try ExampleSite("Login", store: .file)
            let driver = try WebDriver()
            let expiries = try [false, true].map { remembers in
                let browser = try Browser(on: driver)
                try browser.open(site.url("/login"))
                try Self.logIn(browser, "ada", "Analytical-1843", remembers: remembers)
                #expect(try browser.text(of: "h1") == "Hello, ada")
                return try #require(try browser.cookie("session")?.expiry)
            }
            // 30 days instead of 14; an hour for the slowest of machines.
            #expect(abs(expiries[1] - expiries[0] - 16 * 86_400) < 3600)
        }

        @Test("logs out everywhere, and nobody else")
        func everywhere() throws {
            let site = try ExampleSite("Login", store: .file)
            let driver = try WebDriver()
            let (desktop, phone) = (try Browser(on: driver), try Browser(on: driver, width: 390, height: 844))
            for browser in [desktop, phone] {
                try browser.open(site.url("/login"))
                try Self.logIn(browser, "ada", "Analytical-1843", remembers: true)
                #expect(try browser.text(of: "h1") == "Hello, ada")
            }
            try phone.screenshot().keep(as: "login-member-phone")
            // One browser's logout is none of the other's business.
            try phone.follow("form[action='/logout'] button")
            try desktop.refresh()
            #expect(try desktop.text(of: "h1") == "Hello, ada")
            try Self.logIn(phone, "ada", "Analytical-1843")
            try desktop.follow("form[action='/logout/everywhere'] button")
            #expect(try desktop.text(of: "#notice") == "You are logged out everywhere.")
            try phone.refresh()
            #expect(try phone.path == "/login")
            try phone.open(site.url("/"))
            #expect(try phone.path == "/login")
            #expect(site.nginx.errors.isEmpty, "\(site.nginx.errors)")
        }

        private static func logIn(
            _ browser: Browser, _ name: String, _ password: String, remembers: Bool = false
        ) throws {
            try browser.type(name, into: "[name=name]")
            try browser.type(password, into: "[name=password]")
            if remembers { try browser.click("[name=remember]") }
            try browser.follow("form button")
        }
    }
}
