/// The body of a response: nothing, bytes that are all here, or a stream.
public struct ResponseBody: Sendable {
    package enum Storage: Sendable {
        case empty
        case bytes([UInt8])
        case string(String)
        case stream(length: Int?, @Sendable (ResponseBodyWriter) async throws -> Void)
    }

    package let storage: Storage

    /// No body; `204` and `304` always have none, whatever the handler gave them.
    public static var empty: ResponseBody { ResponseBody(storage: .empty) }

    /// These bytes.
    public static func bytes(_ bytes: [UInt8]) -> ResponseBody { ResponseBody(storage: .bytes(bytes)) }

    /// The UTF-8 bytes of a text.
    public static func string(_ string: String) -> ResponseBody { ResponseBody(storage: .string(string)) }

    /// Bytes that are written while they are made.
    /// - Parameters:
    ///   - length: How many bytes there will be, for `Content-Length`; `nil` when that is not known. Bytes beyond it
    ///     are not sent, and too few break the connection, as the response cannot be completed.
    ///   - produce: Writes the body. An error thrown before the first write becomes an error response; a later one
    ///     breaks the connection, so that the client sees a truncated response and not a complete one.
    public static func stream(
        length: Int? = nil, _ produce: @escaping @Sendable (ResponseBodyWriter) async throws -> Void
    ) -> ResponseBody {
        ResponseBody(storage: .stream(length: length, produce))
    }

    /// Whether the bytes are made while they are sent.
    package var isStream: Bool {
        if case .stream = storage { true } else { false }
    }

    /// The number of bytes, or `nil` for a stream of unknown length.
    public var length: Int? {
        switch storage {
        case .empty: 0
        case .bytes(let bytes): bytes.count
        case .string(let string): string.utf8.count
        case .stream(let length, _): length
        }
    }
}

/// Takes the bytes of a streamed response.
///
/// Every write goes to the web server at once.
public struct ResponseBodyWriter: Sendable {
    /// Where the bytes go.
    package protocol Sink: Sendable {
        /// Returns when the web server has taken the bytes or has room for them.
        func write(_ bytes: [UInt8]) async throws

        /// Tells the gateway that the stream has begun and goes on until one side leaves; see
        /// ``Response/events(heartbeat:retry:_:)``.
        func becomeEndless(heartbeat: Heartbeat?)
    }

    private let sink: any Sink

    package init(_ sink: any Sink) {
        self.sink = sink
    }

    /// Sends bytes to the web server and returns when it has room for more.
    /// - Throws: `CancellationError` when the client or the web server has gone away.
    public func write(_ bytes: [UInt8]) async throws {
        if !bytes.isEmpty { try await sink.write(bytes) }
    }

    /// Sends the UTF-8 bytes of a text.
    public func write(_ text: String) async throws {
        try await write(Array(text.utf8))
    }

    /// Has the gateway end the stream when the program stops, and send a heartbeat while it is silent.
    func becomeEndless(heartbeat: Heartbeat?) { sink.becomeEndless(heartbeat: heartbeat) }
}

extension ResponseBodyWriter.Sink {
    /// Does nothing, where a stream is gathered and not sent.
    package func becomeEndless(heartbeat: Heartbeat?) {}
}

/// What a gateway sends by itself when nothing was written for a time.
package struct Heartbeat: Sendable {
    package var bytes: [UInt8]
    package var interval: Duration
}
