import NestboxGateway
import NestboxHTTP
import NestboxTesting
import Testing

@Suite("an event stream on a FastCGI gateway", .timeLimit(.minutes(1)))
struct EventStreamGatewayTests {
    /// A gateway that answers `/` with a stream of `events`, and anything else with text.
    private final class Fixture: Sendable {
        let events = Broadcast<ServerSentEvent>()
        let ended: Latch
        let gateway: TestGateway

        /// - Parameter prelude: How many events are sent before those that everyone gets.
        init(
            _ transport: TestGateway.Transport = .unix, heartbeat: Duration? = nil, prelude: Int = 0,
            _ configure: (inout GatewayConfiguration) -> Void = { _ in }
        ) throws {
            var configuration = GatewayConfiguration()
            configuration.limits.connections = 64
            // The deadlines are looked at four times in the shortest of them.
            configuration.timeouts.linger = .milliseconds(40)
            configure(&configuration)
            let (events, ended) = (events, try Latch())
            self.ended = ended
            let responder = ClosureResponder { request in
                guard request.path == "/" else { return .text("done") }
                let listener = events.listen()
                return .events(heartbeat: heartbeat) { writer in
                    defer { ended.open() }
                    for _ in 0..<prelude { try await writer.send(ServerSentEvent(data: "x")) }
                    for await event in listener { try await writer.send(event) }
                }
            }
            gateway = try TestGateway(configuration, transport, responder: responder)
        }

        /// A connection whose stream has begun.
        func open() throws -> FastCGIConnection {
            let connection = try gateway.connect()
            try connection.send(FastCGIRequest(target: "/").encoded(.init(keepConnection: true)))
            let first = try CGIResponse(parsing: connection.readRecord().content)
            #expect(first.status == 200)
            #expect(first.text.hasPrefix("retry: "))
            return connection
        }
    }

    @Test("sends a record for each event at once, and a comment while there is none")
    func heartbeat() async throws {
        try await onOwnThread {
            let fixture = try Fixture(heartbeat: .milliseconds(30))
            let connection = try fixture.open()
            for number in 0..<3 {
                for _ in 0..<2 { #expect(try connection.readRecord() == .stdout(id: 1, Array(":\n\n".utf8))) }
                fixture.events.send(try ServerSentEvent(data: "\(number)"))
                var record = try connection.readRecord()
                // One more may have been on its way.
                while record.content.first == UInt8(ascii: ":") { record = try connection.readRecord() }
                #expect(record == .stdout(id: 1, Array("data: \(number)\n\n".utf8)))
            }
            fixture.events.finish()
            #expect(try connection.readUntilEnd().records.last == .endRequest(id: 1))
            // No heartbeat gets into the next response.
            let next = try connection.perform(FastCGIRequest(target: "/other"), .init(keepConnection: true))
            #expect(try next.cgi.text == "done")
            fixture.gateway.stop()
        }
    }

    @Test(
        "cancels a producer that waits when the web server goes away, and lets nobody listen then",
        arguments: FastCGIGatewayTests.transports)
    func abandonment(transport: TestGateway.Transport) async throws {
        try await onOwnThread {
            let fixture = try Fixture(transport)
            let connection = try fixture.open()
            #expect(fixture.events.listenerCount == 1)
            connection.close()
            try fixture.ended.wait()
            #expect(fixture.events.listenerCount == 0)
            #expect(fixture.gateway.stop())
        }
    }

    @Test("ends cleanly and at once when the gateway stops", arguments: FastCGIGatewayTests.transports)
    func stop(transport: TestGateway.Transport) async throws {
        try await onOwnThread {
            let fixture = try Fixture(transport)
            let connections = try (0..<8).map { _ in try fixture.open() }
            // It would wait for half a minute.
            #expect(fixture.gateway.stop())
            for connection in connections {
                let end = try connection.readUntilClose()
                #expect(end == [.stdout(id: 1), .endRequest(id: 1)])
            }
            #expect(fixture.events.listenerCount == 0)
        }
    }

    @Test("may take longer than handlers may")
    func handlerTimeout() async throws {
        try await onOwnThread {
            let fixture = try Fixture(heartbeat: .milliseconds(20)) { $0.timeouts.handler = .milliseconds(100) }
            let connection = try fixture.open()
            // Ten heartbeats last longer than the limit.
            for _ in 0..<10 { #expect(try connection.readRecord().type == .stdout) }
            fixture.events.finish()
            #expect(try connection.readUntilEnd().records.last == .endRequest(id: 1))
            fixture.gateway.stop()
        }
    }

    @Test("is ended when the web server takes no heartbeats any more")
    func stuckPeer() async throws {
        try await onOwnThread {
            // What the buffer of a unix socket takes of records that small is some 280; heartbeats are the last of them.
            let fixture = try Fixture(heartbeat: .milliseconds(1), prelude: 250) {
                $0.timeouts.write = .milliseconds(40)
            }
            let connection = try fixture.open()
            #expect(throws: Never.self) { try fixture.ended.wait() }
            connection.close()
            fixture.gateway.stop()
        }
    }
}
