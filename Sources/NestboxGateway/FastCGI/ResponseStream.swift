import NestboxHTTP
import Synchronization

/// Takes the parts of a streamed response for its exchange.
final class ResponseStream: ResponseBodyWriter.Sink {
    private let exchange: Exchange
    private let body: Mutex<StreamedBody>

    init(exchange: Exchange, head: CGIResponseHead) {
        self.exchange = exchange
        body = Mutex(StreamedBody(head: head))
    }

    func write(_ bytes: [UInt8]) async throws {
        // One step, so that of several writers the first one that takes something is the first one that sends it.
        let hasRoom = try body.withLock { body in
            let (head, part) = body.take(bytes)
            return head == nil && part.isEmpty ? true : try exchange.queue(part, head: head)
        }
        if !hasRoom { try await exchange.waitForRoom() }
    }

    func becomeEndless(heartbeat: Heartbeat?) { exchange.becomeEndless(heartbeat: heartbeat) }

    func end() throws {
        try exchange.end(head: try body.withLock { body throws(StreamedBody.TooShort) in try body.end() })
    }
}
