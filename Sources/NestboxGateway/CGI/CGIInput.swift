import Glibc
import HTTPTypes
import NestboxHTTP
import Synchronization

/// The body of a CGI request: standard input, and of that as much as `CONTENT_LENGTH` says (RFC 3875 §4.2). Without a
/// length, as Apache sends chunked uploads, it ends where standard input ends.
final class CGIInput: RequestBody.Source {
    private let length: Int?
    private let limit: Int
    private let received = Mutex(0)

    init(length: Int?, limit: Int) {
        self.length = length
        self.limit = limit
    }

    func next() throws -> [UInt8]? {
        try received.withLock { received in
            let wanted = min(64 << 10, length.map { $0 - received } ?? .max)
            guard wanted > 0 else { return nil }
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, used in
                var count = 0
                repeat { count = read(STDIN_FILENO, buffer.baseAddress, wanted) } while count < 0 && errno == EINTR
                if count < 0 { failure = errno }
                used = max(0, count)
            }
            received += bytes.count
            if length == nil, received > limit { throw RequestBody.tooLarge(limit) }
            guard bytes.isEmpty else { return bytes }
            if failure != 0 || length != nil {
                throw HTTPError(.badRequest, "The request body is shorter than it was declared.")
            }
            return nil
        }
    }

    /// Receives what no handler read of a declared body: a web server that is still writing it would take the closed pipe
    /// for a failure, or wait for ever while this program waits for it to take the response.
    /// - Parameters:
    ///   - limit: How many bytes at most; a longer rest is left alone.
    ///   - timeout: How long to wait for each piece.
    func drain(upTo limit: Int, timeout: Duration) {
        received.withLock { received in
            guard let length, length - received <= limit else { return }
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while received < length {
                var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
                guard poll(&input, 1, Int32(clamping: Int64(timeout / .milliseconds(1)))) > 0 else { return }
                let count = read(STDIN_FILENO, &buffer, min(buffer.count, length - received))
                guard count > 0 else { return }
                received += count
            }
        }
    }
}
