import Glibc
import HTTPTypes
import NestboxTesting
import Testing

extension Integration {
    @Suite("as CGI programs")
    struct CGITests {
        /// The environment that a server gives a CGI program (RFC 3875 §4.1).
        static func environment(
            _ method: String = "GET", path: String = "/", query: String = "", adding others: [String: String] = [:]
        ) -> [String: String] {
            [
                "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_SOFTWARE": "test",
                "SERVER_NAME": "localhost", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1", "REQUEST_METHOD": method,
                "SCRIPT_NAME": "/app.cgi", "PATH_INFO": path, "QUERY_STRING": query,
                "REQUEST_URI": "/app.cgi\(path)\(query.isEmpty ? "" : "?\(query)")",
            ].merging(others) { $1 }
        }

        private func run(
            _ program: String = "Conformance", _ arguments: [String] = [], environment: [String: String],
            input: [UInt8] = []
        ) throws -> (response: CGIResponse, stderr: String, status: ChildProcess.ExitStatus) {
            let child = try ChildProcess(
                ExampleProgram.path(program), arguments, environment: environment, stdin: .pipe)
            let output = try child.output(input: input)
            return (
                try CGIResponse(parsing: output.stdout), String(decoding: output.stderr, as: UTF8.self), output.status
            )
        }

        @Test("they answer the request of their environment and end")
        func answer() throws {
            let result = try run("Hello", environment: Self.environment(path: "/hello/you"))
            #expect(result.response.status == 200)
            #expect(result.response.reasonPhrase == "OK")
            #expect(result.response.text == "Hello, you\n")
            #expect(result.response.headerFields[.contentLength] == "11")
            #expect(result.stderr == "")
            #expect(result.status == .exited(0))
        }

        @Test(
            "what a URL can put into their arguments means nothing",
            arguments: [["--help"], ["--listen", "127.0.0.1:9"], ["-h"], ["--unknown"], ["\0"], ["serve"]])
        func arguments(_ arguments: [String]) throws {
            let result = try run("Hello", arguments, environment: Self.environment(query: arguments[0]))
            #expect(result.response.text == "Hello from Nestbox\n")
            #expect(result.status == .exited(0))
        }

        @Test(
            "they are mounted where the server says, whatever the target looks like",
            arguments: [
                // PATH_INFO, target, path
                ("/echo/a b", "/app.cgi/echo/a%20b", "/echo/a b"), ("/echo//", "/app.cgi/echo/%2F", "/echo//"),
                ("/echo", "/app.cgi/echo", "/echo"), ("/echo/x", "/short/echo/x", "/echo/x"),
            ])
        func mountPoint(info: String, target: String, path: String) throws {
            let result = try run(environment: Self.environment(path: info, adding: ["REQUEST_URI": target]))
            let base = target.hasPrefix("/short") ? "/short" : "/app.cgi"
            #expect(result.response.text.contains(#""scriptName":"\#(base)""#), "\(result.response.text)")
            #expect(result.response.text.contains(#""path":"\#(path)""#), "\(result.response.text)")
            #expect(result.response.text.contains(#""rawPath":"\#(target)""#), "\(result.response.text)")
        }

        @Test("they read as much of their input as CONTENT_LENGTH says, and leave the rest")
        func contentLength() throws {
            let environment = Self.environment("POST", path: "/echo", adding: ["CONTENT_LENGTH": "5"])
            let child = try ChildProcess(
                ExampleProgram.path("Conformance"), environment: environment, stdin: .pipe)
            // The pipe stays open: a program that read to its end would never answer.
            try child.write(Array("0123456789".utf8))
            let status = try child.wait()
            #expect(status == .exited(0))
            let response = try CGIResponse(parsing: try child.output().stdout)
            #expect(response.text.contains(#""bodySize":5"#))
        }

        @Test("they read their input to its end without a CONTENT_LENGTH")
        func withoutLength() throws {
            let result = try run(
                environment: Self.environment("POST", path: "/echo"), input: BodyTests.pattern(100_000))
            #expect(result.response.text.contains(#""bodySize":100000"#))
        }

        @Test("a body of 1 MiB comes and goes")
        func large() throws {
            let length = 1 << 20
            let result = try run(
                environment: Self.environment("POST", path: "/echo", adding: ["CONTENT_LENGTH": String(length)]),
                input: [UInt8](repeating: 7, count: length))
            #expect(result.response.text.contains(#""bodySize":1048576"#))
            let answer = try run(environment: Self.environment(path: "/size/\(length)"))
            #expect(answer.response.body == [UInt8](repeating: UInt8(ascii: "x"), count: length))
            #expect(answer.status == .exited(0))
        }

        @Test("a body that is shorter than it was declared is a bad request")
        func shortBody() throws {
            let result = try run(
                environment: Self.environment("POST", path: "/echo", adding: ["CONTENT_LENGTH": "5"]),
                input: [1, 2, 3])
            #expect(result.response.status == 400)
            #expect(result.status == .exited(0))
        }

        @Test(
            "a length that is none is a bad request, and one beyond the limit too large",
            arguments: [("12abc", 400), ("+5", 400), (" 5", 400), ("99999999999999999999", 413), ("99999999", 413)])
        func lengths(text: String, status: Int) throws {
            let result = try run(
                environment: Self.environment("POST", path: "/echo", adding: ["CONTENT_LENGTH": text]), input: [1])
            #expect(result.response.status == status)
        }

        @Test("input that they do not read does not keep them")
        func unread() throws {
            let result = try run(
                environment: Self.environment("POST", path: "/discard", adding: ["CONTENT_LENGTH": "1000000"]),
                input: [UInt8](repeating: 7, count: 1_000_000))
            #expect(result.response.text == "discarded\n")
            #expect(result.status == .exited(0))
        }

        @Test("an error is a response without its cause, which goes to the server's log")
        func failure() throws {
            let result = try run(environment: Self.environment(path: "/error"))
            #expect(result.response.status == 500)
            #expect(!result.response.text.contains("SECRET-DETAIL"))
            #expect(result.stderr.contains("SECRET-DETAIL"))
            #expect(result.status == .exited(0))
        }

        @Test("a response that broke off shows in the exit status")
        func brokenOff() throws {
            let result = try run(environment: Self.environment(path: "/error-after-start"))
            #expect(result.response.text == "started\n")
            #expect(result.status == .exited(1))
        }

        @Test("what they print does not get into the response")
        func printing() throws {
            let result = try run("Talkative", environment: Self.environment(path: "/print"))
            #expect(result.response.text == "response\n")
            #expect(result.stderr.contains("printed before the start\n"))
            #expect(result.stderr.contains("printed by a handler\n"))
            #expect(result.status == .exited(0))
        }

        @Test("a proxy that a client names is not in the environment of what they start")
        func proxy() throws {
            let result = try run(
                "Talkative",
                environment: Self.environment(path: "/proxy", adding: ["HTTP_PROXY": "http://evil.example"]))
            #expect(result.response.text == "no proxy\n")
        }

        @Test("a server that has gone away ends them", arguments: ["/stream/1000000", "/size/10000000"])
        func gone(path: String) throws {
            var ends: [Int32] = [0, 0]
            #expect(pipe(&ends) == 0)
            close(ends[0])
            defer { close(ends[1]) }
            let child = try ChildProcess(
                ExampleProgram.path("Conformance"), environment: Self.environment(path: path),
                stdout: .descriptor(ends[1]))
            #expect(try child.wait() == .exited(1))
        }

        @Test("a stream of events that waits has heartbeats, and ends when the server has gone away")
        func events() throws {
            var ends: [Int32] = [0, 0]
            #expect(pipe(&ends) == 0)
            let child = try ChildProcess(
                ExampleProgram.path("Talkative"), environment: Self.environment(path: "/events"),
                stdout: .descriptor(ends[1]))
            close(ends[1])
            var (buffer, output) = ([UInt8](repeating: 0, count: 4096), [UInt8]())
            let end = Array("data: and then nothing\n\n:\n\n:\n\n".utf8)
            while output.firstRange(of: end) == nil {
                let count = read(ends[0], &buffer, buffer.count)
                try #require(count > 0)
                output += buffer[..<count]
            }
            close(ends[0])
            #expect(try child.wait() == .exited(1))
        }

        @Test(
            "HEAD, 204 and 304 have no body",
            arguments: [("HEAD", "/size/10", 200), ("GET", "/status/204", 204), ("GET", "/status/304", 304)])
        func withoutBody(method: String, path: String, status: Int) throws {
            let result = try run(environment: Self.environment(method, path: path))
            #expect(result.response.status == status)
            #expect(result.response.body.isEmpty)
            #expect(result.response.headerFields[.contentLength] == (method == "HEAD" ? "10" : nil))
        }

        @Test("what else is in the environment does not matter")
        func listenVariables() throws {
            let result = try run(
                "Hello",
                environment: Self.environment(adding: ["LISTEN_FDS": "1", "LISTEN_PID": "1", "HTTP_PROXY": "x"]))
            #expect(result.response.text == "Hello from Nestbox\n")
        }

        @Test(
            "a configuration that cannot be is a response, too, whether the program reads it first or leaves it to run()",
            arguments: ["Hello", "Conformance", "Guestbook"])
        func configuration(program: String) throws {
            let result = try run(program, environment: Self.environment(adding: ["NESTBOX_WORKERS": "none"]))
            #expect(result.response.status == 500)
            #expect(!result.response.text.contains("WORKERS"))
            #expect(result.stderr.contains("NESTBOX_WORKERS=none"))
            #expect(result.stderr.split(separator: "\n").count == 1, "\(result.stderr)")
            #expect(result.status == .exited(1))
            for command in [["check"], ["session", "doctor"]] {
                let output = try CommandOutput(
                    ExampleProgram.path(program), command, environment: ["NESTBOX_WORKERS": "none"])
                #expect(output.status == .exited(1))
                #expect(output.stdout.contains("problem  configuration: NESTBOX_WORKERS=none in the environment"))
            }
            let shown = try run(
                program,
                environment: Self.environment(adding: ["NESTBOX_WORKERS": "none", "NESTBOX_ENVIRONMENT": "development"])
            )
            #expect(shown.response.text.contains("NESTBOX_WORKERS=none in the environment"))
        }

        @Test("streams that the server closed do no harm", arguments: ["0<&-", "2>&-", "0<&- 2>&-"])
        func closedStreams(closing: String) throws {
            let child = try ChildProcess(
                "/bin/sh", ["-c", "exec \(ExampleProgram.path("Conformance")) \(closing)"],
                environment: Self.environment(path: "/stderr", query: "text=noise&repeat=3"))
            let output = try child.output()
            let response = try CGIResponse(parsing: output.stdout)
            #expect(response.status == 200)
            #expect(response.text == "ok")
            #expect(output.status == .exited(0))
        }

        @Test("behind nginx and fcgiwrap they are what they are over FastCGI", .enabled(if: CGIWrapper.isInstalled))
        func fcgiwrap() throws {
            let wrapper = try CGIWrapper()
            let nginx = try NginxServer(
                before: wrapper.directory.socket("nobody"), servers: [wrapper.server("Conformance")])
            let echo = try nginx.request("GET", "/cgi/app/echo/a%20b//c?x=1", to: 0)
            #expect(echo.status == 200)
            #expect(echo.text.contains(#""scriptName":"/cgi/app""#), "\(echo.text)")
            #expect(echo.text.contains(#""path":"/echo/a b//c""#), "\(echo.text)")
            #expect(echo.text.contains(#""query":[["x","1"]]"#), "\(echo.text)")
            let body = BodyTests.pattern(1 << 20)
            let posted = try nginx.request("POST", "/cgi/app/echo", body: body, to: 0)
            #expect(posted.text.contains(#""bodySize":1048576"#), "\(posted.text)")
            #expect(try nginx.request("POST", "/cgi/app/discard", body: body, to: 0).text == "discarded\n")
            #expect(try nginx.request("GET", "/cgi/app/size/\(1 << 20)", to: 0).body.count == 1 << 20)
            #expect(try nginx.request("GET", "/cgi/app/error", to: 0).status == 500)
            #expect(try nginx.request("HEAD", "/cgi/app/size/10", to: 0).field("Content-Length") == "10")
            #expect(try nginx.request("GET", "/cgi/app/status/204", to: 0).status == 204)
        }

        @Test("200 of them, one after the other, leave nothing behind")
        func many() throws {
            let directory = try TemporaryDirectory()
            let before = File.names(in: "/dev/shm")
            for _ in 0..<200 {
                let child = try ChildProcess(
                    ExampleProgram.path("Hello"), environment: Self.environment(adding: ["TMPDIR": directory.path]),
                    workingDirectory: directory.path)
                #expect(try child.output().status == .exited(0))
            }
            #expect(File.names(in: directory.path).isEmpty)
            #expect(File.names(in: "/dev/shm") == before)
        }
    }
}
