import Glibc
import HTTPTypes
import Nestbox
import NestboxTesting
import Synchronization
import Testing

extension Integration {
    @Suite("starting, stopping and many connections behind nginx")
    struct LifecycleTests {
        /// What clients saw of many requests.
        private final class Tally: Sendable {
            struct Counts: Sendable {
                var answered = 0
                var refused = 0
                var others: [String] = []
            }
            let counts = Mutex(Counts())
            let stop = Event()

            /// Asks until it is told to stop, each time on a connection of its own or on a kept one.
            func hammer(_ nginx: NginxServer, method: String) {
                var client: HTTPConnection?
                while !stop.hasHappened {
                    do {
                        if client?.isReusable != true { client = try nginx.connect() }
                        let target = method == "POST" ? "/discard" : "/sleep/1"
                        let answer = try client?.request(method, target, body: method == "POST" ? [7] : nil)
                        counts.withLock { counts in
                            switch (answer?.status, answer?.text) {
                            case (200, "slept\n"), (200, "discarded\n"): counts.answered += 1
                            case (502, _): counts.refused += 1
                            default: counts.others.append("\(answer?.status ?? 0) \(answer?.text ?? "")")
                            }
                        }
                    } catch {
                        counts.withLock { $0.others.append("\(error)") }
                    }
                }
            }

            var total: Counts { counts.withLock { $0 } }
        }

        /// Lets 16 clients ask while `body` runs.
        private func underLoad(
            _ nginx: NginxServer, method: String = "GET", _ body: (Tally) throws -> Void
        ) async throws -> Tally.Counts {
            let tally = Tally()
            let shared = Shared(nginx)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<16 { group.addTask { tally.hammer(shared.nginx, method: method) } }
                defer { tally.stop.happen() }
                #expect(eventually { tally.total.answered > 200 })
                try body(tally)
                tally.stop.happen()
            }
            return tally.total
        }

        /// `@unchecked Sendable`: the clients only read its address.
        private final class Shared: @unchecked Sendable {
            let nginx: NginxServer

            init(_ nginx: NginxServer) {
                self.nginx = nginx
            }
        }

        @Test("SIGTERM under load: what nginx had passed on is answered, and the rest was never accepted")
        func termination() async throws {
            let program = try ExampleProgram("Conformance")
            let nginx = try NginxServer(before: program.socket)
            let counts = try await underLoad(nginx) { tally in
                program.terminate()
                let status = try program.wait()
                #expect(status == .exited(0))
                // From now on all are refused, so that some have been refused after the last answer.
                let refused = tally.total.refused
                #expect(eventually { tally.total.refused >= refused + 32 })
            }
            #expect(counts.others.isEmpty, "\(counts.others.prefix(5))")
            // Every refusal is one of connect(2): no request was taken and then dropped.
            let failures = nginx.errors.filter { !$0.contains("connect() to unix:") }
                .filter { !$0.contains("while connecting to upstream") }
            // A kept connection that was closed while a request was on its way: nginx has sent it again.
            #expect(failures.allSatisfy { $0.contains("upstream") }, "\(failures.prefix(5))")
            let refusals = nginx.errors.filter { $0.contains("connect() to unix:") }
            #expect(refusals.count == counts.refused)
            // The program has answered what the clients have got, no more and no less.
            #expect(try program.accessLog().count == counts.answered)
            #expect(!File.exists(program.directory.path("app.sock")))
        }

        @Test("SIGTERM to one of two programs: no client sees it", arguments: ["GET", "POST"])
        func oneOfTwo(method: String) async throws {
            let programs = try [ExampleProgram("Conformance"), ExampleProgram("Conformance")]
            let nginx = try NginxServer(before: programs.map(\.socket))
            let counts = try await underLoad(nginx, method: method) { tally in
                programs[0].terminate()
                let status = try programs[0].wait()
                #expect(status == .exited(0))
                let answered = tally.total.answered
                #expect(eventually { tally.total.answered > answered + 200 })
            }
            // A POST may be on its way to an idle connection that is being closed. nginx is told that nothing was received,
            // and repeats it none the less only when it is told to (fastcgi_next_upstream non_idempotent).
            let unsent = nginx.errors.filter { $0.contains("writev() failed (32: Broken pipe)") }
            #expect(counts.refused == (method == "GET" ? 0 : unsent.count), "\(nginx.errors.prefix(5))")
            #expect(counts.others.isEmpty, "\(counts.others.prefix(5))")
            programs[1].terminate()
            #expect(try programs[1].wait() == .exited(0))
            let lines = try programs.map { try $0.accessLog().count }
            #expect(lines.reduce(0, +) == counts.answered)
        }

        @Test("SIGTERM lets a slow request finish, and a second one does not")
        func slowRequest() throws {
            let program = try ExampleProgram("Conformance")
            let nginx = try NginxServer(before: program.socket)
            let client = try nginx.connect()
            try client.send("GET", "/sleep/1000")
            #expect(eventually { program.connections == 1 })
            program.terminate()
            #expect(eventually { !File.exists(program.directory.path("app.sock")) })
            #expect(try nginx.request("GET", "/only-get").status == 502)
            let head = try client.readHead()
            #expect(head.status == 200, "\(nginx.errors)")
            #expect(try client.readBody() == Array("slept\n".utf8))
            #expect(try program.wait() == .exited(0))

            let other = try ExampleProgram("Conformance")
            let front = try NginxServer(before: other.socket)
            let second = try front.connect()
            try second.send("GET", "/sleep/5000")
            #expect(eventually { other.connections == 1 })
            other.terminate()
            #expect(eventually { !File.exists(other.directory.path("app.sock")) })
            other.terminate()
            #expect(try other.wait(timeout: .seconds(3)) == .exited(0))
            #expect(try second.readHead().status == 502)
        }

        @Test("an idle program ends at once, kept connections and all")
        func idle() throws {
            let program = try ExampleProgram("Hello")
            let nginx = try NginxServer(before: program.socket)
            #expect(try nginx.request("GET", "/").status == 200)
            program.terminate(SIGINT)
            let start = ContinuousClock.now
            #expect(try program.wait() == .exited(0))
            #expect(ContinuousClock.now - start < .seconds(1))
        }

        @Test("1,000 idle kept connections and 4 workers: the next request is answered at once")
        func idleConnections() throws {
            let program = try ExampleProgram("Hello", ["--workers", "4", "--log-level", "error"])
            let nginx = try NginxServer(before: program.socket)
            let request = FastCGIRequest(method: "GET", target: "/")
            let connections = try (0..<1000).map { _ in
                let connection = try FastCGIConnection(to: program.socket)
                try connection.send(request.encoded(.init(keepConnection: true)))
                return connection
            }
            for connection in connections { #expect(try connection.readUntilEnd().hasEnded) }
            for _ in 0..<10 {
                let client = try nginx.connect()
                let start = ContinuousClock.now
                #expect(try client.request("GET", "/").status == 200)
                #expect(ContinuousClock.now - start < .milliseconds(250))
            }
            // They are all still good for a request.
            for connection in connections {
                try connection.send(request.encoded(.init(keepConnection: true)))
                #expect(try connection.readUntilEnd().cgi.status == 200)
            }
        }

        @Test("a reload of nginx leaves no descriptor behind and loses no request")
        func reload() async throws {
            let program = try ExampleProgram("Conformance")
            let nginx = try NginxServer(before: program.socket)
            let before = program.descriptors
            let counts = try await underLoad(nginx) { tally in
                for _ in 0..<10 {
                    let workers = Set(nginx.workers)
                    nginx.reload()
                    #expect(eventually { Set(nginx.workers).subtracting(workers).count >= 2 })
                    let answered = tally.total.answered
                    #expect(eventually { tally.total.answered > answered + 50 })
                }
            }
            // A worker that ends closes its clients' idle connections: they connect again and ask again.
            let lost = counts.others.filter { !$0.contains("closed") && !$0.contains("reset") }
            #expect(lost.isEmpty, "\(lost.prefix(5))")
            #expect(counts.refused == 0, "\(nginx.errors.prefix(5))")
            #expect(eventually { nginx.workers.count == 2 })
            // What the present workers keep, and no more.
            #expect(eventually { (0...32).contains(program.descriptors - before) })
            program.terminate()
            #expect(try program.wait() == .exited(0))
        }

        @Test("a program that is started again on the same socket serves on")
        func restart() throws {
            let directory = try TemporaryDirectory()
            let socket = directory.socket()
            let nginx = try NginxServer(before: socket)
            for _ in 0..<5 {
                let child = try ChildProcess(
                    ExampleProgram.path("Hello"), ["--listen", "\(socket)"], stdout: .null, stderr: .null)
                #expect(try eventually { try nginx.request("GET", "/").status == 200 })
                #expect(try child.stop(SIGKILL) == .signalled(SIGKILL))
                // The socket is still there and nobody listens: the next start replaces it.
                #expect(File.exists(directory.path("socket")))
                #expect(try nginx.request("GET", "/").status == 502)
            }
        }
    }
}
