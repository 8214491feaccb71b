import HTTPTypes
import NestboxTesting

/// A client of an event stream, which reads it as a browser does.
final class EventClient {
    private let connection: HTTPConnection
    private(set) var parser = EventStreamParser()
    private var events: ArraySlice<EventStreamParser.Event> = []

    /// Connects and asks for `target`; the answer is not waited for.
    init(to nginx: NginxServer, _ target: String, server: Int? = nil) throws {
        connection = try nginx.connect(server, timeout: .seconds(30))
        try connection.send("GET", target, headers: [("Accept", "text/event-stream")])
    }

    /// Waits for the head of the response and what is sent before the first event.
    func readStart() throws {
        let head = try connection.readHead()
        guard head.status == 200, head.headerFields[.contentType] == "text/event-stream" else {
            throw TestingError(.refused, "\(head)")
        }
        while parser.retry == nil { try readMore() }
    }

    /// Waits for the next event.
    func next() throws -> EventStreamParser.Event {
        while true {
            if let event = events.popFirst() { return event }
            try readMore()
        }
    }

    /// Waits for a comment.
    func readComment() throws {
        let before = parser.comments
        while parser.comments == before { try readMore() }
    }

    private func readMore() throws {
        guard let bytes = try connection.readChunk() else { throw TestingError(.closed, "the event stream has ended") }
        events += parser.receive(bytes)
    }

    func close() { connection.close() }
}
