import NestboxGateway
import NestboxHTTP
import NestboxTesting
import Testing

@Suite("several tasks of one response", .timeLimit(.minutes(1)))
struct SeveralTasksTests {
    private static func configuration(_ workers: Int) -> GatewayConfiguration {
        var configuration = GatewayConfiguration()
        configuration.limits.connections = 64
        configuration.workers = workers
        // The deadlines are looked at four times in the shortest of them.
        configuration.timeouts.linger = .milliseconds(40)
        return configuration
    }

    @Test("that write to a peer which does not read all end when it goes away", arguments: [false, true])
    func writers(peerLeaves: Bool) async throws {
        let (waiting, ended) = (try Latch(), try Latch())
        let responder = ClosureResponder { _ in
            .stream(type: "text/plain") { writer in
                defer { ended.open() }
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<3 {
                        // More than any socket takes.
                        group.addTask { try? await writer.write([UInt8](repeating: 0x61, count: 8 << 20)) }
                    }
                    // The only worker gets here when all of them wait.
                    group.addTask { waiting.open() }
                }
            }
        }
        var configuration = Self.configuration(1)
        if !peerLeaves { configuration.timeouts.write = .milliseconds(100) }
        try await FastCGIGatewayTests.with(configuration, responder: responder) { gateway in
            let connection = try gateway.connect()
            try connection.send(FastCGIRequest(target: "/").encoded())
            try waiting.wait()
            if peerLeaves { connection.close() }
            #expect(throws: Never.self) { try ended.wait(10) }
            connection.close()
        }
    }

    @Test("that write first send the head once, in front of everything")
    func firstWriters() async throws {
        let responder = ClosureResponder { _ in
            .stream(type: "text/plain") { writer in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 { group.addTask { try await writer.write("part\n") } }
                    try await group.waitForAll()
                }
            }
        }
        try await FastCGIGatewayTests.with(Self.configuration(4), responder: responder) { gateway in
            let connection = try gateway.connect()
            for _ in 0..<500 {
                let response = try connection.perform(FastCGIRequest(target: "/"), .init(keepConnection: true))
                #expect(try response.cgi.status == 200)
                #expect(try response.cgi.text == "part\npart\npart\npart\n")
            }
        }
    }

    @Test("that read the body all get their turn")
    func readers() async throws {
        let waiting = try Latch()
        let responder = ClosureResponder { request in
            await withTaskGroup(of: Int.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        var count = 0
                        do { for try await chunk in request.body { count += chunk.count } } catch { return -1000 }
                        return count
                    }
                }
                group.addTask {
                    waiting.open()
                    return 0
                }
                return .text("\(await group.reduce(0, +))")
            }
        }
        try await FastCGIGatewayTests.with(Self.configuration(1), responder: responder) { gateway in
            let connection = try gateway.connect()
            let bytes = FastCGIRequest(target: "/", body: Array("hello".utf8)).encoded()
            // The last two records are the body and its end.
            try connection.send(Array(bytes.dropLast(8 + 8 + 5)))
            try waiting.wait()
            try connection.send(Array(bytes.suffix(8 + 8 + 5)))
            #expect(try connection.readUntilEnd().cgi.text == "5")
        }
    }

    @Test("of which one was cancelled while it waited are still held to the limit for handlers")
    func deadline() async throws {
        let (release, forever) = AsyncStream.makeStream(of: Void.self)
        let responder = ClosureResponder { request in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await request.body.collect() }
                // The only worker is here again when the reader waits.
                group.addTask {}
                await group.next()
                group.cancelAll()
                await group.waitForAll()
            }
            for await _ in release {}
            return .text("done")
        }
        var configuration = Self.configuration(1)
        configuration.timeouts.body = .milliseconds(100)
        configuration.timeouts.handler = .milliseconds(500)
        try await FastCGIGatewayTests.with(configuration, responder: responder) { gateway in
            let connection = try gateway.connect()
            let bytes = FastCGIRequest(target: "/", body: Array("hello".utf8)).encoded()
            try connection.send(Array(bytes.dropLast(8 + 8 + 5)))
            #expect(try connection.readUntilEnd().cgi.status == 504)
        }
        forever.finish()
    }

    @Test("begin either with a stream's head or with the error of a handler that took too long")
    func timeOutWhileStreamBegins() async throws {
        let response = try await onOwnThread {
            let (isLate, hasWritten) = (try Latch(), try Latch())
            let responder = ClosureResponder { _ in
                .stream(type: "text/plain") { writer in
                    defer { hasWritten.open() }
                    try isLate.wait()
                    try await writer.write(Array("first".utf8))
                }
            }
            let errors = ErrorResponses { _, _ in
                isLate.open()
                try hasWritten.wait()
                return nil
            }
            var configuration = Self.configuration(4)
            configuration.timeouts.handler = .milliseconds(50)
            let gateway = try TestGateway(configuration, responder: responder, errors: errors)
            let connection = try gateway.connect()
            try connection.send(FastCGIRequest(target: "/").encoded())
            defer { gateway.stop() }
            return try connection.readUntilEnd().cgi
        }
        #expect(response.status == 504)
        #expect(!response.text.contains("first"))
    }
}
