import HTTPTypes

/// The bytes of a request's body, read as they arrive.
///
///     for try await chunk in request.body { try await file.write(chunk) }
///
/// Nothing is read from the web server before somebody asks, so a slow reader slows the sender down
/// (back-pressure). A body can be iterated once; a second iteration goes on where the first one ended.
public struct RequestBody: Sendable {
    /// What a gateway reads a body from.
    package protocol Source: AnyObject, Sendable {
        /// The next bytes, or `nil` at the end.
        func next() async throws -> [UInt8]?
    }

    private enum Storage: Sendable {
        case source(any Source)
        case bytes(Buffered)
    }

    private let storage: Storage?

    /// The length that the client declared (`CONTENT_LENGTH`), or `nil` when it is unknown (a chunked upload).
    public let length: Int?

    /// The limit of ``collect(upTo:)`` and of the whole body, in bytes.
    package let limit: Int

    /// A body of no bytes.
    public static var empty: RequestBody { RequestBody(storage: nil, length: 0, limit: 0) }

    /// A body of these bytes.
    public init(_ bytes: [UInt8]) {
        self.init(storage: .bytes(Buffered(bytes)), length: bytes.count, limit: bytes.count)
    }

    package init(source: any Source, length: Int?, limit: Int) {
        self.init(storage: .source(source), length: length, limit: limit)
    }

    private init(storage: Storage?, length: Int?, limit: Int) {
        self.storage = storage
        self.length = length
        self.limit = limit
    }

    /// What is the same in all copies of this body, and in no other body; `nil` without bytes.
    var identity: (any AnyObject & Sendable)? {
        switch storage {
        case nil: nil
        case .bytes(let buffered): buffered
        case .source(let source as LimitedBody): source.base.identity
        case .source(let source): source
        }
    }

    /// Reads the rest of the body.
    /// - Parameter limit: How many bytes at most. By default the limit of the application's configuration.
    /// - Throws: ``HTTPError`` 413 when there are more, 400 when the client sent fewer than it declared.
    public func collect(upTo limit: Int? = nil) async throws -> [UInt8] {
        let limit = limit ?? self.limit
        if let length, length > limit { throw Self.tooLarge(limit) }
        var collected: [UInt8] = []
        for try await chunk in self {
            guard chunk.count <= limit - collected.count else { throw Self.tooLarge(limit) }
            if collected.isEmpty {
                collected = chunk
                // A length is only a claim: memory for all of it is taken when the bytes come.
                if let length { collected.reserveCapacity(Swift.min(length, Self.reserved)) }
            } else {
                collected.append(contentsOf: chunk)
            }
        }
        return collected
    }

    /// How much is made room for before it has come.
    private static let reserved = 1 << 20

    /// The same body with another limit in place of one that this function set before; never more than the gateway's.
    ///
    /// What is longer is an error when somebody reads it.
    package func limited(to limit: Int) -> RequestBody {
        switch storage {
        case nil: return self
        case .source(let source as LimitedBody):
            return RequestBody(
                source: LimitedBody(source.base, limit: limit, received: source.received), length: length, limit: limit)
        default: return RequestBody(source: LimitedBody(self, limit: limit), length: length, limit: limit)
        }
    }

    /// The answer to a body over a limit.
    package static func tooLarge(_ limit: Int) -> HTTPError {
        HTTPError(.contentTooLarge, "The request body is larger than \(limit) bytes.")
    }
}

extension RequestBody: AsyncSequence {
    /// Some bytes of the body, never empty.
    public typealias Element = [UInt8]

    /// Reads a body chunk by chunk.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let body: RequestBody

        /// The next bytes, or `nil` at the end.
        /// - Throws: ``HTTPError`` when the body is too large or shorter than declared, `CancellationError` when
        ///   the web server gave the request up.
        public func next() async throws -> [UInt8]? {
            switch body.storage {
            case nil: nil
            case .bytes(let buffered): buffered.take()
            case .source(let source): try await source.next()
            }
        }
    }

    /// Makes an iterator that goes on where the last one ended.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }
}
