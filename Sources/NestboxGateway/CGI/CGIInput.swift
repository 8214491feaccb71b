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
}
