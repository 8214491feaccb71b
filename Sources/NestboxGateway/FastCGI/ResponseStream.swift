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
        let (head, part) = body.withLock { $0.take(bytes) }
        if head != nil || !part.isEmpty { try await exchange.write(part, head: head) }
    }

    func becomeEndless(heartbeat: Heartbeat?) { exchange.becomeEndless(heartbeat: heartbeat) }

    func end() throws {
        try exchange.end(head: try body.withLock { body throws(StreamedBody.TooShort) in try body.end() })
    }
}
