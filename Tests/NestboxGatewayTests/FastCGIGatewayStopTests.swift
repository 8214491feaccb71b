import Glibc
import Logging
import NestboxGateway
import NestboxHTTP
import Testing

@testable import NestboxTesting

@Suite("the end of a FastCGI gateway", .timeLimit(.minutes(1)))
struct FastCGIGatewayStopTests {
    /// A gateway whose handlers of `/wait` wait for the event "go", and tell how they went on.
    private final class Fixture: Sendable {
        let journal: GatewayContract.Journal
        let began: Latch
        let ended: Latch
        let gateway: TestGateway

        init(
            _ transport: TestGateway.Transport = .unix, _ configure: (inout GatewayConfiguration) -> Void = { _ in }
        ) throws {
            let (journal, began, ended) = (GatewayContract.Journal(), try Latch(), try Latch())
            var configuration = GatewayConfiguration()
            configuration.limits.connections = 64
            configure(&configuration)
            let responder = ClosureResponder { request in
                guard request.path == "/wait" else { return .text("done") }
                began.open()
                do { try await journal.wait(for: "go") } catch {
                    ended.open()
                    throw error
                }
                return .text("went")
            }
            (self.journal, self.began, self.ended) = (journal, began, ended)
            gateway = try TestGateway(configuration, transport, responder: responder)
        }

        /// A connection whose request is under way.
        func connectionUnderWay() throws -> FastCGIConnection {
            let connection = try gateway.connect()
            try connection.send(FastCGIRequest(target: "/wait").encoded(.init(keepConnection: true)))
            try began.wait()
            return connection
        }
    }

    /// Stops `gateway` on a thread of its own while `body` runs.
    private static func stop(
        _ fixture: Fixture, interrupt: Latch? = nil, whileDoing body: @escaping @Sendable () throws -> Void
    ) async throws -> Bool {
        async let isDrained = onOwnThread { fixture.gateway.gateway.stop(interrupt: interrupt?.descriptor) }
        do {
            try await onOwnThread(body)
        } catch {
            // Nothing of what is under way shall hold up the end now.
            fixture.journal.record("go")
            _ = try await isDrained
            throw error
        }
        return try await isDrained
    }

    @Test(
        "closes idle connections at once and lets the requests under way finish",
        arguments: FastCGIGatewayTests.transports)
    func graceful(transport: TestGateway.Transport) async throws {
        let fixture = try Fixture(transport)
        let connections = try await onOwnThread {
            let idle = try fixture.gateway.connect()
            _ = try idle.perform(FastCGIRequest(target: "/"), .init(keepConnection: true))
            return UncheckedBox((idle, try fixture.connectionUnderWay()))
        }
        let answered = try await Self.stop(fixture) {
            let (idle, busy) = connections.value
            #expect(try idle.readUntilClose() == [])
            fixture.journal.record("go")
            let response = FastCGIResponse(try busy.readUntilClose())
            #expect(response.isWellFormed)
            #expect(try response.cgi.text == "went")
        }
        #expect(answered)
        #expect(throws: TestingError.self) { try fixture.gateway.connect() }
    }

    @Test(
        "answers those who connected before it, and a request that comes in pieces",
        arguments: FastCGIGatewayTests.transports)
    func pieces(transport: TestGateway.Transport) async throws {
        let fixture = try Fixture(transport)
        let bytes = FastCGIRequest(target: "/").encoded(.init(keepConnection: true))
        let connections = try await onOwnThread {
            let begun = try fixture.gateway.connect()
            try begun.send(Array(bytes.prefix(50)))
            let other = try fixture.gateway.connect()
            _ = try other.perform(FastCGIRequest(target: "/"), .init(keepConnection: true))
            return UncheckedBox((begun, other, try fixture.gateway.connect()))
        }
        let answered = try await Self.stop(fixture) {
            let (begun, idle, late) = connections.value
            // When this one is closed the stopping has begun.
            #expect(try idle.readUntilClose() == [])
            try begun.send(Array(bytes.dropFirst(50)))
            #expect(try FastCGIResponse(try begun.readUntilClose()).cgi.text == "done")
            try late.send(bytes)
            #expect(try FastCGIResponse(try late.readUntilClose()).cgi.text == "done")
        }
        #expect(answered)
    }

    @Test("answers those who wait for a place, too", arguments: FastCGIGatewayTests.transports, [1, 3])
    func queue(transport: TestGateway.Transport, connections: Int) async throws {
        let fixture = try Fixture(transport) { $0.limits.connections = connections }
        let box = try await onOwnThread {
            let busy = try (0..<connections).map { _ in try fixture.connectionUnderWay() }
            let waiting = try (0..<20).map { _ in try fixture.gateway.connect() }
            for connection in waiting { try connection.send(FastCGIRequest(target: "/").encoded()) }
            return UncheckedBox((busy, waiting))
        }
        let answered = try await Self.stop(fixture) {
            let (busy, waiting) = box.value
            fixture.journal.record("go")
            for connection in busy {
                let response = FastCGIResponse(try connection.readUntilClose())
                #expect(try response.cgi.text == "went")
            }
            for connection in waiting {
                let response = FastCGIResponse(try connection.readUntilClose())
                #expect(try response.cgi.text == "done")
            }
        }
        #expect(answered)
    }

    @Test("cancels what is still under way after the grace time, and closes its connection")
    func grace() async throws {
        let fixture = try Fixture { $0.timeouts.grace = .milliseconds(200) }
        let connection = try await onOwnThread { UncheckedBox(try fixture.connectionUnderWay()) }
        let answered = try await Self.stop(fixture) {
            #expect(try connection.value.readUntilClose(acceptingReset: true) == [])
            try fixture.ended.wait()
        }
        #expect(!answered)
    }

    @Test("comes at once when it is asked for again")
    func interrupted() async throws {
        let fixture = try Fixture { $0.timeouts.grace = .seconds(50) }
        let interrupt = try Latch()
        let connection = try await onOwnThread { UncheckedBox(try fixture.connectionUnderWay()) }
        let start = ContinuousClock.now
        let answered = try await Self.stop(fixture, interrupt: interrupt) {
            interrupt.open()
            #expect(try connection.value.readUntilClose(acceptingReset: true) == [])
            try fixture.ended.wait()
        }
        #expect(!answered)
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("comes although a handler blocks its thread")
    func blocked() async throws {
        let (began, release) = (try Latch(), try Latch())
        let responder = ClosureResponder { _ in
            began.open()
            try release.wait(60)
            return .text("late")
        }
        var configuration = GatewayConfiguration()
        configuration.limits.connections = 4
        configuration.timeouts.grace = .milliseconds(100)
        let gateway = try TestGateway(configuration, responder: responder)
        try await onOwnThread {
            let connection = try gateway.connect()
            try connection.send(FastCGIRequest(target: "/").encoded())
            try began.wait()
            #expect(!gateway.stop())
            #expect(try connection.readUntilClose(acceptingReset: true) == [])
            release.open()
        }
    }

    @Test("is brought about by SIGTERM and by SIGINT, and brought forward by another", arguments: [SIGTERM, SIGINT])
    func signals(signal: Int32) async {
        await #expect(processExitsWith: .success) { [signal] in await reporting { try await Self.end(by: signal) } }
    }

    private static func end(by signal: Int32) async throws {
        let directory = try TemporaryDirectory()
        let (thread, ready, began, returned) = (UncheckedBox(pthread_self()), try Latch(), try Latch(), try Latch())
        var configuration = GatewayConfiguration()
        configuration.listen = [.unix(directory.path("socket"))]
        configuration.limits.connections = 16
        let journal = GatewayContract.Journal()
        let responder = ClosureResponder { _ in
            began.open()
            try await journal.wait(for: "never")
            return .text("")
        }
        let gateway = FastCGIGateway(configuration: configuration, responder: responder, logger: .silent)
        async let running: Void = onOwnThread {
            thread.value = pthread_self()
            ready.open()
            try gateway.run()
            returned.open()
        }
        try await onOwnThread {
            try ready.wait()
            while access(directory.path("socket"), F_OK) != 0 {}
            while gateway.addresses.isEmpty {}
            let connection = try FastCGIConnection(to: directory.socket())
            try connection.send(FastCGIRequest(target: "/").encoded())
            try began.wait()
            // Sent to the thread that waits for it: other threads of a test do not block it.
            pthread_kill(thread.value, signal)
            while access(directory.path("socket"), F_OK) == 0 {}
            pthread_kill(thread.value, signal)
            try returned.wait()
            let records = try connection.readUntilClose(acceptingReset: true)
            try expect(records.isEmpty, "\(records)")
        }
        try await running
    }
}

/// Carries a value from one thread to another.
///
/// `@unchecked Sendable`: the tests hand it over and do not touch it at the same time.
final class UncheckedBox<Value>: @unchecked Sendable {
    var value: Value

    init(_ value: Value) {
        self.value = value
    }
}
