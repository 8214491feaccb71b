import Glibc
import Logging
import NestboxGateway
import NestboxHTTP
import Testing

@testable import NestboxTesting

@Suite("a FastCGI gateway in its process", .timeLimit(.minutes(1)))
struct FastCGIGatewayTests {
    private static func configuration(_ change: (inout GatewayConfiguration) -> Void) -> GatewayConfiguration {
        var configuration = GatewayConfiguration()
        configuration.limits.connections = 64
        change(&configuration)
        return configuration
    }

    /// Runs `body` with a gateway, and stops that afterwards, on a thread that may block.
    static func with(
        _ configuration: GatewayConfiguration, _ transport: TestGateway.Transport = .unix,
        responder: any Responder = GatewayContract.responder, logger: Logger = .silent,
        _ body: @escaping @Sendable (TestGateway) throws -> Void
    ) async throws {
        let gateway = try TestGateway(configuration, transport, responder: responder, logger: logger)
        try await onOwnThread {
            defer { gateway.stop() }
            try body(gateway)
        }
    }

    static let transports: [TestGateway.Transport] = [.unix, .tcp]

    @Test("sees the end of a stream that came together with its last bytes", arguments: transports)
    func coalescedEnd(transport: TestGateway.Transport) async throws {
        let (began, release) = (try Latch(), try Latch())
        let responder = ClosureResponder { request in
            if request.path == "/block" {
                began.open()
                try release.wait()
            }
            return .text("done")
        }
        try await Self.with(Self.configuration { $0.workers = 1 }, transport, responder: responder) { gateway in
            let ending = try gateway.connect()
            _ = try ending.perform(FastCGIRequest(target: "/"), .init(keepConnection: true))
            let blocking = try gateway.connect()
            try blocking.send(FastCGIRequest(target: "/block").encoded())
            try began.wait()
            // The only worker is busy: it gets one event for these bytes and for their end.
            try ending.send(FastCGIRequest(target: "/").encoded().dropLast(20) + [])
            try ending.halfClose()
            release.open()
            #expect(try ending.readUntilClose(acceptingReset: true) == [])
            _ = try blocking.readUntilEnd()
        }
    }

    @Test(
        "answers a peer on a unix socket that has closed its sending side, and gives up one on TCP",
        arguments: transports)
    func halfClosed(transport: TestGateway.Transport) async throws {
        let journal = GatewayContract.Journal()
        let (began, cancelled) = (try Latch(), try Latch())
        let responder = ClosureResponder { _ in
            began.open()
            do { try await journal.wait(for: "go") } catch {
                cancelled.open()
                throw error
            }
            return .text("went")
        }
        try await Self.with(Self.configuration { _ in }, transport, responder: responder) { gateway in
            let connection = try gateway.connect()
            try connection.send(FastCGIRequest(target: "/").encoded())
            try began.wait()
            try connection.halfClose()
            if transport == .tcp {
                try cancelled.wait()
            } else {
                // A round through the same gateway: the half-closing has been looked at.
                let other = try gateway.connect()
                try other.send(.beginRequest(id: 1, role: .filter))
                _ = try other.readUntilClose()
                journal.record("go")
                #expect(try connection.readUntilEnd().cgi.text == "went")
            }
        }
    }

    @Test("lets only allowed clients connect over TCP, and everybody who can over a unix socket")
    func allowedClients() async throws {
        let configuration = Self.configuration { $0.allowedClients = ["127.0.0.9", "192.0.2.0/24"] }
        try await Self.with(configuration, .tcp) { gateway in
            let connection = try gateway.connect()
            try? connection.send(FastCGIRequest(target: "/echo").encoded())
            #expect(try connection.readUntilClose(acceptingReset: true) == [])
        }
        try await Self.with(configuration, .unix) { gateway in
            let response = try gateway.connect().perform(FastCGIRequest(target: "/echo"))
            #expect(try response.cgi.status == 200)
        }
        var bad = configuration
        bad.allowedClients = ["nonsense"]
        #expect(throws: (any Error).self) { try TestGateway(bad, .tcp) }
    }

    @Test("logs a request that takes too long with its method, path and id")
    func slowRequest() async throws {
        let target = try LogTests.Target()
        let logger = Logger(label: "nestbox") { LineLogHandler(label: $0, file: target.file) }
        let configuration = Self.configuration { $0.timeouts.handler = .milliseconds(100) }
        try await Self.with(configuration, logger: logger) { gateway in
            let request = FastCGIRequest(target: "/wait?secret", variables: ["REQUEST_ID": "0123456789abcdef"])
            let response = try gateway.connect().perform(request)
            #expect(try response.cgi.status == 504)
        }
        let lines = try target.lines.filter { $0.hasPrefix("error ") }
        #expect(lines.count == 1)
        let text = try #require(lines.first)
        #expect(
            text.contains("GET /wait") && text.contains("request.id=0123456789abcdef") && !text.contains("secret"),
            "\(text)")
    }

    @Test("leaves nothing behind when it cannot start")
    func failedStart() throws {
        let directory = try TemporaryDirectory()
        try directory.write("x", to: "file")
        var configuration = GatewayConfiguration()
        configuration.listen = [.unix(directory.path("socket")), .unix(directory.path("file"))]
        let gateway = FastCGIGateway(
            configuration: configuration, responder: GatewayContract.responder, logger: .silent)
        #expect(throws: GatewayError.self) { try gateway.start() }
        #expect(access(directory.path("socket"), F_OK) != 0)
        #expect(gateway.addresses.isEmpty && gateway.stop())
    }

    @Test("serves all its sockets, and again after it was stopped")
    func severalSockets() async throws {
        let directory = try TemporaryDirectory()
        var configuration = Self.configuration { _ in }
        configuration.listen = [
            .unix(directory.path("one")), .unix(directory.path("two")), .tcp(host: "127.0.0.1", port: 0),
            .tcp(host: "::1", port: 0),
        ]
        let gateway = FastCGIGateway(
            configuration: configuration, responder: GatewayContract.responder, logger: .silent)
        try await onOwnThread {
            for _ in 0..<3 {
                try gateway.start()
                #expect(gateway.addresses.count == 4)
                for address in gateway.addresses.prefix(3) {
                    let response = try FastCGIConnection(to: "\(address)").perform(FastCGIRequest(target: "/echo"))
                    #expect(try response.cgi.status == 200)
                }
                #expect(gateway.stop())
                #expect(access(directory.path("one"), F_OK) != 0 && access(directory.path("two"), F_OK) != 0)
                #expect(gateway.stop())
            }
        }
    }

    @Test("serves on, without spinning, when the system has no more descriptors")
    func noDescriptors() async {
        await #expect(processExitsWith: .success) { await reporting { try await Self.exhaustDescriptors() } }
    }

    @Test("raises the limit of open files for a file on each connection")
    func fileLimit() async {
        await #expect(processExitsWith: .success) {
            await reporting {
                let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
                var limit = rlimit()
                try expect(getrlimit(files, &limit) == 0, "getrlimit: \(errno)")
                limit.rlim_cur = min(128, limit.rlim_max)
                try expect(setrlimit(files, &limit) == 0, "setrlimit: \(errno)")
                let wanted = min(2 * 64 + 256, limit.rlim_max)
                let gateway = try TestGateway(Self.configuration { $0.limits.connections = 64 })
                try expect(getrlimit(files, &limit) == 0, "getrlimit: \(errno)")
                try expect(limit.rlim_cur == wanted, "\(limit.rlim_cur) instead of \(wanted)")
                gateway.stop()
            }
        }
    }

    private static func exhaustDescriptors() async throws {
        let listener = try LoopbackListener(.port(0), backlog: 200)
        var configuration = Self.configuration {
            $0.workers = 2
            $0.timeouts.header = .milliseconds(400)
        }
        configuration.listen = [.inherited(listener.descriptor)]
        let warnings = WarningCounter()
        let gateway = FastCGIGateway(
            configuration: configuration, responder: GatewayContract.responder,
            logger: Logger(label: "test") { _ in warnings })
        try await onOwnThread {
            // They wait in the queue: when the gateway starts there is room for few of them.
            let silent = try (0..<50).map { _ in try FastCGIConnection(to: listener.address) }
            let clients = try (0..<50).map { _ in try FastCGIConnection(to: listener.address) }
            for client in clients { try client.send(FastCGIRequest(target: "/echo").encoded()) }
            let next = fcntl(0, F_DUPFD, 100)
            close(next)
            var limit = rlimit(rlim_cur: rlim_t(next + 16), rlim_max: rlim_t(next + 16))
            try expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, "setrlimit: \(errno)")
            let start = Self.processorTime
            let began = ContinuousClock.now
            try gateway.start()
            // Whoever says nothing is closed at the deadline, and makes room.
            for client in silent {
                let records = try client.readUntilClose(timeout: .seconds(20))
                try expect(records.isEmpty, "\(records)")
            }
            for (index, client) in clients.enumerated() {
                let response = FastCGIResponse(try client.readUntilClose(timeout: .seconds(20)))
                try expect(response.isWellFormed, "client \(index): \(response.records)")
                try expect(response.cgi.status == 200, "client \(index): \(response.cgi)")
            }
            let used = Self.processorTime - start
            try expect(used < .milliseconds(300), "\(used) of processor time")
            // It accepts, and cannot accept, at every tick of 100 ms and whenever a connection closes.
            let most = 1 + Int((ContinuousClock.now - began) / .seconds(5))
            try expect((1...most).contains(warnings.count), "\(warnings.count) warnings")
            gateway.stop()
        }
    }

    private static var processorTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
