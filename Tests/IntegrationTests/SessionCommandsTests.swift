import Glibc
import HTTPTypes
import NestboxTesting
import Testing

extension Integration {
    @Suite("the session commands of an application's own program")
    struct SessionCommandsTests {
        static let secrets = ["q2vT0mZ8xJ4nB7cR1kL6wE9sY3uH5aPd", "h7Xc2LqWm9Vt4RzKp1Ny8Jd6Fb3Gs5Ae"]

        /// Visits Counter as a CGI program: how often it has counted, and the cookie that it sent.
        private func visit(_ environment: [String: String], cookie: String? = nil) throws -> (Int, cookie: String?) {
            var variables = CGITests.environment(adding: environment)
            if let cookie { variables["HTTP_COOKIE"] = "session=\(cookie)" }
            let output = try ChildProcess(ExampleProgram.path("Counter"), environment: variables).output()
            let response = try CGIResponse(parsing: output.stdout)
            try #require(response.status == 200, "\(String(decoding: output.stderr, as: UTF8.self))")
            let visits = try #require(response.text.firstMatch(of: #/id="visits">(\d+)</#)?.output.1)
            let sent = response.headerFields[values: .setCookie].compactMap { SetCookie(parsing: $0) }
            return (try #require(Int(visits)), sent.first { $0.name == "session" }?.value)
        }

        // MARK: Secrets

        @Test("keygen makes a file that only its owner can read, whatever the umask, and overwrites none")
        func keygen() throws {
            let directory = try TemporaryDirectory()
            let path = directory.path("key")
            let made = try CommandOutput(
                "/bin/sh", ["-c", "umask 0; exec \"$0\" session keygen \"$1\"", ExampleProgram.path("Counter"), path],
                environment: [:])
            #expect(made.status == .exited(0), "\(made.stderr)")
            #expect(made.stdout.contains(path) && made.stderr.contains("NESTBOX_SESSION_SECRET_FILE=\(path)"))
            var status = stat()
            #expect(lstat(path, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o600)
            let secret = try directory.read("key")
            let again = try CommandOutput("Counter", "session", "keygen", path)
            #expect(again.status == .exited(2))
            #expect(again.stdout.isEmpty && again.stderr.contains("is there already"))
            #expect(try directory.read("key") == secret)
            symlink(directory.path("elsewhere"), directory.path("link"))
            #expect(try CommandOutput("Counter", "session", "keygen", directory.path("link")).status == .exited(2))
            #expect(access(directory.path("elsewhere"), F_OK) != 0)
        }

        @Test("sessions work with the file that keygen made")
        func keyFile() throws {
            let directory = try TemporaryDirectory()
            let environment = ["NESTBOX_SESSION_SECRET_FILE": directory.path("key")]
            #expect(try CommandOutput("Counter", "session", "keygen", environment: environment).status == .exited(0))
            let first = try visit(environment)
            #expect(first.0 == 0)
            #expect(try visit(environment, cookie: first.cookie).0 == 1)
            #expect(try CommandOutput("Counter", "session", "doctor", environment: environment).status == .exited(0))
        }

        @Test("what keygen prints is a secret and nothing else")
        func keyText() throws {
            let output = try CommandOutput("Counter", "session", "keygen")
            #expect(output.stdout.wholeMatch(of: #/[A-Za-z0-9_-]{64}\n/#) != nil)
            let environment = ["APP_SECRET_1": try #require(output.lines.first)]
            #expect(try visit(environment, cookie: try visit(environment).cookie).0 == 1)
        }

        @Test("a secret is renewed without a visitor noticing: the highest number signs, all are read")
        func rotation() throws {
            let (old, new) = (["APP_SECRET_1": Self.secrets[0]], ["APP_SECRET_2": Self.secrets[1]])
            let both = old.merging(new) { $1 }
            let first = try visit(old)
            let second = try visit(both, cookie: first.cookie)
            #expect(second.0 == 1)
            #expect(try visit(new, cookie: second.cookie).0 == 2)
            #expect(try visit(old, cookie: second.cookie).0 == 0)
            #expect(try visit(new, cookie: first.cookie).0 == 0)
        }

        // MARK: Where they are not

        @Test("no URL reaches them: a CGI program answers the request whatever its arguments are")
        func cgi() throws {
            let directory = try TemporaryDirectory()
            for line in [["session", "keygen", directory.path("x")], ["session", "doctor"], ["session"], ["sesion"]] {
                let environment = CGITests.environment(
                    query: "session+keygen", adding: ["APP_SECRET_1": Self.secrets[0]])
                let output = try ChildProcess(ExampleProgram.path("Counter"), line, environment: environment).output()
                #expect(try CGIResponse(parsing: output.stdout).text.contains("id=\"visits\">0<"))
                #expect(output.status == .exited(0))
            }
            #expect(File.names(in: directory.path).isEmpty)
        }

        @Test("nor do they run on a socket that the program was given: it serves")
        func inheritedSocket() throws {
            let directory = try TemporaryDirectory()
            let listener = try LoopbackListener(directory.socket())
            let child = try ChildProcess(
                ExampleProgram.path("Counter"), ["session", "keygen", directory.path("x")],
                environment: ["APP_SECRET_1": Self.secrets[0]], stdin: .descriptor(listener.descriptor), stdout: .null,
                stderr: .null)
            let response = try FastCGIConnection(to: listener.address).perform(FastCGIRequest())
            #expect(try response.cgi.text.contains("id=\"visits\">0<"))
            #expect(access(directory.path("x"), F_OK) != 0)
            #expect(try child.stop() == .exited(0))
        }

        @Test("words that are no command are a wrong use, and words without a command show what there is")
        func usage() throws {
            for line in [["sesion"], ["session", "lst"], ["session", "gc", "--user", "ada"], ["session", "revoke"]] {
                let output = try CommandOutput(ExampleProgram.path("Counter"), line, environment: [:])
                #expect(output.status == .exited(64), "\(line)")
                #expect(output.stdout.isEmpty && !output.stderr.isEmpty)
            }
            let bare = try CommandOutput("Counter", "session")
            #expect(bare.status == .exited(64))
            #expect(bare.stderr.contains("session keygen [PATH]"))
            let help = try CommandOutput("Counter", "session", "help")
            #expect(help.status == .exited(0))
            #expect(help.stdout == bare.stderr)
            #expect(try CommandOutput("Counter", "--help").stdout.contains("  session doctor "))
            let none = try CommandOutput("Hello", "session", "keygen")
            #expect(none.status == .exited(2))
            #expect(none.stderr.contains("no session layer"))
        }
    }
}
