import Glibc
import NestboxTesting
import Testing

extension Integration {
    @Suite("serve")
    struct ServeTests {
        @Test("runs the program behind an nginx of its own, and shows each request in the terminal")
        func serves() throws {
            let hello = try ServedExample("Hello")
            let response = try hello.request("/hello/you")
            #expect(response.text == "Hello, you\n")
            #expect(response.field("server")?.hasPrefix("nginx") == true)
            #expect(hello.output.contains("program is at http://127.0.0.1:\(hello.port)/ (Ctrl-C stops it)"))
            #expect(eventually { hello.log.contains(" nestbox.access GET /hello/you 200 ") })
            #expect(!hello.log.contains("nginx:"), "\(hello.log)")
        }

        @Test(
            "leaves no process, no directory and no port when it is told to end",
            arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
        func ends(signal: Int32) throws {
            let hello = try ServedExample("Hello")
            #expect(try hello.request().status == 200)
            #expect(hello.family.count >= 4)
            hello.terminate(signal)
            #expect(try hello.wait() == .exited(0), "\(hello.log)")
            #expect(hello.isGone)
            #expect(File.names(in: hello.temporary.path).isEmpty)
            #expect(throws: TestingError.self) { try hello.request() }
        }

        @Test("ends by SIGINT in the background of a shell without job control, which has it ignored")
        func ignoredSignal() throws {
            let hello = try ServedExample("Hello", shell: "trap '' INT; exec \"$0\" \"$@\"")
            hello.terminate(SIGINT)
            #expect(try hello.wait() == .exited(0))
            #expect(hello.isGone)
        }

        @Test("takes its children with it when it is killed, and the next one removes its directory")
        func killed() throws {
            let temporary = try TemporaryDirectory()
            let first = try ServedExample("Hello", in: temporary)
            let left = File.names(in: temporary.path)
            #expect(left.count == 1)
            first.terminate(SIGKILL)
            _ = try first.wait()
            #expect(eventually { first.isGone })
            let second = try ServedExample("Hello", in: temporary)
            #expect(Set(File.names(in: temporary.path)).isDisjoint(with: left))
            // One that runs is left alone.
            let third = try ServedExample("Hello", in: temporary)
            #expect(try second.request().status == 200)
            #expect(try third.request().status == 200)
            #expect(File.names(in: temporary.path).count == 2)
        }

        @Test("ends when nginx does")
        func nginxEnds() throws {
            let hello = try ServedExample("Hello")
            kill(try #require(hello.process("nginx")), SIGKILL)
            #expect(try hello.wait() == .exited(1))
            #expect(hello.log.contains("nginx was ended by signal 9"))
            #expect(eventually { hello.isGone })
            #expect(File.names(in: hello.temporary.path).isEmpty)
        }

        // MARK: Builds

        @Test("starts what was built anew, and no request fails meanwhile")
        func rebuilt() async throws {
            let hello = try ServedExample("Hello")
            let port = hello.port
            let (failures, requests, end) = (Progress(), Progress(), Progress())
            let visitor = Task {
                try await onOwnThread {
                    while end.count == 0 {
                        let response = try? HTTPConnection(to: .port(port), timeout: .seconds(20)).request("GET", "/")
                        if response?.status != 200 { failures.add(1) }
                        requests.add(1)
                    }
                }
            }
            #expect(eventually { requests.count > 20 })
            try hello.replace(with: "Clock")
            #expect(try eventually(within: .seconds(30)) { try hello.request().text.contains("<html") })
            let before = requests.count
            #expect(eventually { requests.count > before + 20 })
            end.add(1)
            try await visitor.value
            #expect(failures.count == 0)
            #expect(hello.log.contains("program was built anew"))
        }

        @Test("shows why a build does not start, in the terminal and in the browser, and starts the next one")
        func brokenBuild() throws {
            let hello = try ServedExample("Hello")
            try hello.replace(withScript: "echo 'no <luck>' >&2; exit 3")
            #expect(try eventually(within: .seconds(20)) { try hello.request().status == 502 })
            #expect(
                eventually { hello.log.contains("ended with status 3 before it served. Waiting for the next build") })
            let page = try hello.request()
            #expect(page.field("content-type") == "text/html; charset=utf-8")
            #expect(page.text.contains("<pre>no &lt;luck&gt;\n</pre>") && page.text.contains("ended with status 3"))
            #expect(hello.log.contains("no <luck>\n"))
            try hello.replace(with: "Hello")
            #expect(try eventually(within: .seconds(20)) { try hello.request().status == 200 })
        }

        @Test("shows the page of a broken build without what the program has written, in production")
        func production() throws {
            let hello = try ServedExample("Hello", ["--port", "0", "--environment", "production"])
            try hello.replace(withScript: "echo secret >&2; exit 3")
            #expect(try eventually(within: .seconds(20)) { try hello.request().status == 502 })
            #expect(eventually { hello.log.contains("Waiting") })
            #expect(try !hello.request().text.contains("secret"))
        }

        @Test("waits with a build until it can be executed")
        func unfinishedBuild() throws {
            let hello = try ServedExample("Hello")
            let program = try #require(hello.process("program"))
            try hello.replace(withScript: "exit 3", mode: 0o644)
            // Two looks at the file, and more.
            #expect(!eventually(within: .seconds(1)) { hello.process("program") != program })
            #expect(try hello.request().status == 200)
            #expect(chmod(hello.directory.path("program"), 0o755) == 0)
            #expect(eventually { hello.log.contains("ended with status 3 before it served") })
        }

        @Test("starts a program again that has crashed")
        func crash() throws {
            let hello = try ServedExample("Hello")
            let program = try #require(hello.process("program"))
            kill(program, SIGKILL)
            #expect(eventually { hello.process("program").map { $0 != program } ?? false })
            #expect(try hello.request().status == 200)
            #expect(hello.log.contains("program was ended by signal 9 (Killed), and is started again"))
        }

        @Test("waits ever longer with a program that crashes again and again")
        func crashes() throws {
            let hello = try ServedExample("Hello")
            for delay in ["", " in 0.1 s", " in 0.2 s", " in 0.4 s"] {
                let program = try #require(hello.process("program"))
                #expect(try hello.request().status == 200)
                kill(program, SIGKILL)
                #expect(eventually { hello.log.contains("(Killed), and is started again\(delay)\n") })
                #expect(try hello.request().status == 200)
            }
        }

        @Test("says that a program does not answer")
        func silent() throws {
            let hello = try ServedExample("Hello")
            try hello.replace(withScript: "exec sleep 60")
            #expect(eventually(within: .seconds(20)) { hello.log.contains("program has not answered yet.") })
        }

        @Test("knows visitors after a restart, with a secret of its own when none is configured")
        func secret() throws {
            let counter = try ServedExample("Counter")
            #expect(counter.log.contains("visitors are forgotten when this ends"))
            let cookie = try #require(try counter.request().field("set-cookie")?.split(separator: ";").first)
            try counter.replace(with: "Counter")
            #expect(eventually(within: .seconds(20)) { counter.log.contains("was built anew") })
            let again = try counter.request(headers: [("Cookie", String(cookie))])
            #expect(again.text.contains(#/id="visits">1</#))
        }

        // MARK: What it is started with

        @Test("sends the files of the directory public beside the program, but for those that are hidden")
        func files() throws {
            let hello = try ServedExample(
                "Hello", ["--port", "0", "--static", "/css/=css"],
                shell: """
                    cd "${0%/*}" && mkdir css && echo 'body {}' >css/a.css && echo x >css/.b.css && exec "$0" "$@"
                    """)
            let file = try hello.request("/css/a.css")
            #expect(file.text == "body {}\n")
            #expect(file.field("content-type") == "text/css; charset=utf-8")
            #expect(try hello.request("/css/.b.css").status == 404)
            #expect(try hello.request("/css/").status == 404)
            #expect(try hello.request("/").text == "Hello from Nestbox\n")
            #expect(hello.output.contains("Files of \(hello.directory.path("css")) are at /css/"))
        }

        @Test("has the limits and the mount point of the application")
        func configuration() throws {
            let hello = try ServedExample("Hello", ["--port", "0", "--base-path", "/app", "--limits-body=1000"])
            #expect(hello.output.contains(":\(hello.port)/app/ "))
            #expect(try hello.request("/app/hello/you").text == "Hello, you\n")
            let body = [UInt8](repeating: 0, count: 2000)
            let response = try HTTPConnection(to: .port(hello.port)).request("POST", "/app/", body: body)
            #expect(response.status == 413)
            // What nginx says of it is shown as its own.
            #expect(eventually { hello.log.contains(#/nginx: .* client intended to send too large body/#) })
        }

        @Test("takes the next port when one is taken, and says so when it was told which")
        func ports() throws {
            let first = try ServedExample("Hello", [])
            let second = try ServedExample("Hello", [])
            #expect(first.port >= 8080 && second.port > first.port)
            let output = try CommandOutput("Hello", "serve", "--port", "\(first.port)", environment: environment(first))
            #expect(output.status == .exited(2))
            #expect(output.stderr.contains("port \(first.port) of 127.0.0.1 is taken. Choose another"))
        }

        private func environment(_ other: ServedExample) -> [String: String] {
            ServedExample.environment(other.temporary)
        }

        static let wrong: [([String], Int32, String)] = [
            (["--port", "x"], 64, "--port=x"), (["--port", "65536"], 64, "--port=65536"),
            (["--port", "0", "--static", "/nowhere/at/all"], 2, "/nowhere/at/all is no directory"),
            (["--port", "0", "--static", Repository.products], 2, "the program itself is there"),
            (["--port", "0", "--workers", "many"], 2, "--workers=many"), (["now"], 64, "takes no 'now'"),
        ]

        @Test("says what is wrong with its options", arguments: wrong)
        func options(line: [String], status: Int32, text: String) throws {
            let temporary = try TemporaryDirectory()
            let output = try CommandOutput(
                ExampleProgram.path("Hello"), ["serve"] + line, environment: ServedExample.environment(temporary))
            #expect(output.status == .exited(status))
            #expect(output.stderr.contains(text), "\(output.stderr)")
            #expect(File.names(in: temporary.path).isEmpty)
        }

        @Test("ends with the program's message when that does not start at all")
        func firstStart() throws {
            let temporary = try TemporaryDirectory()
            let output = try CommandOutput(
                "Counter", "serve", "--port", "0", "--session-secret-file", "/nowhere/at/all",
                environment: ServedExample.environment(temporary))
            #expect(output.status == .exited(2))
            #expect(output.stderr.contains("/nowhere/at/all"), "\(output.stderr)")
            #expect(output.stderr.contains("Counter ended with status 2 before it served"), "\(output.stderr)")
            #expect(File.names(in: temporary.path).isEmpty)
        }

        @Test(
            "says how nginx is installed when there is none",
            arguments: [("apt-get", "apt-get install nginx-light"), ("dnf", "dnf install nginx"), ("none", "packages")])
        func missing(tool: String, command: String) throws {
            let temporary = try TemporaryDirectory()
            try temporary.write("#!/bin/sh\n", to: tool, mode: 0o755)
            let output = try CommandOutput("Hello", "serve", environment: ["PATH": temporary.path])
            #expect(output.status == .exited(2))
            #expect(output.stderr.contains("nginx is missing") && output.stderr.contains(command), "\(output.stderr)")
        }
    }
}
