extension FastCGIRequest {
    /// How a request is cut into records.
    public struct Framing: Hashable, Sendable {
        /// The request id.
        public var id: UInt16 = 1
        /// Whether `FCGI_KEEP_CONN` is set.
        public var keepConnection = false
        /// The role that is asked for.
        public var role = FastCGIRecord.Role.responder
        /// The most bytes of the params stream in a record, 1 to 65,535.
        ///
        /// Pairs are cut wherever the border falls.
        public var paramsChunk = 65_535
        /// The most bytes of the body in a record, 1 to 65,535.
        ///
        /// Nginx takes 32,768.
        public var stdinChunk = 32_768
        /// The padding of every record.
        public var padding: UInt8 = 0
        /// Whether all lengths take four bytes.
        public var longForm = false
        /// Whether the empty record ends the params stream.
        public var paramsEnd = true
        /// Whether the empty record ends the body.
        public var stdinEnd = true

        /// Creates the framing of nginx, except that it pads to multiples of eight; set what a test is about.
        public init(
            id: UInt16 = 1, keepConnection: Bool = false, role: FastCGIRecord.Role = .responder,
            paramsChunk: Int = 65_535, stdinChunk: Int = 32_768, padding: UInt8 = 0, longForm: Bool = false,
            paramsEnd: Bool = true, stdinEnd: Bool = true
        ) {
            self.id = id
            self.keepConnection = keepConnection
            self.role = role
            self.paramsChunk = paramsChunk
            self.stdinChunk = stdinChunk
            self.padding = padding
            self.longForm = longForm
            self.paramsEnd = paramsEnd
            self.stdinEnd = stdinEnd
        }
    }

    /// The records of the request: begin, params, the end of params, stdin, the end of stdin.
    public func records(_ framing: Framing = Framing()) -> [FastCGIRecord] {
        let id = framing.id
        var records: [FastCGIRecord] = [
            .beginRequest(id: id, role: framing.role, flags: framing.keepConnection ? .keepConn : [])
        ]
        for piece in Self.pieces(of: variables.encoded(longForm: framing.longForm), framing.paramsChunk) {
            records.append(.params(id: id, bytes: piece))
        }
        if framing.paramsEnd { records.append(.params(id: id)) }
        for piece in Self.pieces(of: body, framing.stdinChunk) {
            records.append(.stdin(id: id, piece))
        }
        if framing.stdinEnd { records.append(.stdin(id: id)) }
        return records.map { $0.padded(by: framing.padding) }
    }

    /// The request on the wire.
    public func encoded(_ framing: Framing = Framing()) -> [UInt8] { records(framing).encoded() }

    private static func pieces(of bytes: [UInt8], _ size: Int) -> [ArraySlice<UInt8>] {
        precondition((1...0xFFFF).contains(size), "a record holds 1 to 65,535 bytes")
        return stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
    }
}
