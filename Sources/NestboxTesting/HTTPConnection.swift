public import HTTPTypes

/// A small HTTP/1.1 client for tests against a real web server on this machine; it blocks, up to a deadline.
///
/// It parses strictly and throws where a browser would guess. It follows no redirect and knows no TLS.
public final class HTTPConnection {
    /// A whole answer.
    public struct Response: Hashable, Sendable {
        /// The status line and the header fields.
        public var head: HTTPResponse
        /// The body, without its framing.
        public var body: [UInt8]

        /// Creates an answer.
        public init(head: HTTPResponse, body: [UInt8]) {
            self.head = head
            self.body = body
        }

        /// The status code.
        public var status: Int { head.status.code }
        /// The header fields, in order.
        public var headerFields: HTTPFields { head.headerFields }
        /// The body as text; bytes that are not UTF-8 come out as U+FFFD.
        public var text: String { String(decoding: body, as: UTF8.self) }
    }

    let stream: ByteStream
    /// The deadline of a call that names none.
    public var timeout: Duration
    private var host: String
    /// The methods of the requests whose answer has not been read.
    var waiting: [String] = []
    var framing: BodyFraming?
    var staysOpen = true

    /// Connects to `address`.
    public init(to address: LoopbackAddress, timeout: Duration = .seconds(5)) throws(TestingError) {
        stream = try ByteStream(connectedTo: address, Deadline(after: timeout))
        self.timeout = timeout
        if case .tcp = address { host = address.description } else { host = "localhost" }
    }

    /// Connects to `unix:PATH` or `HOST:PORT`.
    public convenience init(to address: String, timeout: Duration = .seconds(5)) throws(TestingError) {
        try self.init(to: LoopbackAddress(address), timeout: timeout)
    }

    /// Whether another request may be sent: the last answer was read to its end and the server keeps the connection.
    public var isReusable: Bool { staysOpen && framing == nil && waiting.isEmpty && stream.buffer.isEmpty }

    /// Sends a request and reads the whole answer.
    ///
    /// The server may answer before it has read the body. `Host` is added where missing, and so is the framing of
    /// the body: `Content-Length`, or chunks of `chunkSize` bytes. All else is sent as given, valid or not.
    public func request(
        _ method: String, _ target: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        chunkSize: Int? = nil, timeout: Duration? = nil
    ) throws(TestingError) -> Response {
        guard isReusable else { throw TestingError(.closed, "the connection cannot take another request") }
        let deadline = deadline(timeout)
        do throws(TestingError) {
            let bytes = encoded(method, target, headers: headers, body: body, chunkSize: chunkSize)
            waiting.append(method)
            try stream.send(bytes[...], receiving: true, deadline)
        } catch  where error.code != .reset {
            throw error
        } catch {
            staysOpen = false
        }
        let head = try readHead(deadline)
        return Response(head: head, body: try readBody(deadline))
    }

    /// Sends a request and does not wait; read the answer with ``readHead(timeout:)`` and ``readChunk(timeout:)``.
    public func send(
        _ method: String, _ target: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        chunkSize: Int? = nil, timeout: Duration? = nil
    ) throws(TestingError) {
        let bytes = encoded(method, target, headers: headers, body: body, chunkSize: chunkSize)
        try send(raw: bytes, answering: method, timeout: timeout)
    }

    /// Sends bytes as they are; with `method`, they begin a request whose answer is to be read.
    public func send(
        raw bytes: [UInt8], answering method: String? = nil, timeout: Duration? = nil
    ) throws(TestingError) {
        if let method { waiting.append(method) }
        try stream.send(bytes[...], deadline(timeout))
    }

    /// Closes the sending side; reading goes on.
    public func halfClose() throws(TestingError) { try stream.halfClose() }

    /// Closes the connection.
    ///
    /// Nothing happens if it is closed already.
    public func close() {
        staysOpen = false
        stream.close()
    }

    func deadline(_ timeout: Duration?) -> Deadline { Deadline(after: timeout ?? self.timeout) }

    private func encoded(
        _ method: String, _ target: String, headers: [(String, String)], body: [UInt8]?, chunkSize: Int?
    ) -> [UInt8] {
        let names = Set(headers.map { $0.0.lowercased() })
        var lines = ["\(method) \(target) HTTP/1.1"]
        if !names.contains("host") { lines.append("Host: \(host)") }
        lines += headers.map { "\($0): \($1)" }
        if let body, chunkSize == nil, !names.contains("content-length") {
            lines.append("Content-Length: \(body.count)")
        }
        if chunkSize != nil, !names.contains("transfer-encoding") { lines.append("Transfer-Encoding: chunked") }
        let head = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        guard let chunkSize else { return head + (body ?? []) }
        return head + Self.chunked(body ?? [], every: chunkSize)
    }

    private static func chunked(_ body: [UInt8], every size: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: body.count, by: max(1, size)) {
            let chunk = body[start..<min(start + max(1, size), body.count)]
            bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [0x0D, 0x0A]
        }
        return bytes + Array("0\r\n\r\n".utf8)
    }
}
