import Glibc
import HTTPTypes
import Nestbox
import NestboxTesting
import Synchronization
import Testing

extension Integration {
    @Suite("event streams through nginx")
    struct EventStreamTests {
        /// How many streams are open at once.
        private static let thousands = 2000

        /// Lets this process have that many clients and their connections to the application, if it may.
        private static let mayHaveThousands: Bool = {
            var limit = rlimit()
            let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
            guard getrlimit(files, &limit) == 0 else { return false }
            limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, rlim_t(2 * thousands + 2000)))
            return limit.rlim_cur >= rlim_t(2 * thousands + 1000) && setrlimit(files, &limit) == 0
        }()

        /// Opens streams, a hundred at a time: not more at once than queues hold.
        private static func open(_ count: Int, _ target: String, at nginx: NginxServer) throws -> [EventClient] {
            var clients: [EventClient] = []
            while clients.count < count {
                let some = try (0..<min(100, count - clients.count)).map { _ in try EventClient(to: nginx, target) }
                for client in some { try client.readStart() }
                clients += some
            }
            return clients
        }

        @Test(
            "reach two thousand clients on four workers, and end when they go away", .enabled(if: mayHaveThousands))
        func crowd() throws {
            let events = Broadcast<ServerSentEvent>()
            let ended = Progress()
            let application = try LocalApplication {
                $0.workers = 4
            } routes: { router in
                router.get("/events") { _ in
                    let listener = events.listen()
                    return Response.events { writer in
                        defer { ended.add(1) }
                        for await event in listener { try await writer.send(event) }
                    }
                }
                router.get("/ordinary") { _ in "at once\n" }
            }
            let nginx = try NginxServer(before: application.socket)
            let clients = try Self.open(Self.thousands, "/events", at: nginx)
            #expect(events.listenerCount == clients.count)
            for number in 1...3 {
                events.send(try ServerSentEvent(data: "event \(number)", id: "\(number)"))
                #expect(try nginx.request("GET", "/ordinary").text == "at once\n")
            }
            for client in clients {
                for number in 1...3 { #expect(try client.next().data == "event \(number)") }
            }
            #expect(ended.count == 0)
            for client in clients { client.close() }
            #expect(eventually(within: .seconds(20)) { ended.count == clients.count })
            #expect(events.listenerCount == 0)
            #expect(try nginx.request("GET", "/ordinary").text == "at once\n")
            #expect(nginx.errors.isEmpty, "\(nginx.errors.prefix(3))")
        }

        @Test("cost the program little memory while they wait")
        func memory() throws {
            let clock = try ExampleProgram("Clock", ["--workers", "4"])
            let nginx = try NginxServer(before: clock.socket)
            // What the first of them bring with them is there for all.
            let first = try Self.open(100, "/ticks", at: nginx)
            let before = try #require(Process.memory(of: clock.processID))
            let more = try Self.open(400, "/ticks", at: nginx)
            #expect(try nginx.request("GET", "/viewers").text == "500\n")
            let after = try #require(Process.memory(of: clock.processID))
            let each = (after - before) / more.count
            #expect(each < 32 << 10, "\(each) bytes for each stream")
            for client in first + more { client.close() }
            #expect(try eventually { try nginx.request("GET", "/viewers").text == "0\n" })
        }

        @Test("outlast the time that nginx waits for a silent application")
        func heartbeat() throws {
            let silence = Broadcast<ServerSentEvent>()
            let application = try LocalApplication {
                // The deadlines are looked at four times in the shortest of them.
                $0.timeouts.linger = .milliseconds(40)
            } routes: { router in
                router.get("/") { _ in Response.events(silence.listen(), heartbeat: .milliseconds(100)) }
            }
            let impatient = """
                location / {
                    fastcgi_pass nestbox; fastcgi_keep_conn on; include nestbox/fastcgi_params;
                    fastcgi_read_timeout 1s;
                }
                """
            let nginx = try NginxServer(before: application.socket, servers: [impatient])
            let client = try EventClient(to: nginx, "/", server: 0)
            try client.readStart()
            for _ in 0..<15 { try client.readComment() }
            silence.send(try ServerSentEvent(data: "still there"))
            #expect(try client.next().data == "still there")
            #expect(nginx.errors.isEmpty, "\(nginx.errors)")
        }

        @Test("end when the program is told to stop, without an error of nginx")
        func stop() throws {
            let clock = try ExampleProgram("Clock")
            let nginx = try NginxServer(before: clock.socket)
            let clients = try Self.open(20, "/ticks", at: nginx)
            for client in clients { _ = try client.next() }
            clock.terminate()
            #expect(try clock.wait() == .exited(0))
            for client in clients {
                let end = #expect(throws: TestingError.self) { while true { _ = try client.next() } }
                // The end of the body, and no broken connection.
                #expect(end?.code == .closed)
            }
            #expect(nginx.errors.isEmpty, "\(nginx.errors.prefix(3))")
        }

        @Test("go on in a browser that names the last event", .enabled(if: Browser.isInstalled))
        func lastEventID() throws {
            let events = Broadcast<ServerSentEvent>()
            let ids = Mutex<[String?]>([])
            let application = try LocalApplication { router in
                router.get("/events") { request in
                    let last = request.lastEventID
                    ids.withLock { $0.append(last) }
                    if last == nil {
                        // It ends after one event, and the browser comes again.
                        return Response.events(retry: .milliseconds(10)) { writer in
                            try await writer.send(ServerSentEvent(data: "a\r\nb", event: "visit", id: "17 ü"))
                        }
                    }
                    return Response.events(events.listen())
                }
                router.get("/") { _ in
                    Response.html(
                        """
                        <!doctype html><title>Events</title><link rel="icon" href="data:,"><ol></ol>
                        <script>
                        const source = new EventSource("events");
                        source.addEventListener("visit", event => {
                            document.querySelector("ol").append(
                                Object.assign(document.createElement("li"), { textContent: event.data }));
                        });
                        </script>
                        """)
                }
            }
            let nginx = try NginxServer(before: application.socket)
            let browser = try Browser()
            try browser.open(nginx.url("/"))
            #expect(try browser.property("textContent", of: "li") == "a\nb")
            #expect(eventually { events.listenerCount == 1 })
            events.send(try ServerSentEvent(data: "<b>", event: "visit"))
            #expect(try browser.property("textContent", of: "li:nth-child(2)") == "<b>")
            #expect(ids.withLock { $0 } == [nil, "17 ü"])
            try browser.run("source.close()")
            #expect(eventually { events.listenerCount == 0 })
        }
    }
}
