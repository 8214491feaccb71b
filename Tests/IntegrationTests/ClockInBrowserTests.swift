import Glibc
import NestboxTesting
import Testing

extension Integration.ExamplesInBrowserTests {
    @Suite("Clock")
    struct ClockTests {
        /// Waits until an element says what it should.
        private static func wait(
            _ browser: Browser, for css: String, _ isRight: (String) -> Bool
        ) throws {
            try browser.wait(until: "\(css) is right") { isRight(try browser.text(of: css)) }
        }

        /// Waits until the clock has gone on.
        private static func waitForTick(_ browser: Browser) throws {
            let before = try browser.text(of: "#time")
            try wait(browser, for: "#time") { $0 != before }
        }

        private static func viewers(at nginx: NginxServer) -> Int? {
            (try? nginx.request("GET", "/viewers").text).flatMap { Int($0.dropLast()) }
        }

        @Test("goes, knows how many watch it, and stops for who leaves")
        func clock() throws {
            let program = try ExampleProgram("Clock")
            let nginx = try NginxServer(before: program.socket)
            let driver = try WebDriver()
            let (desktop, phone) = (try Browser(on: driver), try Browser(on: driver, width: 390, height: 844))
            try desktop.open(nginx.url("/"))
            try Self.wait(desktop, for: "#status") { $0 == "Live" }
            try Self.wait(desktop, for: "#time") { $0.wholeMatch(of: #/\d\d:\d\d:\d\d/#) != nil }
            try Self.wait(desktop, for: "#viewers") { $0.hasSuffix("1 viewer") }
            try Self.waitForTick(desktop)
            let time = try #require(try desktop.property("dateTime", of: "#time").string)
            let (shown, now) = try (
                #require(desktop.run("return Date.parse(arguments[0])", .string(time)).integer),
                #require(desktop.run("return Date.now()").integer)
            )
            #expect(abs(now - shown) < 60_000)

            try phone.open(nginx.url("/"))
            for browser in [desktop, phone] { try Self.wait(browser, for: "#viewers") { $0.hasSuffix("2 viewers") } }
            #expect(try phone.run("return document.documentElement.scrollWidth") == 390)
            #expect(try phone.run("return document.documentElement.scrollHeight <= innerHeight") == true)
            try Self.waitForTick(phone)
            try desktop.screenshot().keep(as: "clock")
            try phone.emulate(darkMode: true)
            try phone.screenshot().keep(as: "clock-phone-dark")

            // Who closes the page is gone at once, though the producer may have had nothing to write.
            phone.end()
            try Self.wait(desktop, for: "#viewers") { $0.hasSuffix("1 viewer") }
            desktop.end()
            #expect(eventually { Self.viewers(at: nginx) == 0 })
            #expect(nginx.errors.isEmpty, "\(nginx.errors)")
        }

        @Test("goes on by itself after the program was away, and says how long")
        func restart() throws {
            let directory = try TemporaryDirectory()
            let socket = directory.socket()
            func start() throws -> ChildProcess {
                try ChildProcess(
                    ExampleProgram.path("Clock"), ["--listen", "\(socket)"], stdout: .null, stderr: .null)
            }
            let first = try start()
            let nginx = try NginxServer(before: socket)
            #expect(eventually { Self.viewers(at: nginx) == 0 })
            let browser = try Browser()
            try browser.open(nginx.url("/"))
            try Self.waitForTick(browser)
            #expect(try browser.text(of: "#away").isEmpty)

            // A stream that waits does not keep the program from ending.
            #expect(try first.stop(SIGTERM) == .exited(0))
            try Self.wait(browser, for: "#status") { $0 == "Connecting again …" }
            // An error page makes an EventSource give up; the page's script has to begin anew.
            try browser.wait(until: "it has met an error page") {
                try File.text(nginx.directory.path("access.log")).contains("\"GET /ticks HTTP/1.1\" 502 ")
            }
            let second = try start()
            try Self.wait(browser, for: "#status") { $0 == "Live" }
            try Self.waitForTick(browser)
            try Self.wait(browser, for: "#away") { $0.wholeMatch(of: #/Back after \d+ s away\./#) != nil }
            #expect(try second.stop(SIGTERM) == .exited(0))
        }

        @Test("goes where it is mounted")
        func mounted() throws {
            let program = try ExampleProgram("Clock")
            let nginx = try NginxServer(before: program.socket, servers: ["include nestbox/mounted.conf;"])
            let browser = try Browser()
            try browser.open("http://\(nginx.others[0])/app")
            #expect(try browser.path == "/app/")
            try Self.wait(browser, for: "#status") { $0 == "Live" }
            try Self.wait(browser, for: "#time") { $0.contains(":") && !$0.contains("-") }
        }
    }
}
