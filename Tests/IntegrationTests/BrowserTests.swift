import Nestbox
import NestboxTesting
import Testing

extension Integration {
    @Suite("a browser", .enabled(if: Browser.isInstalled))
    struct BrowserTests {
        @Test("shows Hello behind nginx")
        func hello() throws {
            let program = try ExampleProgram("Hello")
            let nginx = try NginxServer(before: program.socket)
            let browser = try Browser(width: 1000, height: 700)
            try browser.open(nginx.url("/hello/W%C3%B6rld"))
            #expect(try browser.text(of: "body") == "Hello, Wörld")
            #expect(try browser.url == nginx.url("/hello/W%C3%B6rld"))
            #expect(try browser.run("return [innerWidth, innerHeight]") == [1000, 700])
            let picture = try browser.screenshot()
            #expect((picture.width, picture.height) == (1000, 700))
            try picture.keep(as: "hello")
            try browser.open(nginx.url("/"))
            #expect(try browser.text(of: "body") == "Hello from Nestbox")
            try browser.back()
            #expect(try browser.text(of: "body") == "Hello, Wörld")
            #expect(nginx.errors.isEmpty, "\(nginx.errors)")
        }

        @Test("is two visitors when there are two, and leaves no process and no file behind")
        func visitors() throws {
            var processes: Set<Process.Identity> = []
            var directory = ""
            do {
                let site = try LocalApplication(routes: Self.shop)
                let nginx = try NginxServer(before: site.socket)
                let driver = try WebDriver()
                let (ada, bob) = (try Browser(on: driver), try Browser(on: driver, width: 390, height: 844))
                for (browser, name) in [(ada, "Ada"), (bob, "Bob")] {
                    try browser.open(nginx.url("/"))
                    #expect(try browser.title == "A form")
                    try browser.type(name, into: "[name=who]")
                    #expect(try browser.property("value", of: "[name=who]") == .string(name))
                }
                try ada.submit()
                try bob.follow("button")
                for (browser, name) in [(ada, "Ada"), (bob, "Bob")] {
                    #expect(try browser.path == "/")
                    #expect(try browser.text(of: "h1") == "Hello, \(name)")
                    let cookie = try #require(try browser.cookie("who"))
                    #expect(cookie.value == name)
                    #expect(cookie.isHTTPOnly && !cookie.isSecure && cookie.path == "/")
                    #expect(try browser.run("return document.cookie") == "")
                }
                #expect(try bob.run("return innerWidth") == 390)
                try ada.deleteCookies()
                try ada.setCookie(.init(name: "who", value: "Eve", sameSite: "Lax", expiry: 4_000_000_000))
                try ada.refresh()
                #expect(try ada.text(of: "h1") == "Hello, Eve")
                #expect(try bob.text(of: "h1") == "Hello, Bob")
                processes = Process.family(of: driver.processID)
                directory = driver.directory.path
                #expect(processes.count > 2 && ada.processes.isDisjoint(with: bob.processes))
                processes.formUnion(ada.processes.union(bob.processes))
            }
            #expect(processes.filter(\.isRunning).isEmpty)
            #expect(Process.naming(directory).isEmpty)
            #expect(!File.exists(directory))
        }

        @Test("says what the driver said when something is not there or not done")
        func errors() throws {
            let browser = try Browser()
            try browser.open("data:text/html,<p>Only this</p>")
            let absent = #expect(throws: WebDriverError.self) {
                try browser.wait(until: "there is more", within: .milliseconds(200)) {
                    try browser.count(of: "p") > 1
                }
            }
            #expect(absent?.code == "timeout")
            #expect(absent?.message.contains("Only this") == true)
            let refused = #expect(throws: WebDriverError.self) { try browser.open("http://nestbox.invalid/") }
            #expect(refused?.message.contains("ERR_NAME_NOT_RESOLVED") == true, "\(String(describing: refused))")
        }

        @Test("goes with its object even if its driver has died")
        func death() throws {
            let driver = try WebDriver()
            let browser = try Browser(on: driver)
            let processes = browser.processes
            #expect(processes.count(where: \.isRunning) > 2)
            driver.kill()
            let error = #expect(throws: WebDriverError.self) { try browser.open("about:blank") }
            #expect(error?.code == "no answer")
            browser.end()
            #expect(processes.filter(\.isRunning).isEmpty)
        }

        private static func shop(_ router: inout Router) {
            router.get("/") { request in
                let name = request.cookies["who"].map { "<h1>Hello, \($0)</h1>" } ?? ""
                return Response.html(
                    """
                    <!doctype html><meta name="viewport" content="width=device-width"><title>A form</title>\(name)
                    <form method="post"><input name="who"><button>Send</button></form>
                    """)
            }
            router.post("/") { request in
                var response = try Response.redirect(to: "/")
                response.setCookie(try Cookie(name: "who", value: try await request.form()["who"] ?? ""))
                return response
            }
        }
    }
}
