import Glibc
import Nestbox
import NestboxTesting
import Testing

extension Integration {
    @Suite("spawners and systemd")
    struct SpawnersTests {
        private static func process(at socket: LoopbackAddress) throws -> Int32 {
            try process(on: FastCGIConnection(to: socket))
        }

        private static func process(on connection: FastCGIConnection) throws -> Int32 {
            let text = try connection.perform(FastCGIRequest(target: "/process"), .init(keepConnection: true)).cgi.text
            return Int32(text.dropLast()) ?? 0
        }

        /// A directory with a link to the program Ledger, which names its processes.
        private struct Place {
            let directory: TemporaryDirectory
            let socket: LoopbackAddress

            init() throws {
                directory = try TemporaryDirectory()
                socket = directory.socket("app.sock")
                try link("Ledger")
            }

            var program: String { directory.path("program") }
            /// The processes that the link was started as, those with it as an argument left out.
            var processes: Set<Process.Identity> {
                Process.naming(program).filter { process in
                    let line = (try? File.text("/proc/\(process.id)/cmdline")) ?? ""
                    return line.hasPrefix(program)
                }
            }
            var log: String { (try? directory.read("log")) ?? "" }

            /// Has the link lead to another program, with none in between.
            func link(_ name: String) throws {
                guard symlink(ExampleProgram.path(name), directory.path("new")) == 0,
                    rename(directory.path("new"), program) == 0
                else { throw File.SystemError("symlink") }
            }

            func end() {
                for process in processes { kill(process.id, SIGTERM) }
                Process.end(processes, grace: .seconds(5))
            }
        }

        @Test("spawn-fcgi: one process, or four on one socket; one that leaves is not missed", arguments: [1, 4])
        func spawnFCGI(count: Int) throws {
            let place = try Place()
            defer { place.end() }
            let spawner = try #require(Repository.tool("spawn-fcgi"))
            let output = try ChildProcess(
                spawner, ["-s", place.directory.path("app.sock"), "-F", "\(count)", "--", place.program],
                stderr: .file(place.directory.path("log"))
            ).output()
            #expect(output.status == .exited(0), "\(place.log)")
            #expect(eventually { place.processes.count == count })
            #expect(try Self.process(at: place.socket) != 0)
            guard count > 1 else { return }
            var seen: Set<Int32> = []
            #expect(
                try eventually {
                    seen.insert(try Self.process(at: place.socket))
                    return seen.count > 1
                })
            let first = try #require(place.processes.first)
            kill(first.id, SIGTERM)
            #expect(eventually { place.processes.count == count - 1 })
            for _ in 0..<20 { #expect(try Self.process(at: place.socket) != first.id) }
        }

        @Test("after spawn-fcgi, which does not stay, SIGHUP brings a new process")
        func reloadAfterSpawnFCGI() throws {
            let place = try Place()
            defer { place.end() }
            let spawner = try #require(Repository.tool("spawn-fcgi"))
            let output = try ChildProcess(
                spawner, ["-s", place.directory.path("app.sock"), "--", place.program]
            ).output()
            #expect(output.status == .exited(0))
            let connection = try FastCGIConnection(to: place.socket)
            var processes = [try Self.process(on: connection)]
            for _ in 0..<3 {
                let last = try #require(processes.last)
                kill(last, SIGHUP)
                #expect(eventually { !place.processes.contains { $0.id == last } })
                processes.append(try Self.process(on: connection))
                #expect(try Self.process(at: place.socket) == processes.last)
            }
            #expect(Set(processes).count == 4)
        }

        @Test(
            "systemd's socket activation: several sockets, and a reload keeps them",
            arguments: [[], ["--processes", "2"]])
        func activation(arguments: [String]) throws {
            let place = try Place()
            defer { place.end() }
            let activate = try #require(Repository.tool("systemd-socket-activate"))
            let port = try freeLoopbackPort()
            let child = try ChildProcess(
                activate,
                [
                    "-l", place.directory.path("app.sock"), "-l", "127.0.0.1:\(port)", "--fdname=one:two",
                    place.program,
                    "--log-level", "notice",
                ] + arguments, stdout: .null, stderr: .file(place.directory.path("log")))
            defer { _ = try? child.stop() }
            #expect(eventually { place.log.contains("Listening on") })
            // The first connection starts the program, in place of the tool.
            let kept = try FastCGIConnection(to: place.socket)
            let first = try Self.process(on: kept)
            #expect(arguments.isEmpty == (first == child.processID), "\(place.log)")
            #expect(try Self.process(at: .port(port)) != 0)
            kill(child.processID, SIGHUP)
            #expect(
                try eventually {
                    let processes = [try Self.process(on: kept), try Self.process(at: .port(port))]
                    return !processes.contains(first) && !processes.contains(0)
                }, "\(place.log)")
            #expect(File.exists(place.directory.path("app.sock")))
        }

        @Test(
            "systemd's socket activation: 20 reloads under load, and no request is lost or answered twice",
            arguments: [[], ["--processes", "2"]])
        func reloadsUnderActivation(arguments: [String]) async throws {
            let place = try Place()
            defer { place.end() }
            let activate = try #require(Repository.tool("systemd-socket-activate"))
            let book = place.directory.path("book")
            let child = try ChildProcess(
                activate,
                ["-l", place.directory.path("app.sock"), "-E", "LEDGER_BOOK=\(book)", place.program]
                    + ["--log-level", "notice"] + arguments,
                stdout: .null, stderr: .file(place.directory.path("log")))
            defer { _ = try? child.stop() }
            #expect(eventually { place.log.contains("Listening on") })
            let nginx = try NginxServer(before: place.socket)
            let isDone = arguments.isEmpty ? " serves; finishing" : " notice nestbox reload: all new"
            let load = try await Load.run(6, at: [nginx.address]) { load in
                for reload in 1...20 {
                    #expect(eventually(within: .seconds(30)) { load.count >= 200 * reload })
                    // The one that serves, which is the only one of them once its predecessor has left.
                    let serving = arguments.isEmpty ? try Self.process(at: place.socket) : child.processID
                    kill(serving, SIGHUP)
                    #expect(eventually { place.log.count(of: isDone) == reload }, "\(reload)")
                }
                #expect(eventually(within: .seconds(30)) { load.count >= 4400 })
            }
            #expect(load.failed.isEmpty, "\(load.failed.prefix(5)) \(nginx.errors.prefix(5))")
            let numbers = try File.lines(book).map { String($0.prefix { $0 != " " }) }
            #expect(numbers.count == Set(numbers).count)
            #expect(Set(numbers) == Set(load.answered))
            #expect(File.exists(place.directory.path("app.sock")))
        }

        @Test("a listening socket as standard input, blocking or not", arguments: [false, true])
        func standardInput(isNonBlocking: Bool) throws {
            let place = try Place()
            defer { place.end() }
            let listener = try LoopbackListener(.unix(path: place.directory.path("app.sock")))
            if isNonBlocking { _ = fcntl(listener.descriptor, F_SETFL, O_NONBLOCK) }
            let child = try ChildProcess(
                place.program, stdin: .descriptor(listener.descriptor), stdout: .null, stderr: .null)
            #expect(try Self.process(at: place.socket) == child.processID)
            // What connects while nobody serves waits for the next process.
            child.terminate()
            #expect(try child.wait() == .exited(0))
            let connection = try FastCGIConnection(to: place.socket)
            let next = try ChildProcess(
                place.program, stdin: .descriptor(listener.descriptor), stdout: .null, stderr: .null)
            #expect(try Self.process(on: connection) == next.processID)
            #expect(try next.stop() == .exited(0))
        }

        @Test(
            "a program whose file was replaced leaves, if its spawner is there to start the new one",
            arguments: ["", "SIGHUP"])
        func replaced(signal: String) throws {
            let place = try Place()
            defer { place.end() }
            let listener = try LoopbackListener(.unix(path: place.directory.path("app.sock")))
            let child = try ChildProcess(
                place.program, stdin: .descriptor(listener.descriptor), stdout: .null,
                stderr: .file(place.directory.path("log")))
            let connection = try FastCGIConnection(to: place.socket, timeout: .seconds(30))
            #expect(try Self.process(on: connection) == child.processID)
            // It is under way when the program is replaced.
            try connection.send(FastCGIRequest(target: "/sleep/3000").encoded(.init(keepConnection: true)))
            if signal.isEmpty { try place.link("Hello") } else { kill(child.processID, SIGHUP) }
            let answer = FastCGIResponse(try connection.readUntilClose())
            #expect(try answer.cgi.text == "slept in \(child.processID)\n")
            #expect(try child.wait() == .exited(0))
            #expect(place.log.contains("leaving"))
            let next = try ChildProcess(
                place.program, stdin: .descriptor(listener.descriptor), stdout: .null, stderr: .null)
            let target = signal.isEmpty ? "/" : "/process"
            let text = try FastCGIConnection(to: place.socket).perform(FastCGIRequest(target: target)).cgi.text
            #expect(text == (signal.isEmpty ? "Hello from Nestbox\n" : "\(next.processID)\n"))
        }

        @Test(
            "a program with its own socket is reloaded when its file was replaced, if it is to be",
            arguments: [[], ["--processes", "2"]])
        func reloadedWhenReplaced(arguments: [String]) throws {
            let program = try Deployment(["--when-replaced", "reload"] + arguments)
            let connection = try FastCGIConnection(to: program.socket)
            #expect(try Self.process(on: connection) != 0)
            try program.replace(with: "Hello")
            #expect(eventually { program.reloads == 1 })
            // For a moment the connection may still be the old program's, which knows no such page.
            #expect(
                try eventually {
                    try connection.send(FastCGIRequest(target: "/").encoded(.init(keepConnection: true)))
                    return try connection.readUntilEnd().cgi.text == "Hello from Nestbox\n"
                })
        }
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func count(of text: String) -> Int { ranges(of: text).count }
}
