import Glibc
import Nestbox
import NestboxTesting
import Testing

extension Integration {
    @Suite("reloads")
    struct ReloadTests {
        /// An nginx before a program: the shipped site, and one without kept connections.
        private static func nginx(_ program: Deployment) throws -> NginxServer {
            try NginxServer(
                before: program.socket,
                servers: [
                    """
                    location / {
                        fastcgi_pass \(program.socket);
                        fastcgi_split_path_info "(?s)^()(/.*)$";
                        include nestbox/fastcgi_params;
                    }
                    """
                ])
        }

        @Test(
            "20 reloads during 20,000 requests: none is lost, and none is answered twice",
            arguments: [[], ["--processes", "2"]])
        func deploys(arguments: [String]) async throws {
            let program = try Deployment(arguments)
            let nginx = try Self.nginx(program)
            let (reloads, requests) = (20, 20_000)
            let load = try await Load.run(6, at: [nginx.address, nginx.others[0]]) { load in
                for reload in 1...reloads {
                    let due = requests * reload / (reloads + 1)
                    #expect(eventually(within: .seconds(30)) { load.count >= due })
                    try program.reload()
                }
                #expect(eventually(within: .seconds(30)) { load.count >= requests })
            }
            #expect(load.failed.isEmpty, "\(load.failed.prefix(5)) \(nginx.errors.prefix(5))")
            #expect(nginx.errors.isEmpty, "\(nginx.errors.prefix(5))")
            let book = program.book
            #expect(book.count == Set(book.map(\.number)).count)
            #expect(Set(book.map(\.number)) == Set(load.answered))
            // Each generation had its share, and each has left.
            #expect(Set(book.map(\.processID)).count >= reloads)
            #expect(eventually { program.processes.count == (arguments.isEmpty ? 1 : 3) }, "\(program.processes)")
            #expect(!program.log.contains { $0.contains(" error ") || $0.contains(" warning ") }, "\(program.log)")
            program.signal(SIGTERM)
            #expect(eventually { program.processes.isEmpty })
            #expect(!File.exists(program.directory.path("app.sock")))
        }

        /// Sends a request on a kept connection and returns the process that has answered it.
        private static func process(on connection: FastCGIConnection) throws -> Int32 {
            let text = try connection.perform(FastCGIRequest(target: "/process"), .init(keepConnection: true)).cgi.text
            return Int32(text.dropLast()) ?? 0
        }

        @Test("kept connections go on in the new process, with all that is sent on them")
        func keptConnections() throws {
            let program = try Deployment()
            let first = program.processID
            let connections = try (0..<300).map { _ in try FastCGIConnection(to: program.socket) }
            for connection in connections { #expect(try Self.process(on: connection) == first) }
            let silent = try FastCGIConnection(to: program.socket)
            try program.reload()
            #expect(program.processID != first)
            #expect(try program.wait() == .exited(0))
            for connection in connections { #expect(try Self.process(on: connection) == program.processID) }
            #expect(try Self.process(on: silent) == program.processID)
        }

        @Test("SIGTERM to the new process at once: what is sent on kept connections meanwhile is answered")
        func endAfterReload() throws {
            let program = try Deployment()
            let connections = try (0..<300).map { _ in try FastCGIConnection(to: program.socket) }
            for connection in connections { #expect(try Self.process(on: connection) == program.processID) }
            let request = FastCGIRequest(target: "/process").encoded(.init(keepConnection: true))
            try program.reload()
            program.signal(SIGTERM)
            for connection in connections {
                guard (try? connection.send(request)) != nil else { continue }
                #expect(Int32(try FastCGIResponse(connection.readUntilClose()).cgi.text.dropLast()) ?? 0 > 0)
            }
            #expect(try program.wait() == .exited(0))
            #expect(eventually { program.processes.isEmpty })
        }

        @Test("what is under way is finished where it began, and its connection goes on in the new process")
        func underWay() throws {
            let program = try Deployment()
            let first = program.processID
            let connection = try FastCGIConnection(to: program.socket)
            _ = try Self.process(on: connection)
            try connection.send(FastCGIRequest(target: "/sleep/500").encoded(.init(keepConnection: true)))
            #expect(eventually { program.connections == 1 })
            try program.reload()
            #expect(try connection.readUntilEnd().cgi.text == "slept in \(first)\n")
            #expect(try Self.process(on: connection) == program.processID)
            #expect(program.processID != first)
            #expect(try program.wait() == .exited(0))
        }

        @Test("SIGTERM to all processes, as by systemd: what the old one has under way is still answered")
        func endOfAll() throws {
            let program = try Deployment()
            let first = program.processID
            let connection = try FastCGIConnection(to: program.socket)
            try connection.send(FastCGIRequest(target: "/sleep/700").encoded())
            #expect(eventually { program.connections == 1 })
            try program.reload()
            for process in program.processes { kill(process.id, SIGTERM) }
            #expect(eventually { !File.exists(program.directory.path("app.sock")) })
            #expect(try connection.readUntilEnd().cgi.text == "slept in \(first)\n")
            #expect(try program.wait() == .exited(0))
            #expect(eventually { program.processes.isEmpty })
        }

        @Test(
            "a new program that does not start changes nothing",
            arguments: ["fail", "crash", "hang"], [[], ["--processes", "2"]])
        func failure(how: String, arguments: [String]) throws {
            let program = try Deployment(["--timeouts-start", "1"] + arguments)
            let before = program.processes
            try program.obstruct(how)
            program.signal(SIGHUP)
            #expect(eventually { program.log.contains { $0.contains("no reload: ") } })
            let reason = try #require(program.log.first { $0.contains("no reload: ") })
            let words = ["fail": "ended with status 3", "crash": "signal 6", "hang": "in time ('timeouts.start')"][how]
            #expect(reason.contains(try #require(words)))
            #expect(eventually { program.processes == before })
            #expect(try Self.process(on: FastCGIConnection(to: program.socket)) != 0)
            try program.obstruct(nil)
            try program.reload()
            #expect(eventually { program.processes.count == before.count && program.processes != before })
            #expect(try Self.process(on: FastCGIConnection(to: program.socket)) != 0)
        }

        @Test("a reload that is asked for during another one follows it", arguments: [[], ["--processes", "1"]])
        func another(arguments: [String]) throws {
            let program = try Deployment(arguments)
            let before = program.reloads
            program.signal(SIGHUP)
            #expect(eventually { program.log.contains { $0.contains(" starting ") } })
            program.signal(SIGUSR2)
            program.signal(SIGHUP)
            #expect(eventually { program.reloads >= before + 2 })
            #expect(eventually { program.processes.count == (arguments.isEmpty ? 1 : 2) })
            #expect(try Self.process(on: FastCGIConnection(to: program.socket)) != 0)
        }

        @Test("SIGTERM while a new process starts ends both", arguments: [[], ["--processes", "2"]])
        func endDuringReload(arguments: [String]) throws {
            let program = try Deployment(arguments)
            try program.obstruct("hang")
            program.signal(SIGHUP)
            #expect(eventually { program.log.contains { $0.contains(" starting ") } })
            program.signal(SIGTERM)
            #expect(try program.wait() == .exited(0))
            #expect(eventually { program.processes.isEmpty })
            #expect(!File.exists(program.directory.path("app.sock")))
        }

        @Test("what is started is what the path leads to by then", arguments: [[], ["--processes", "2"]])
        func link(arguments: [String]) throws {
            let program = try Deployment(arguments)
            try program.replace(with: "Hello")
            try program.reload()
            #expect(eventually { program.processes.count == (arguments.isEmpty ? 1 : 3) })
            let answer = try FastCGIConnection(to: program.socket).perform(FastCGIRequest(target: "/")).cgi
            #expect(answer.text == "Hello from Nestbox\n")
        }

        @Test("a program that was started by a relative path and has gone elsewhere finds itself")
        func relativePath() throws {
            let directory = try TemporaryDirectory()
            let socket = directory.socket("app.sock")
            try #require(symlink(ExampleProgram.path("Ledger"), directory.path("program")) == 0)
            let first = try ChildProcess(
                "./program", ["--listen", "\(socket)"], environment: ["LEDGER_DIRECTORY": "/"],
                workingDirectory: directory.path, stdout: .null, stderr: .null)
            var serving: Int32?
            func ask() -> Int32? { try? Self.process(on: FastCGIConnection(to: socket)) }
            #expect(eventually { ask() == first.processID })
            first.terminate(SIGHUP)
            #expect(
                eventually {
                    serving = ask()
                    return serving != nil && serving != first.processID
                })
            #expect(try first.wait() == .exited(0))
            kill(try #require(serving), SIGTERM)
            #expect(eventually { ask() == nil })
        }

        @Test("programs that handlers start get nothing of it all", arguments: [[], ["--processes", "2"]])
        func children(arguments: [String]) throws {
            let program = try Deployment(arguments, environment: ["LISTEN_PID": "1", "LISTEN_FDS": "1"])
            for _ in 0..<2 {
                for target in ["/child", "/variables"] {
                    let answer = try FastCGIConnection(to: program.socket).perform(FastCGIRequest(target: target))
                    #expect(try answer.cgi.text == "\n", "\(target)")
                }
                try program.reload()
            }
        }

        @Test("a new process on TCP takes over the port")
        func port() throws {
            let port = try freeLoopbackPort()
            let program = try Deployment(listen: "127.0.0.1:\(port)")
            let connection = try FastCGIConnection(to: .port(port))
            #expect(try Self.process(on: connection) == program.processID)
            try program.reload()
            #expect(try Self.process(on: connection) == program.processID)
            #expect(try Self.process(on: FastCGIConnection(to: .port(port))) == program.processID)
        }
    }
}
