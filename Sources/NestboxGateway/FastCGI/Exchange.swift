import CNestboxSystem
import HTTPTypes
import Logging
import NestboxHTTP
import Synchronization

/// One request on a connection and its response.
final class Exchange: Sendable {
    private let connection: Connection
    private let serial: UInt64
    private let head: RequestHead
    private let id: UInt16
    private let started: UInt64
    /// Bytes of the response's body that were sent.
    private let sent = Atomic<Int>(0)
    /// What has begun the response: a stream and the end of the handler's time exclude each other.
    private let beginning = Atomic<Beginning>(.none)

    private enum Beginning: UInt8, AtomicRepresentable {
        case none, stream, timeOut
    }

    init(connection: Connection, serial: UInt64, variables: CGIVariables, id: UInt16) {
        self.connection = connection
        self.serial = serial
        self.id = id
        head = RequestHead(variables: variables, settings: connection.server.requestSettings)
        started = connection.server.accessLog.isEnabled ? nestbox_now() : 0
    }

    /// How much of the body counts: what was declared, else one byte more than may come.
    var bodyLimit: Int { head.contentLength ?? head.bodyLimit &+ 1 }

    private var server: FastCGIServer { connection.server }

    private var request: Request {
        let body =
            head.contentLength == 0
            ? .empty : RequestBody(source: self, length: head.contentLength, limit: head.bodyLimit)
        return Request(head: head, body: body)
    }

    /// Runs the handler and sends its response.
    func serve() async {
        let request = request
        let response = await server.errors.respond(to: request, with: server.responder)
        await send(response, to: request)
        head.endResponse()
        connection.endTask()
        await response.afterwards?()
    }

    /// Answers in place of a handler that took too long.
    func timeOut() {
        guard begin(.timeOut) else { return connection.abandon() }
        head.timeOut()
        let request = request
        let response = server.errors.response(
            for: TimedOut(limit: server.configuration.timeouts.handler ?? .zero), to: request)
        sendWhole(response, to: request)
    }

    private func begin(_ beginning: Beginning) -> Bool {
        self.beginning.compareExchange(expected: .none, desired: beginning, ordering: .relaxed).exchanged
    }

    private func send(_ response: Response, to request: Request) async {
        guard case .stream(_, let produce) = response.body.storage,
            CGIResponseHead(response, isHead: request.method == .head).hasBody
        else { return sendWhole(response, to: request) }
        await stream(response, produce, to: request)
    }

    // MARK: Whole responses

    private func sendWhole(_ response: Response, to request: Request) {
        let head = CGIResponseHead(response, isHead: request.method == .head)
        let bytes: [UInt8]
        var copied = ""
        switch response.body.storage {
        case .bytes(let body) where head.hasBody: bytes = body
        case .string(let body) where head.hasBody:
            bytes = body.utf8.count > OutputBuffer.copiedBody ? Array(body.utf8) : []
            if bytes.isEmpty { copied = body }
        default: bytes = []
        }
        let isCopied = bytes.count <= OutputBuffer.copiedBody
        let isSent = try? connection.send(serial: serial, body: isCopied ? [] : bytes, ends: 0) { records in
            records.appendStdout(id: id) { content in
                head.append(to: &content)
                content.append(contentsOf: copied.utf8)
                if isCopied { content.append(contentsOf: bytes) }
            }
        }
        if isSent != nil { record(response, bytes: bytes.count + copied.utf8.count) }
    }

    // MARK: Streams

    private func stream(
        _ response: Response, _ produce: @Sendable (ResponseBodyWriter) async throws -> Void, to request: Request
    ) async {
        let head = CGIResponseHead(response, isHead: false)
        let stream = ResponseStream(exchange: self, head: head)
        do {
            try await produce(ResponseBodyWriter(stream))
            try stream.end()
            record(response, bytes: sent.load(ordering: .relaxed))
        } catch {
            let beginning = beginning.load(ordering: .relaxed)
            if beginning == .timeOut { return }
            let isCancelled = error is CancellationError && (Task.isCancelled || connection.isGone(serial: serial))
            if beginning == .none, !isCancelled {
                return sendWhole(server.errors.response(for: error, to: request), to: request)
            }
            if !isCancelled { server.errors.log(error, request) }
            // The client must not take what it got for the whole. With a declared length the web server sees what is
            // missing; without one nginx takes the end of the request, whatever its status, for the end of the response,
            // and only a connection that closes before tells.
            if head.length != nil {
                _ = try? connection.send(serial: serial, ends: 1, breaks: true) { _ in }
            } else {
                let buffering = HTTPField.Name.accelBuffering.flatMap { response.headers[$0] }
                connection.breakOff(serial: serial, isBuffered: buffering != "no")
            }
            record(response, bytes: sent.load(ordering: .relaxed))
        }
    }

    /// Sends one part of a stream, as far as the system takes it, and queues the rest.
    /// - Returns: Whether there is room for the next.
    func queue(_ bytes: [UInt8], head: CGIResponseHead?) throws -> Bool {
        if head != nil, !begin(.stream) { throw CancellationError() }
        let isCopied = bytes.count <= OutputBuffer.copiedBody
        let hasRoom = try connection.send(serial: serial, body: isCopied ? [] : bytes) { records in
            guard head != nil || isCopied else { return }
            records.appendStdout(id: id) { content in
                head?.append(to: &content)
                if isCopied { content.append(contentsOf: bytes) }
            }
        }
        sent.add(bytes.count, ordering: .relaxed)
        return hasRoom
    }

    /// Waits until there is room for the next part.
    func waitForRoom() async throws {
        await connection.waitForRoom(serial: serial)
        try Task.checkCancellation()
    }

    /// Lets a stream that has begun take as long as it likes.
    func becomeEndless(heartbeat: Heartbeat?) {
        let heartbeat = heartbeat.map { heartbeat in
            var record: [UInt8] = []
            record.appendStdout(id: id) { $0 += heartbeat.bytes }
            return Connection.Heartbeat(record: record, interval: heartbeat.interval)
        }
        connection.becomeEndless(serial: serial, heartbeat: heartbeat)
    }

    /// Counts bytes of the body that were sent.
    func count(_ bytes: Int) { sent.add(bytes, ordering: .relaxed) }

    /// Ends a stream.
    func end(head: CGIResponseHead?) throws {
        if head != nil, !begin(.stream) { throw CancellationError() }
        _ = try connection.send(serial: serial, ends: 0) { records in
            if let head { records.appendStdout(id: id) { head.append(to: &$0) } }
        }
    }

    private func record(_ response: Response, bytes: Int) {
        guard server.accessLog.isEnabled else { return }
        server.accessLog.record(
            head, status: response.status.code, bytes: bytes, nanoseconds: nestbox_now() &- started)
    }
}

/// A handler took too long.
private struct TimedOut: HTTPErrorConvertible, CustomStringConvertible {
    var limit: Duration
    var httpError: HTTPError { HTTPError(.gatewayTimeout, "The request took too long.") }
    var description: String { "not answered within \(limit); the handler's task is cancelled" }
}

extension Exchange: RequestBody.Source {
    func next() async throws -> [UInt8]? {
        while true {
            try Task.checkCancellation()
            switch try connection.readBody(serial: serial, declared: head.contentLength, limit: head.bodyLimit) {
            case .chunk(let bytes): return bytes
            case .end: return nil
            case .wait: await connection.waitForBody(serial: serial)
            }
        }
    }
}

extension [UInt8] {
    /// Appends one STDOUT record.
    ///
    /// The content must be shorter than 64 KiB.
    fileprivate mutating func appendStdout(id: UInt16, _ write: (inout [UInt8]) -> Void) {
        let start = count
        appendRecordHeader(RecordType.stdout, id: id, contentLength: 0)
        write(&self)
        let length = count - start - RecordHeader.count
        if length <= RecordHeader.longestContent {
            self[start + 4] = UInt8(truncatingIfNeeded: length >> 8)
            self[start + 5] = UInt8(truncatingIfNeeded: length)
        } else {
            splitRecord(at: start, id: id)
        }
    }

    /// Makes several records of one that grew too long: a response with very many header fields.
    private mutating func splitRecord(at start: Int, id: UInt16) {
        var rest = self[(start + RecordHeader.count)...]
        var records: [UInt8] = []
        while !rest.isEmpty {
            let part = rest.prefix(RecordHeader.longestContent)
            records.appendRecordHeader(RecordType.stdout, id: id, contentLength: part.count)
            records.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
        }
        replaceSubrange(start..., with: records)
    }
}
