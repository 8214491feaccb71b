import NestboxTesting
import Testing

extension Integration {
    @Suite("examples in a browser", .enabled(if: Browser.isInstalled))
    struct ExamplesInBrowserTests {}
}

extension Integration.ExamplesInBrowserTests {
    @Suite("Counter")
    struct CounterTests {
        @Test("shows 0, 1, 2 … and to each visitor their own", arguments: ExampleSite.Store.allCases)
        func counter(store: ExampleSite.Store) throws {
            let site = try ExampleSite("Counter", store: store)
            let driver = try WebDriver()
            let (ada, bob) = (try Browser(on: driver), try Browser(on: driver, width: 390, height: 844))
            try ada.open(site.url("/"))
            #expect(try ada.text(of: "#visits") == "0")
            for visits in 1...3 {
                try ada.refresh()
                #expect(try ada.text(of: "#visits") == "\(visits)")
            }
            try bob.open(site.url("/"))
            #expect(try bob.text(of: "#visits") == "0")
            try ada.follow("a")
            try bob.follow("a")
            #expect(try ada.text(of: "#visits") == "4")
            #expect(try bob.text(of: "#visits") == "1")
            try ada.screenshot().keep(as: "counter-\(store)")
            try bob.screenshot().keep(as: "counter-\(store)-phone")
            // Who has lost the cookie is a new visitor.
            try ada.deleteCookies()
            try ada.refresh()
            #expect(try ada.text(of: "#visits") == "0")
            #expect(site.nginx.errors.isEmpty, "\(site.nginx.errors)")
        }

        @Test("has a cookie that scripts cannot read", arguments: [ExampleSite.Store.cookie, .file])
        func cookie(store: ExampleSite.Store) throws {
            let site = try ExampleSite("Counter", store: store)
            let browser = try Browser()
            try browser.open(site.url("/"))
            let cookies = try browser.cookies()
            try #require(cookies.count == 1, "\(cookies)")
            let cookie = cookies[0]
            #expect(cookie.name == "session")
            #expect(cookie.path == "/")
            #expect(cookie.isHTTPOnly)
            #expect(cookie.sameSite == "Lax")
            // The test speaks plain HTTP, where a browser would not send it back.
            #expect(!cookie.isSecure)
            #expect(cookie.domain == "127.0.0.1")
            // 14 days, less what the test has taken and an hour.
            let now = try #require(try browser.run("return Math.floor(Date.now() / 1000)").integer)
            let expiry = try #require(cookie.expiry)
            #expect((now + 14 * 86_400 - 3600...now + 14 * 86_400).contains(expiry))
            #expect(try browser.run("return document.cookie") == "")
            #expect(try browser.run("return cookieStore.getAll().then(all => all.length)") == 0)
        }

        @Test("begins anew when the cookie is not one of its own", arguments: [ExampleSite.Store.cookie, .file])
        func foreignCookie(store: ExampleSite.Store) throws {
            let site = try ExampleSite("Counter", store: store)
            let browser = try Browser()
            try browser.open(site.url("/"))
            try browser.refresh()
            var cookie = try #require(try browser.cookie("session"))
            // Longer by one character, and still of the same alphabet.
            cookie.value += "A"
            try browser.setCookie(cookie)
            try browser.refresh()
            #expect(try browser.text(of: "#visits") == "0")
            #expect(try browser.cookie("session")?.value != cookie.value)
        }
    }
}
