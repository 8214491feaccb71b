import Nestbox
import NestboxTesting
import Testing

@Suite("a response of events", .timeLimit(.minutes(1)))
struct EventStreamTests {
    private static func client(_ response: @escaping @Sendable (Request) throws -> Response) throws -> TestClient {
        try TestClient(Application(responder: ClosureResponder { try response($0) }))
    }

    @Test("is read by a browser's rules as it was sent")
    func events() async throws {
        let client = try Self.client { request in
            .events { events in
                try await events.send(ServerSentEvent(data: "after \(request.lastEventID ?? "nothing")"))
                try await events.send(ServerSentEvent(data: "two\nlines", event: "visit", id: "17"))
                try await events.send(ServerSentEvent(event: "nobody hears of it", id: "18"))
                try await events.send(ServerSentEvent(data: ""))
            }
        }
        let name = try #require(HTTPField.Name("Last-Event-ID"))
        let response = await client.send(.get, "/", headers: [name: "16"])
        #expect(response.status == .ok)
        #expect(response.failure == nil)
        #expect(response.headers[.contentType] == "text/event-stream")
        #expect(response.headers[.cacheControl] == "no-store, no-transform")
        #expect(response.headers[try #require(.init("X-Accel-Buffering"))] == "no")
        #expect(
            response.events == [
                .init(type: "message", data: "after 16", lastEventID: ""),
                .init(type: "visit", data: "two\nlines", lastEventID: "17"),
                .init(type: "message", data: "", lastEventID: "18"),
            ])
    }

    @Test("can be a sequence of them")
    func sequence() async throws {
        let numbers = Broadcast<ServerSentEvent>()
        let client = try Self.client { _ in
            let listener = numbers.listen()
            for number in 1...3 { numbers.send(try ServerSentEvent(data: "\(number)")) }
            numbers.finish()
            return .events(listener)
        }
        #expect(await client.get("/").events.map(\.data) == ["1", "2", "3"])
    }

    static let retries: [(Duration?, ClosedRange<Int>)] = [
        (nil, 2000...4000), (.milliseconds(300), 300...300), (.seconds(-1), 0...0),
        (.seconds(1_000_000), 86_400_000...86_400_000),
    ]

    @Test("begins with when to connect again, before there is an event", arguments: retries)
    func retry(retry: Duration?, milliseconds: ClosedRange<Int>) async throws {
        let client = try Self.client { _ in .events(retry: retry) { _ in } }
        var parser = EventStreamParser()
        #expect(parser.receive(await client.get("/").body).isEmpty)
        #expect(milliseconds.contains(try #require(parser.retry)))
    }

    @Test("has no body for HEAD, and its producer is not asked")
    func head() async throws {
        let client = try Self.client { _ in .events { _ in Issue.record("it was asked") } }
        let response = await client.send(.head, "/")
        #expect(response.headers[.contentType] == "text/event-stream")
        #expect(response.body.isEmpty)
    }

    @Test("that fails is broken, and one whose task was cancelled has ended")
    func failure() async throws {
        struct Failure: Error {}
        let client = try Self.client { request in
            .events { events in
                try await events.send(ServerSentEvent(data: "1"))
                guard request.path == "/cancel" else { throw Failure() }
                withUnsafeCurrentTask { $0?.cancel() }
                try await events.send(ServerSentEvent(data: "2"))
            }
        }
        let failed = await client.get("/")
        #expect(failed.failure is Failure)
        #expect(failed.events.map(\.data) == ["1"])
        let ended = await Task { await client.get("/cancel") }.value
        #expect(ended.failure == nil)
        #expect(ended.events.map(\.data) == ["1"])
    }

    @Test("tells nginx not to buffer it, as every stream does that is not to be")
    func buffering() throws {
        let name = try #require(HTTPField.Name("X-Accel-Buffering"))
        #expect(Response.stream { _ in }.headers[name] == "no")
        #expect(Response.stream(buffered: true) { _ in }.headers[name] == nil)
    }
}

@Suite("a parser of event streams", .timeLimit(.minutes(1)))
struct EventStreamParserTests {
    /// The examples of WHATWG HTML §9.2.6, and line ends in every place.
    static let table: [(String, [String])] = [
        ("data: YHOO\ndata: +2\ndata: 10\n\n", ["message|YHOO\n+2\n10|"]),
        (
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            ["message|first event|1", "message|second event|", "message| third event|"]
        ),
        ("data\n\ndata\ndata\n\ndata:", ["message||", "message|\n|"]),
        ("data:test\n\ndata: test\n\n", ["message|test|", "message|test|"]),
        ("\u{FEFF}event: a\rdata: 1\r\r\nid: x\0\r\ndata: 2\r\n\r\n", ["a|1|", "message|2|"]),
        ("event: a\n\ndata: unfinished\n", []),
        ("retry: x\nunknown: y\nData: z\n\n", []),
    ]

    @Test("finds the same events wherever the stream is cut", arguments: table)
    func parse(stream: String, events: [String]) {
        let bytes = Array(stream.utf8)
        for size in 1...bytes.count {
            var parser = EventStreamParser()
            var found: [EventStreamParser.Event] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                found += parser.receive(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(found.map { "\($0.type)|\($0.data)|\($0.lastEventID)" } == events)
            #expect(parser.retry == nil)
        }
    }

    @Test("gets back any text, with line ends made one")
    func roundTrip() throws {
        var generator = SystemRandomNumberGenerator()
        // A lone CR is never in front of a LF.
        let pieces = ["\rx", "\n", "\r\n", ":", " ", "data", "\u{FEFF}", "é", "\0", "🪺", "id: 1"]
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 0...12, using: &generator)).map { _ in pieces.randomElement() ?? "" }
                .joined()
            var parser = EventStreamParser()
            let sent = try ServerSentEvent(data: text, event: "e", id: "1")
            let expected = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
            #expect(
                parser.receive(Array(sent.description.utf8)) == [.init(type: "e", data: expected, lastEventID: "1")])
        }
    }
}
