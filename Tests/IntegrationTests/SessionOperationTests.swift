import Glibc
import HTTPTypes
import NestboxTesting
import Testing

extension Integration {
    @Suite("operating the sessions of an application that runs")
    struct SessionOperationTests {
        static let secret = SessionCommandsTests.secrets[0]

        /// Login, with sessions in files.
        private final class Site {
            let directory: TemporaryDirectory
            let environment: [String: String]
            private let program: ExampleProgram

            init() throws {
                directory = try TemporaryDirectory()
                environment = [
                    "APP_SECRET_1": SessionOperationTests.secret, "NESTBOX_SESSION_STORE": "file",
                    "NESTBOX_SESSION_FILE_DIRECTORY": directory.path("sessions"),
                ]
                program = try ExampleProgram("Login", environment: environment)
            }

            func run(_ line: String...) throws -> CommandOutput {
                try CommandOutput(ExampleProgram.path("Login"), line, environment: environment)
            }

            /// Logs ada in, and returns the cookie.
            func logIn() throws -> String {
                let page = try perform(FastCGIRequest(target: "/login"))
                let token = try #require(page.text.firstMatch(of: #/name="_csrf" value="([^"]+)"/#)?.output.1)
                let response = try perform(
                    FastCGIRequest(
                        method: "POST", target: "/login",
                        headers: [
                            ("Content-Type", "application/x-www-form-urlencoded"),
                            ("Cookie", "session=\(try session(page))"),
                        ],
                        body: Array("_csrf=\(token)&name=ada&password=Analytical-1843".utf8)))
                try #require(response.headerFields[.location] == "/")
                return try session(response)
            }

            private func perform(_ request: FastCGIRequest) throws -> CGIResponse {
                try FastCGIConnection(to: program.socket).perform(request, timeout: .seconds(30)).cgi
            }

            private func session(_ response: CGIResponse) throws -> String {
                let cookies = response.headerFields[values: .setCookie].compactMap { SetCookie(parsing: $0) }
                return try #require(cookies.first { $0.name == "session" }?.value)
            }

            func isLoggedIn(_ cookie: String) throws -> Bool {
                let request = FastCGIRequest(headers: [("Cookie", "session=\(cookie)")])
                return try FastCGIConnection(to: program.socket).perform(request).cgi.text.contains("Hello, ada")
            }
        }

        @Test("list shows logins, and revoke ends one of them or all of a user")
        func revocation() throws {
            let site = try Site()
            #expect(try site.run("session", "list").stderr == "There are no sessions.\n")
            let cookies = try (0..<3).map { _ in try site.logIn() }
            let list = try site.run("session", "list", "--user", "ada")
            #expect(list.status == .exited(0))
            #expect(list.lines.count == 4)
            #expect(list.lines.dropFirst().allSatisfy { $0.hasSuffix("  ada") })
            for cookie in cookies { #expect(!list.stdout.contains(cookie)) }
            #expect(try site.run("session", "list", "--limit", "1").lines.count == 2)
            #expect(try site.run("session", "list", "--user", "bob").lines.isEmpty)

            let key = try #require(list.lines.last?.split(separator: " ").first.map(String.init))
            #expect(key.wholeMatch(of: #/[0-9a-f]{64}/#) != nil)
            #expect(try site.run("session", "revoke", key).stdout == "1 session ended\n")
            #expect(try cookies.filter { try site.isLoggedIn($0) }.count == 2)
            let again = try site.run("session", "revoke", key)
            #expect(again.status == .exited(1))
            #expect(again.stdout.isEmpty && again.stderr.contains("no session has the key"))

            #expect(try site.run("session", "revoke", "--user", "ada").stdout == "2 sessions of ada ended\n")
            #expect(try cookies.filter { try site.isLoggedIn($0) }.isEmpty)
            #expect(try site.isLoggedIn(try site.logIn()))
        }

        @Test("gc leaves sessions that have not expired to their visitors")
        func cleaning() throws {
            let site = try Site()
            let cookies = try (0..<2).map { _ in try site.logIn() }
            let gc = try site.run("session", "gc")
            #expect(gc.status == .exited(0))
            // Beside them, that there were two before the logins.
            #expect(gc.stdout == "4 sessions and remains looked at, 0 deleted\n")
            for cookie in cookies { #expect(try site.isLoggedIn(cookie)) }
        }

        @Test("gc deletes sessions that have expired")
        func expired() throws {
            let site = try Site()
            // Another program of the same site, whose sessions live for a second.
            let environment = site.environment.merging(["NESTBOX_SESSION_MAX_AGE": "1"]) { $1 }
            let variables = CGITests.environment(adding: environment)
            let output = try ChildProcess(ExampleProgram.path("Counter"), environment: variables).output()
            #expect(try CGIResponse(parsing: output.stdout).status == 200)
            var gc: CommandOutput?
            let isGone = try eventually {
                gc = try site.run("session", "gc")
                return gc?.stdout == "1 sessions and remains looked at, 1 deleted\n"
            }
            #expect(isGone, "\(gc?.stdout ?? "")")
            #expect(try site.run("session", "list").lines.isEmpty)
        }

        @Test("a command without the application's secret harms no session, and says so")
        func wrongSecret() throws {
            let site = try Site()
            let cookie = try site.logIn()
            let other = site.environment.merging(["APP_SECRET_1": SessionCommandsTests.secrets[1]]) { $1 }
            for line in [["list"], ["list", "--user", "ada"], ["gc"], ["doctor"]] {
                let output = try CommandOutput(
                    ExampleProgram.path("Login"), ["session"] + line, environment: other)
                #expect(output.status == .exited(1), "\(line)")
                #expect((output.stdout + output.stderr).contains("cannot be read"))
            }
            #expect(try site.isLoggedIn(cookie))
        }

        @Test("sessions in files outlive the renewal of the secret, and go with the secret that sealed them")
        func rotation() throws {
            let site = try Site()
            let cookie = try site.logIn()
            let both = site.environment.merging(["APP_SECRET_2": SessionCommandsTests.secrets[1]]) { $1 }
            #expect(try CommandOutput("Login", "session", "list", environment: both).lines.count == 2)
            var variables = CGITests.environment(adding: both)
            variables["HTTP_COOKIE"] = "session=\(cookie)"
            func counted(_ variables: [String: String]) throws -> Bool {
                let output = try ChildProcess(ExampleProgram.path("Counter"), environment: variables).output()
                return try CGIResponse(parsing: output.stdout).text.contains("id=\"visits\">1<")
            }
            // The first visit has the file sealed anew.
            #expect(try !counted(variables) && counted(variables))
            variables["APP_SECRET_1"] = nil
            let output = try ChildProcess(ExampleProgram.path("Login"), environment: variables).output()
            #expect(try CGIResponse(parsing: output.stdout).text.contains("Hello, ada"))
            #expect(try !site.isLoggedIn(cookie))
        }

        @Test("doctor finds nothing wrong with it, and leaves no session behind")
        func healthy() throws {
            let site = try Site()
            let cookie = try site.logIn()
            let output = try site.run("session", "doctor")
            #expect(output.status == .exited(0), "\(output.stdout)")
            #expect(output.lines.allSatisfy { $0.hasPrefix("ok ") }, "\(output.stdout)")
            #expect(!output.stdout.contains(Self.secret))
            #expect(try site.run("session", "list").lines.count == 2)
            #expect(try site.isLoggedIn(cookie))
        }

        @Test("doctor names what keeps the application from starting, and what is open to others")
        func ill() throws {
            let site = try Site()
            func text(_ change: [String: String]) throws -> String {
                let environment = site.environment.merging(change) { $1 }
                let output = try CommandOutput("Login", "session", "doctor", environment: environment)
                #expect(output.status == .exited(1), "\(output.stdout)\(output.stderr)")
                return output.stdout
            }
            let directory = try TemporaryDirectory()
            let key = try directory.write(Self.secret, to: "key")
            chmod(key, 0o644)
            #expect(try text(["NESTBOX_SESSION_COOKIE_SAME_SITE": "sometimes"]).contains("problem  configuration"))
            #expect(try text(["NESTBOX_SESION_STORE": "file"]).contains("NESTBOX_SESION_STORE is no key"))
            #expect(
                try text(["APP_SECRET_1": "", "NESTBOX_SESSION_SECRET": Self.secret]).contains("APP_SECRET_1 is empty"))
            #expect(
                try text(["NESTBOX_SESSION_SECRET_FILE": key]).contains("secrets stand in more than one place"))
            let shown = try text(["DOCUMENT_ROOT": site.directory.path])
            #expect(shown.contains("where the web server shows files, and no .htaccess keeps it from visitors"))
            #expect(try text(["APP_SECRET_1": "hunter2"]).contains("the shortest has 7 bytes"))
            chmod(site.directory.path("sessions"), 0o770)
            #expect(try text([:]).contains("can be written by others (770)"))

            let world = try CommandOutput(
                "Counter", "session", "doctor", environment: ["NESTBOX_SESSION_SECRET_FILE": key])
            #expect(world.status == .exited(1))
            #expect(world.stdout.contains("open to other users (mode 644)"))
        }

        @Test("a weak secret is warned of in the log of a program that takes it (N8)")
        func weakSecret() throws {
            let environment = ["APP_SECRET_1": "hunter2", "NESTBOX_ENVIRONMENT": "development"]
            let program = try ExampleProgram("Counter", environment: environment)
            let log = try program.log()
            #expect(log.count { $0.contains("a secret has 7 bytes") && $0.contains(" warning ") } == 1)
            #expect(!log.joined().contains("hunter2"))
        }
    }
}
