import Glibc
import Nestbox
import NestboxTesting
import Testing

extension Integration {
    @Suite("several processes")
    struct ProcessesTests {
        private static func process(on connection: FastCGIConnection) throws -> Int32 {
            let text = try connection.perform(FastCGIRequest(target: "/process"), .init(keepConnection: true)).cgi.text
            return Int32(text.dropLast()) ?? 0
        }

        /// Waits until a supervisor has other workers than `ids`, and all of them serve.
        private static func renewed(_ program: Deployment, without ids: Set<Int32>, count: Int = 2) throws -> Bool {
            try eventually {
                let workers = Set(program.workers)
                guard workers.count == count, workers.isDisjoint(with: ids) else { return false }
                let found = try (0..<20).map { _ in try process(on: FastCGIConnection(to: program.socket)) }
                return Set(found).isSubset(of: workers)
            }
        }

        @Test("a killed worker takes down what it had under way and nothing else, and another one takes its place")
        func damage() throws {
            let program = try Deployment(["--processes", "2"])
            let workers = program.workers
            #expect(workers.count == 2)
            // Kept connections, and who has them.
            var connections: [(process: Int32, connection: FastCGIConnection)] = []
            #expect(
                try eventually {
                    let connection = try FastCGIConnection(to: program.socket)
                    connections.append((try Self.process(on: connection), connection))
                    return workers.allSatisfy { id in connections.count { $0.process == id } >= 5 }
                })
            for (_, connection) in connections {
                try connection.send(FastCGIRequest(target: "/sleep/500").encoded(.init(keepConnection: true)))
            }
            kill(workers[0], SIGKILL)
            for (process, connection) in connections {
                if process == workers[0] {
                    #expect(try connection.readUntilClose(acceptingReset: true) == [])
                } else {
                    #expect(try connection.readUntilEnd().cgi.text == "slept in \(process)\n")
                    #expect(try Self.process(on: connection) == process)
                }
            }
            #expect(try Self.renewed(program, without: [workers[0]]))
            #expect(program.workers.contains(workers[1]))
            #expect(program.log.contains { $0.contains("process \(workers[0]), was ended by signal 9") })
        }

        @Test("workers killed under load: only what they had fails, with 502, and no POST is carried out twice")
        func load() async throws {
            let program = try Deployment(["--processes", "2"])
            let nginx = try NginxServer(before: program.socket)
            let (clients, kills) = (8, 5)
            var killed: Set<Int32> = []
            var connections = 0
            let load = try await Load.run(clients, at: [nginx.address]) { load in
                for _ in 0..<kills {
                    let count = load.count
                    #expect(eventually { load.count > count + 300 })
                    let worker = try #require(program.workers.first)
                    // What it has taken is all that it will ever have.
                    kill(worker, SIGSTOP)
                    #expect(eventually { Process.isStopped(worker) })
                    connections += program.connections(of: worker)
                    kill(worker, SIGKILL)
                    killed.insert(worker)
                    #expect(eventually { !program.workers.contains(worker) && program.workers.count == 2 })
                }
                let count = load.answered.count
                #expect(eventually { load.answered.count > count + 500 })
            }
            // A connection has one request under way.
            #expect(load.failed.count <= connections && connections < kills * clients, "\(connections)")
            #expect(load.failed.allSatisfy { $0.hasSuffix(" 502") }, "\(load.failed.prefix(5))")
            let book = program.book
            // Who fails although it was carried out was killed before it could say so.
            let failed = Set(load.failed.map { String($0.prefix { $0 != " " }) })
            #expect(book.filter { failed.contains($0.number) }.allSatisfy { killed.contains($0.processID) })
            let numbers = book.map(\.number)
            #expect(Set(load.answered).isSubset(of: numbers))
            // nginx repeats a GET whose connection has broken: what it did before, it does again. A POST has an even number.
            let posts = numbers.filter { Int($0.drop { $0 != "-" }.dropFirst()).map { $0 % 2 == 0 } ?? true }
            #expect(posts.count > numbers.count / 3 && posts.count == Set(posts).count)
        }

        @Test("a trap in a handler costs its own process alone")
        func trap() throws {
            let program = try Deployment(["--processes", "2"])
            let nginx = try NginxServer(before: program.socket)
            let workers = Set(program.workers)
            #expect(try nginx.request("POST", "/trap", body: [7]).status == 502)
            #expect(eventually { program.log.contains { $0.contains(", was ended by signal ") } })
            #expect(eventually { program.workers.count == 2 && Set(program.workers) != workers })
            #expect(!workers.isDisjoint(with: program.workers))
            for _ in 0..<20 { #expect(try nginx.request("GET", "/process").status == 200) }
        }

        @Test("SIGTERM to one worker: it passes its connections on, and another one takes its place")
        func oneWorkerLeaves() throws {
            let program = try Deployment(["--processes", "2"])
            let workers = program.workers
            var connections: [FastCGIConnection] = []
            var owners: Set<Int32> = []
            #expect(
                try eventually {
                    let connection = try FastCGIConnection(to: program.socket)
                    owners.insert(try Self.process(on: connection))
                    connections.append(connection)
                    return owners == Set(workers)
                })
            kill(workers[0], SIGTERM)
            #expect(try Self.renewed(program, without: [workers[0]]))
            for connection in connections {
                let process = try Self.process(on: connection)
                #expect(process != workers[0] && program.workers.contains(process))
            }
        }

        @Test("SIGTERM to one worker: it goes on until another one serves in its place")
        func unreplacedWorker() throws {
            let program = try Deployment(["--processes", "1", "--timeouts-start", "1"])
            let worker = try #require(program.workers.first)
            try program.obstruct("hang")
            kill(worker, SIGTERM)
            #expect(eventually { program.log.contains { $0.contains("did not serve in time ('timeouts.start')") } })
            #expect(try Self.process(on: FastCGIConnection(to: program.socket)) == worker)
            try program.obstruct(nil)
            #expect(try Self.renewed(program, without: [worker], count: 1))
            #expect(!Process.Identity.runs(worker))
        }

        @Test(
            "SIGTERM to the supervisor, to all, or to all workers first: what is under way, what waits, and what is sent on kept connections is answered",
            arguments: ["supervisor", "all", "workers first"])
        func end(target: String) throws {
            let program = try Deployment(["--processes", "2", "--limits-connections", "6"])
            let request = FastCGIRequest(target: "/sleep/700").encoded(.init(keepConnection: true))
            let kept = try (0..<6).map { _ in try FastCGIConnection(to: program.socket) }
            for connection in kept { #expect(try Self.process(on: connection) != 0) }
            let busy = try (0..<6).map { _ in try FastCGIConnection(to: program.socket) }
            for connection in busy { try connection.send(request) }
            // All places are taken: these stay in the queue.
            let waiting = try (0..<6).map { _ in try FastCGIConnection(to: program.socket) }
            for connection in waiting { try connection.send(request) }
            #expect(eventually { program.connections == 18 })
            switch target {
            case "supervisor": program.signal(SIGTERM)
            case "all": for process in program.processes { kill(process.id, SIGTERM) }
            default:
                for worker in program.workers { kill(worker, SIGTERM) }
                program.signal(SIGTERM)
            }
            #expect(eventually { !File.exists(program.directory.path("app.sock")) })
            for connection in kept {
                // A closed connection says so to who writes, and who has written gets an answer.
                guard (try? connection.send(request)) != nil else { continue }
                #expect(try FastCGIResponse(connection.readUntilClose()).cgi.text.hasPrefix("slept in "))
            }
            for connection in busy + waiting {
                #expect(try FastCGIResponse(connection.readUntilClose()).cgi.text.hasPrefix("slept in "))
            }
            #expect(try program.wait() == .exited(0))
            #expect(program.processes.isEmpty)
            #expect(!program.log.contains { $0.contains(" warning ") || $0.contains(" error ") }, "\(program.log)")
        }

        @Test("workers get the time of grace, and are killed when they are not gone soon after it")
        func late() throws {
            let program = try Deployment(["--processes", "2", "--timeouts-grace", "1"])
            let connection = try FastCGIConnection(to: program.socket)
            try connection.send(FastCGIRequest(target: "/sleep/60000").encoded())
            #expect(eventually { program.workers.contains { program.connections(of: $0) == 1 } })
            let stopped = try #require(program.workers.first { program.connections(of: $0) == 0 })
            kill(stopped, SIGSTOP)
            program.signal(SIGTERM)
            #expect(try connection.readUntilClose(acceptingReset: true) == [])
            #expect(try program.wait() == .exited(0))
            #expect(program.log.contains { $0.hasSuffix(": 'timeouts.grace' was over") }, "\(program.log)")
            #expect(program.log.contains { $0.hasSuffix("process \(stopped) does not leave and is killed") })
        }

        @Test("a worker that ends again and again is started ever later")
        func backOff() throws {
            let program = try Deployment(["--processes", "1"])
            let worker = try #require(program.workers.first)
            try program.obstruct("crash")
            kill(worker, SIGKILL)
            for time in ["now", "in 0.1 s", "in 0.2 s", "in 0.4 s"] {
                #expect(eventually { program.log.contains { $0.hasSuffix("another one starts \(time)") } }, "\(time)")
            }
            try program.obstruct(nil)
            #expect(try Self.renewed(program, without: [worker], count: 1))
        }

        @Test("a second SIGTERM does not wait")
        func secondSignal() throws {
            let program = try Deployment(["--processes", "1"])
            let connection = try FastCGIConnection(to: program.socket)
            try connection.send(FastCGIRequest(target: "/sleep/20000").encoded())
            #expect(eventually { program.connections == 1 })
            program.signal(SIGTERM)
            #expect(eventually { !File.exists(program.directory.path("app.sock")) })
            program.signal(SIGTERM)
            #expect(try program.wait() == .exited(0))
            #expect(program.processes.isEmpty)
        }

        @Test("workers whose supervisor was killed finish what is under way and leave")
        func orphans() throws {
            let program = try Deployment(["--processes", "2"])
            let connection = try FastCGIConnection(to: program.socket)
            try connection.send(FastCGIRequest(target: "/sleep/500").encoded())
            #expect(eventually { program.connections == 1 })
            program.signal(SIGKILL)
            #expect(try connection.readUntilEnd().cgi.text.hasPrefix("slept in "))
            #expect(eventually { program.processes.isEmpty })
            #expect(try program.wait() == .signalled(SIGKILL))
        }

        @Test("a supervisor sees its workers end when whoever started it has ignored the ends of children")
        func ignoredEnds() throws {
            let shell = #"exec /usr/bin/env --ignore-signal=CHLD "$0" "$@""#
            let program = try Deployment(["--processes", "1"], shell: shell)
            let workers = program.workers
            #expect(workers.count == 1)
            kill(workers[0], SIGKILL)
            #expect(try Self.renewed(program, without: Set(workers), count: 1))
            program.signal(SIGTERM)
            #expect(try program.wait() == .exited(0))
        }

        @Test("a supervisor goes on when nobody reads its log any more")
        func unreadLog() throws {
            let directory = try TemporaryDirectory()
            let socket = directory.socket("app.sock")
            var ends: [Int32] = [-1, -1]
            try #require(pipe(&ends) == 0)
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            let program = try ChildProcess(
                ExampleProgram.path("Ledger"), ["--listen", "\(socket)", "--processes", "1"], stdout: .null,
                stderr: .descriptor(ends[1]))
            #expect(eventually { (try? Self.process(on: FastCGIConnection(to: socket))) != nil })
            for end in ends { close(end) }
            let worker = try Self.process(on: FastCGIConnection(to: socket))
            kill(worker, SIGKILL)
            #expect(
                eventually { (try? Self.process(on: FastCGIConnection(to: socket))).map { $0 != worker } ?? false })
            #expect(try program.poll() == nil)
            #expect(try program.stop() == .exited(0))
        }

        @Test("a program whose workers cannot start does not start, and says why once")
        func misconfigured() throws {
            let directory = try TemporaryDirectory()
            let output = try ChildProcess(
                ExampleProgram.path("Counter"),
                ["--listen", "\(directory.socket("app.sock"))", "--processes", "2"]
            ).output()
            #expect(output.status == .exited(2))
            let text = String(decoding: output.stderr, as: UTF8.self)
            #expect(text.contains("secret"), "\(text)")
            #expect(text.contains("the program does not start"))
            #expect(!File.exists(directory.path("app.sock")))
        }
    }
}
