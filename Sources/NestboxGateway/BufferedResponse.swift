import HTTPTypes
package import NestboxHTTP
import Synchronization

/// A response as a gateway sends it, gathered in memory: for tests that need no gateway.
package struct BufferedResponse: Sendable {
    /// The header block with its empty line, and what was sent of the body (RFC 3875 §6).
    package let bytes: [UInt8]
    /// Why the body is not complete, when it is not.
    package let failure: (any Error)?

    /// Runs a response to its end.
    ///
    /// A stream that fails before its first bytes is answered as an error, once.
    package init(_ response: Response, to request: Request, errors: ErrorResponses) async {
        let first = await Self.bytes(of: response, isHead: request.method == .head)
        guard let error = first.failure, first.bytes.isEmpty else {
            (bytes, failure) = first
            return
        }
        let second = await Self.bytes(
            of: errors.response(for: error, to: request), isHead: request.method == .head)
        (bytes, failure) = second
    }

    private static func bytes(of response: Response, isHead: Bool) async -> (bytes: [UInt8], failure: (any Error)?) {
        let head = CGIResponseHead(response, isHead: isHead)
        guard case .stream(_, let produce) = response.body.storage, head.hasBody else {
            var bytes: [UInt8] = []
            head.append(to: &bytes)
            switch response.body.storage {
            case .bytes(let body) where head.hasBody: bytes += body
            case .string(let body) where head.hasBody: bytes += Array(body.utf8)
            default: break
            }
            return (bytes, nil)
        }
        let sink = Sink(head: head)
        do {
            try await produce(ResponseBodyWriter(sink))
            try sink.end()
            return (sink.bytes, nil)
        } catch {
            return (sink.bytes, error)
        }
    }

    /// Gathers what a stream writes.
    private final class Sink: ResponseBodyWriter.Sink {
        private let state: Mutex<(body: StreamedBody, bytes: [UInt8])>

        init(head: CGIResponseHead) {
            state = Mutex((StreamedBody(head: head), []))
        }

        var bytes: [UInt8] { state.withLock(\.bytes) }

        func write(_ bytes: [UInt8]) async throws {
            try Task.checkCancellation()
            state.withLock { state in
                let (head, part) = state.body.take(bytes)
                head?.append(to: &state.bytes)
                state.bytes += part
            }
        }

        func end() throws {
            try state.withLock { state in
                try state.body.end()?.append(to: &state.bytes)
            }
        }
    }
}
