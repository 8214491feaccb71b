import NestboxTesting
import Testing

extension Integration.ExamplesInBrowserTests {
    @Suite("Guestbook", .timeLimit(.minutes(5)))
    struct GuestbookTests {
        private let directory: TemporaryDirectory
        private let site: ExampleSite

        init() throws {
            directory = try TemporaryDirectory()
            site = try Self.open(directory)
        }

        private static func open(_ directory: TemporaryDirectory) throws -> ExampleSite {
            try ExampleSite(
                "Guestbook", store: .cookie,
                environment: [
                    "NESTBOX_DATABASE": directory.path("guestbook.sqlite"), "NESTBOX_ENTRIES_PER_MINUTE": "100",
                ])
        }

        private func sign(_ browser: Browser, _ name: String, _ message: String) throws {
            try browser.type(name, into: "#name")
            try browser.type(message, into: "#message")
            try browser.submit()
        }

        @Test("shows an entry as it was typed, thanks once, and keeps it over a restart")
        func sign() throws {
            let driver = try WebDriver()
            let (desktop, phone) = (
                try Browser(on: driver, width: 1100, height: 900), try Browser(on: driver, width: 390, height: 844)
            )
            try desktop.open(site.url("/"))
            #expect(try desktop.text(of: "#empty") == "Nobody has written anything yet. Be the first!")
            let message = "<script>document.title = 'gone'</script>\nIt's \"fine\" {{name}}"
            try sign(desktop, "Ada & Co <ada@example.org>", message)
            #expect(try desktop.path == "/")
            #expect(try desktop.text(of: "#notice") == "Thank you! Your entry is in the book.")
            #expect(try desktop.text(of: "#entries strong") == "Ada & Co <ada@example.org>")
            #expect(try desktop.text(of: "#entries .message") == message)
            #expect(try desktop.title == "Guestbook")
            #expect(try desktop.property("value", of: "#name") == "")
            try desktop.screenshot().keep(as: "guestbook")

            try phone.open(site.url("/"))
            #expect(try phone.count(of: "#notice") == 0)
            #expect(try phone.count(of: "#entries li") == 1)
            // Nothing is wider than the phone.
            #expect(try phone.run("return document.documentElement.scrollWidth <= innerWidth") == true)
            try phone.screenshot().keep(as: "guestbook-phone")

            let later = try Self.open(directory)
            try desktop.open(later.url("/"))
            #expect(try desktop.count(of: "#entries li") == 1)
            #expect(site.nginx.errors.isEmpty, "\(site.nginx.errors)")
        }

        @Test("says at the field what is wrong and keeps what was typed")
        func problems() throws {
            let browser = try Browser(width: 390, height: 844)
            try browser.open(site.url("/"))
            try sign(browser, " ", "A long story")
            #expect(try browser.text(of: "#name-problem") == "Who are you?")
            #expect(try browser.property("value", of: "#message") == "A long story")
            #expect(try browser.count(of: "#message-problem") == 0)
            #expect(try browser.count(of: "#entries li") == 0)
            try browser.screenshot().keep(as: "guestbook-problem")
            // More than the field lets in, as a program would send it.
            try browser.run("document.querySelector('#message').value = 'é'.repeat(2001)")
            try browser.type("Bob", into: "#name")
            try browser.submit()
            #expect(
                try browser.text(of: "#message-problem")
                    == "A message has at most 2000 characters; this one has 2001.")
            try browser.run("document.querySelector('#message').value = '\\n\\né'.repeat(600)")
            try browser.submit()
            #expect(try browser.count(of: "#entries li") == 1)
        }

        @Test("turns pages, ten entries on each, the newest first")
        func pages() throws {
            let browser = try Browser(width: 1100, height: 900)
            try browser.open(site.url("/"))
            // What a visitor does 23 times, without looking at the answers.
            try browser.run(
                """
                const done = arguments[arguments.length - 1]
                return (async () => {
                    for (let number = 1; number <= 23; number++) {
                        const form = new FormData(document.forms[0])
                        form.set('name', 'Visitor ' + number)
                        form.set('message', 'Entry ' + number)
                        const answer = await fetch('/', { method: 'POST', body: new URLSearchParams(form) })
                        if (!answer.ok) throw new Error(answer.status)
                    }
                })()
                """)
            try browser.open(site.url("/"))
            #expect(try browser.text(of: "#page") == "Page 1 of 3")
            #expect(try browser.count(of: "#entries li") == 10)
            #expect(try browser.text(of: "#entries .message") == "Entry 23")
            #expect(try browser.count(of: "a[rel=prev]") == 0)
            try browser.follow("a[rel=next]")
            #expect(try browser.path == "/?page=2")
            #expect(try browser.text(of: "#entries .message") == "Entry 13")
            try browser.follow("a[rel=next]")
            #expect(try browser.count(of: "#entries li") == 3)
            #expect(try browser.count(of: "a[rel=next]") == 0)
            try browser.follow("a[rel=prev]")
            try browser.follow("a[rel=prev]")
            #expect(try browser.path == "/")
        }

        @Test(
            "has no such page", arguments: [("page=0", 404), ("page=-1", 404), ("page=99", 404), ("page=one", 422)])
        func noSuchPage(query: String, status: Int) throws {
            #expect(try HTTPConnection(to: site.nginx.address).request("GET", "/?\(query)").status == status)
        }

        @Test("takes no entry that another site sends")
        func forged() throws {
            let answer = try HTTPConnection(to: site.nginx.address).request(
                "POST", "/", headers: [("Content-Type", "application/x-www-form-urlencoded")],
                body: Array("name=Mallory&message=Hello".utf8))
            #expect(answer.status == 403)
            #expect(try !HTTPConnection(to: site.nginx.address).request("GET", "/").text.contains("Mallory"))
        }
    }
}
