/// A connection that speaks FastCGI record by record; it blocks, up to a deadline.
///
/// Usually the web server's side of one. In a test of an in-process server, use it inside ``onOwnThread(_:)``.
public final class FastCGIConnection {
    let stream: ByteStream
    /// The deadline of a call that names none.
    public var timeout: Duration

    /// Connects to `address`.
    public init(to address: LoopbackAddress, timeout: Duration = .seconds(5)) throws(TestingError) {
        stream = try ByteStream(connectedTo: address, Deadline(after: timeout))
        self.timeout = timeout
    }

    /// Connects to `unix:PATH` or `HOST:PORT`.
    public convenience init(to address: String, timeout: Duration = .seconds(5)) throws(TestingError) {
        try self.init(to: LoopbackAddress(address), timeout: timeout)
    }

    init(_ stream: ByteStream, timeout: Duration) {
        self.stream = stream
        self.timeout = timeout
    }

    func deadline(_ timeout: Duration?) -> Deadline { Deadline(after: timeout ?? self.timeout) }

    /// Sends `bytes` as they are, in writes of `size` bytes with `pause` between them; in one write without `size`.
    ///
    /// The receiver may still read several writes at once; a pause makes that unlikely.
    public func send(
        _ bytes: [UInt8], splitEvery size: Int? = nil, pause: Duration = .zero, timeout: Duration? = nil
    ) throws(TestingError) {
        let size = max(1, size ?? bytes.count)
        let offsets = Array(stride(from: size, to: bytes.count, by: size))
        try send(bytes, splitAt: offsets, pause: pause, timeout: timeout)
    }

    /// Sends `bytes` as they are, a new write beginning at each of `offsets`, which must ascend.
    public func send(
        _ bytes: [UInt8], splitAt offsets: [Int], pause: Duration = .zero, timeout: Duration? = nil
    ) throws(TestingError) {
        let deadline = deadline(timeout)
        var start = 0
        for end in offsets + [bytes.count] {
            if start > 0 { deadline.pause(pause) }
            try stream.send(bytes[start..<end], deadline)
            start = end
        }
    }

    /// Sends records in one write.
    public func send(_ records: FastCGIRecord..., timeout: Duration? = nil) throws(TestingError) {
        try stream.send(records.encoded()[...], deadline(timeout))
    }

    /// Closes the sending side; reading goes on.
    public func halfClose() throws(TestingError) { try stream.halfClose() }

    /// Closes the connection.
    ///
    /// Nothing happens if it is closed already.
    public func close() { stream.close() }

    /// Closes a TCP connection with a reset.
    ///
    /// On a unix socket this is ``close()``, for there is no reset.
    public func reset() { stream.reset() }

    /// Reads the next record.
    /// - Throws: ``TestingError`` with the code `closed` at the end of the stream, `truncated` if that is inside a
    ///   record, `malformed` for a version other than 1, `reset` or `timedOut`.
    public func readRecord(timeout: Duration? = nil) throws(TestingError) -> FastCGIRecord {
        try readRecord(deadline(timeout))
    }

    /// Reads what comes next, one byte or more, records or not; `nil` at the end of the stream.
    public func readBytes(timeout: Duration? = nil) throws(TestingError) -> [UInt8]? {
        if stream.buffer.isEmpty { _ = try stream.fill(deadline(timeout)) }
        return stream.buffer.isEmpty ? nil : stream.take(.max)
    }

    /// Reads up to and with the end of request `requestID`.
    /// - Throws: As ``readRecord(timeout:)``; the end of the stream is an error.
    public func readUntilEnd(requestID: UInt16 = 1, timeout: Duration? = nil) throws(TestingError) -> FastCGIResponse {
        let records = try recordsUntilEnd(of: requestID, deadline(timeout))
        return FastCGIResponse(records, requestID: requestID)
    }

    /// Reads all records up to the end of the stream.
    ///
    /// A reset is an error, unless `acceptingReset`: a server that closes without having read everything resets.
    public func readUntilClose(
        acceptingReset: Bool = false, timeout: Duration? = nil
    ) throws(TestingError) -> [FastCGIRecord] {
        let (records, ending) = try recordsUntilClose(deadline(timeout))
        if ending == .reset && !acceptingReset {
            throw TestingError(.reset, "the connection was reset after \(records.count) records")
        }
        return records
    }

    func readRecord(_ deadline: Deadline) throws(TestingError) -> FastCGIRecord {
        while true {
            if let record = try takeRecord() { return record }
            if try !stream.fill(deadline) {
                throw stream.buffer.isEmpty
                    ? TestingError(.closed, "the peer closed the connection")
                    : TestingError(.truncated, "the peer closed the connection inside a record")
            }
        }
    }

    private func takeRecord() throws(TestingError) -> FastCGIRecord? {
        var rest = stream.buffer
        do throws(FastCGIRecord.DecodingError) {
            guard let record = try FastCGIRecord(prefixOf: &rest) else { return nil }
            _ = stream.take(stream.buffer.count - rest.count)
            return record
        } catch {
            throw TestingError(.malformed, "\(error)")
        }
    }
}
