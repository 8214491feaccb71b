import CNestboxSystem
import Glibc
import HTTPTypes
import NestboxHTTP
import Synchronization

/// The body of a CGI request: standard input, and of that as much as `CONTENT_LENGTH` says (RFC 3875 §4.2).
///
/// Without a length, as Apache sends chunked uploads, it ends where standard input ends.
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

    /// Receives what no handler read of a declared body: a web server that is still writing it may take the closed pipe
    /// for a failure (fcgiwrap answers 502), or wait for ever while this program waits for it to take the response.
    ///
    /// Without a length nothing tells whether more will come.
    /// - Parameters:
    ///   - limit: The most bytes that are received; a longer rest is left alone.
    ///   - deadline: When to stop, in nanoseconds of the monotonic clock.
    func drain(upTo limit: Int, until deadline: UInt64) {
        received.withLock { received in
            guard let length, length - received <= limit else { return }
            var buffer = [UInt8](repeating: 0, count: min(length - received, 64 << 10))
            while received < length {
                let now = nestbox_now()
                guard now < deadline else { return }
                var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
                guard poll(&input, 1, Int32(clamping: (deadline - now) / 1_000_000 + 1)) > 0 else { continue }
                let count = read(STDIN_FILENO, &buffer, min(buffer.count, length - received))
                guard count > 0 else { return }
                received += count
            }
        }
    }
}
