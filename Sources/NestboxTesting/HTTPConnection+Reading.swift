public import HTTPTypes

/// How the end of a body is found (RFC 9112 §6.3).
enum BodyFraming: Hashable {
    case length(Int)
    /// What is left of the current chunk; `nil` before the size line of the next.
    case chunked(Int?)
    case untilClose
}

extension HTTPConnection {
    /// Reads a status line and header fields.
    ///
    /// Interim answers (1xx, except 101) are skipped.
    /// - Throws: ``TestingError``, `closed` if the server closed without an answer.
    public func readHead(timeout: Duration? = nil) throws(TestingError) -> HTTPResponse {
        try readHead(deadline(timeout))
    }

    /// Reads what comes next of the body, one byte or more, without waiting for more than there is.
    /// - Returns: `nil` at the end of the body. Trailer fields are checked and dropped.
    public func readChunk(timeout: Duration? = nil) throws(TestingError) -> [UInt8]? {
        try readChunk(deadline(timeout))
    }

    /// Reads the rest of the body.
    public func readBody(timeout: Duration? = nil) throws(TestingError) -> [UInt8] {
        try readBody(deadline(timeout))
    }

    func readHead(_ deadline: Deadline) throws(TestingError) -> HTTPResponse {
        guard framing == nil, !waiting.isEmpty else {
            throw TestingError(.refused, "no request is waiting for its answer")
        }
        while true {
            if stream.buffer.isEmpty, try !stream.fill(deadline) {
                staysOpen = false
                throw TestingError(.closed, "the server closed the connection without an answer")
            }
            let (status, isVersion11) = try Self.status(try readLine(deadline))
            let fields = try readFields(deadline)
            if status.code / 100 == 1 && status.code != 101 { continue }
            let connection = fields[.connection]?.lowercased() ?? ""
            staysOpen =
                staysOpen && status.code != 101 && !connection.contains("close")
                && (isVersion11 || connection.contains("keep-alive"))
            framing = try bodyFraming(status, fields, method: waiting.removeFirst())
            return HTTPResponse(status: status, headerFields: fields)
        }
    }

    func readBody(_ deadline: Deadline) throws(TestingError) -> [UInt8] {
        var body: [UInt8] = []
        while let chunk = try readChunk(deadline) { body += chunk }
        return body
    }

    func readChunk(_ deadline: Deadline) throws(TestingError) -> [UInt8]? {
        switch framing {
        case nil, .length(0):
            framing = nil
            return nil
        case .length(let count):
            let bytes = try readSome(count, deadline)
            framing = .length(count - bytes.count)
            return bytes
        case .chunked(.some(let count)):
            let bytes = try readSome(count, deadline)
            if bytes.count == count {
                guard try readLine(deadline).isEmpty else {
                    throw TestingError(.malformed, "no line end after a chunk")
                }
                framing = .chunked(nil)
            } else {
                framing = .chunked(count - bytes.count)
            }
            return bytes
        case .chunked(nil):
            let size = try Self.chunkSize(try readLine(deadline))
            framing = .chunked(size)
            if size > 0 { return try readChunk(deadline) }
            _ = try readFields(deadline)
            framing = nil
            return nil
        case .untilClose:
            if stream.buffer.isEmpty, try !stream.fill(deadline) {
                framing = nil
                return nil
            }
            return stream.take(.max)
        }
    }

    private func readSome(_ limit: Int, _ deadline: Deadline) throws(TestingError) -> [UInt8] {
        if stream.buffer.isEmpty, try !stream.fill(deadline) {
            throw TestingError(.truncated, "the server closed the connection inside a body")
        }
        return stream.take(limit)
    }

    /// Reads a line of at most 64 KiB and takes the CRLF off; a bare LF is malformed.
    private func readLine(_ deadline: Deadline) throws(TestingError) -> [UInt8] {
        var searched = 0
        while true {
            if let end = stream.buffer.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) {
                let line = stream.take(end - stream.buffer.startIndex + 1)
                guard line.dropLast().last == UInt8(ascii: "\r"), !line.dropLast(2).contains(UInt8(ascii: "\r")) else {
                    throw TestingError(.malformed, "a line that does not end with CRLF")
                }
                return Array(line.dropLast(2))
            }
            searched = stream.buffer.count
            guard searched <= 65_536 else { throw TestingError(.malformed, "a line of more than 64 KiB") }
            if try !stream.fill(deadline) { throw TestingError(.truncated, "the server closed inside a line") }
        }
    }

    private func readFields(_ deadline: Deadline) throws(TestingError) -> HTTPFields {
        var fields = HTTPFields()
        while true {
            let line = try readLine(deadline)
            if line.isEmpty { return fields }
            fields.append(try HTTPField(parsing: line))
        }
    }

    private static func status(_ line: [UInt8]) throws(TestingError) -> (HTTPResponse.Status, isVersion11: Bool) {
        let text = String(decoding: line, as: UTF8.self)
        let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "HTTP/1.1" || parts[0] == "HTTP/1.0", parts[1].utf8.count == 3,
            let code = UInt16(parts[1]), (100...999).contains(code)
        else { throw TestingError(.malformed, "the status line '\(text)'") }
        return (HTTPResponse.Status(code: Int(code), reasonPhrase: String(parts[2])), parts[0] == "HTTP/1.1")
    }

    private static func chunkSize(_ line: [UInt8]) throws(TestingError) -> Int {
        let digits = line.prefix { $0 != UInt8(ascii: ";") }
        guard let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-"),
            let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw TestingError(.malformed, "the chunk size '\(String(decoding: line, as: UTF8.self))'") }
        return size
    }

    private func bodyFraming(
        _ status: HTTPResponse.Status, _ fields: HTTPFields, method: String
    ) throws(TestingError) -> BodyFraming? {
        let lengths = fields[values: .contentLength]
        let codings = fields[values: .transferEncoding]
        guard lengths.isEmpty || codings.isEmpty, lengths.count < 2 else {
            throw TestingError(.malformed, "more than one framing: \(lengths) \(codings)")
        }
        var length: Int?
        if let text = lengths.first {
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else {
                throw TestingError(.malformed, "Content-Length: \(text)")
            }
            length = number
        }
        if method == "HEAD" || [101, 204, 304].contains(status.code) { return nil }
        if !codings.isEmpty {
            guard codings.map({ $0.lowercased() }) == ["chunked"] else {
                throw TestingError(.malformed, "Transfer-Encoding: \(codings)")
            }
            return .chunked(nil)
        }
        if let length { return .length(length) }
        staysOpen = false
        return .untilClose
    }
}
