/// Follows what a web server sends on one connection, byte by byte, and gathers one request at a time.
///
/// It has no input or output of its own: ``receive(_:)`` takes bytes in pieces of any size, and what is to be answered
/// at protocol level is left in ``replies``. libfcgi never sees these bytes as they came: of its own accord it would
/// overflow its stack on a GET_VALUES record, take a closed connection for the end of the parameters, swallow data
/// behind a foreign record, and parse an unread body as the next request.
package struct RequestReader {
    /// What one request, and what comes between requests, may cost.
    package struct Limits: Sendable {
        package var parametersSize = 256 << 10
        package var parameterNameSize = 1024
        package var parameterValueSize = 128 << 10
        package var parameterCount = 1000
        /// How much of a body is held before its reader asks for it.
        package var bodyWindow = 64 << 10
        package var maximumConnections = 0

        package init() {}
    }

    /// Why a connection is closed.
    package enum Failure: Error, Equatable {
        case version(UInt8)
        case recordType(UInt8)
        case beginRequestSize(Int)
        case beginRequestAgain
        case parametersMalformed
        case bodyBeforeParameters
        case tooManyReplies
    }

    private enum Phase {
        /// Between requests.
        case idle
        /// BEGIN_REQUEST came, and perhaps some parameters.
        case parameters
        /// All parameters are here.
        case request
    }

    /// What to do with the content of the record that is being received.
    private enum Content {
        case skip
        case gather
        case parameters
        case body
    }

    let limits: Limits

    private var phase = Phase.idle
    package private(set) var requestID: UInt16 = 0
    package private(set) var keepConnection = false
    /// The contents of all PARAMS records, joined.
    package private(set) var parameters: [UInt8] = []
    /// What arrived of the body and was not taken yet.
    package private(set) var body: [UInt8] = []
    /// How many bytes of the body arrived, those beyond ``bodyLimit`` included.
    package private(set) var bodyReceived = 0
    package private(set) var bodyEnded = false
    package private(set) var isAborted = false
    /// Records to send to the web server.
    package private(set) var replies: [UInt8] = []
    /// Whether the connection is to be closed when `replies` are sent: a request without keep was refused.
    package private(set) var closesAfterReplies = false

    /// Bytes of the body beyond this many are dropped.
    private var bodyLimit = Int.max
    /// Whether the body is dropped as it arrives, because the request has been answered, END_REQUEST included.
    var discardsBody = false

    // The record that is being received.
    private var headerBytes: UInt64 = 0
    private var headerCount = 0
    private var type: UInt8 = 0
    private var contentLeft = 0
    private var paddingLeft = 0
    private var content = Content.skip
    private var gathered: [UInt8] = []
    /// A BEGIN_REQUEST header that came while a request is being answered.
    private var heldHeader: RecordHeader?

    package init(limits: Limits) {
        self.limits = limits
    }

    /// Whether a request's parameters are complete.
    package var hasRequest: Bool { phase == .request }
    /// Whether nothing more of the request is to come: its body has ended with its padding, or it was aborted.
    package var isComplete: Bool { (bodyEnded || isAborted) && !closesAfterReplies && paddingLeft == 0 }
    /// Whether nothing of a request has come yet.
    var isIdle: Bool { phase == .idle && headerCount == 0 && contentLeft == 0 && heldHeader == nil }
    /// Whether nothing more is taken before ``finishRequest()``: the next request is here already (pipelining).
    package var isHolding: Bool { heldHeader != nil }

    /// Takes bytes from the web server.
    /// - Returns: How many were taken: fewer than there are when the next request begins before this one is answered.
    /// - Throws: ``Failure`` when the connection has to be closed.
    package mutating func receive(_ bytes: Span<UInt8>) throws(Failure) -> Int {
        var position = 0
        while position < bytes.count {
            if contentLeft > 0 {
                let count = min(contentLeft, bytes.count - position)
                try take(bytes.extracting(position..<position + count))
                position += count
                contentLeft -= count
                if contentLeft == 0 { try endContent() }
            } else if paddingLeft > 0 {
                let count = min(paddingLeft, bytes.count - position)
                position += count
                paddingLeft -= count
            } else {
                if heldHeader != nil { return position }
                headerBytes = headerBytes << 8 | UInt64(bytes[position])
                position += 1
                headerCount += 1
                if headerCount == RecordHeader.count {
                    headerCount = 0
                    try begin(RecordHeader(headerBytes))
                }
            }
        }
        return position
    }

    /// Sets how much of the body counts, when the parameters have told.
    package mutating func beginBody(limit: Int) {
        bodyLimit = limit
        if body.count > limit { body.removeLast(body.count - limit) }
    }

    /// Hands out what arrived of the body.
    package mutating func takeBody() -> [UInt8] {
        defer { body = [] }
        return body
    }

    /// Forgets the parameters, when they are decoded.
    ///
    /// Their memory is kept for the next request's unless it is large.
    package mutating func dropParameters() {
        parameters.removeAll(keepingCapacity: parameters.count <= 4096)
    }

    /// Hands out the replies.
    package mutating func takeReplies() -> [UInt8] {
        defer { replies = [] }
        return replies
    }

    /// Makes room for the next request.
    ///
    /// The body must have ended.
    package mutating func finishRequest() throws(Failure) {
        forgetRequest()
        if let header = heldHeader {
            heldHeader = nil
            try begin(header)
        }
    }

    // MARK: Records

    private mutating func begin(_ header: RecordHeader) throws(Failure) {
        guard header.version == RecordHeader.version else { throw .version(header.version) }
        guard header.type != 0 else { throw .recordType(0) }
        if header.type == RecordType.beginRequest, phase == .request, bodyEnded || isAborted || discardsBody {
            // With END_REQUEST the web server may leave the rest of a body out (§3.3), as mod_proxy_fcgi does.
            if discardsBody { bodyEnded = true }
            heldHeader = header
            return
        }
        type = header.type
        contentLeft = header.contentLength
        paddingLeft = header.paddingLength
        content = try action(for: header)
        if contentLeft == 0 { try endContent() }
    }

    private mutating func action(for header: RecordHeader) throws(Failure) -> Content {
        if header.requestID == 0 {
            // Management records (FastCGI specification §4). Application records without an id make no sense.
            let isManagement = header.type == RecordType.getValues || header.type > RecordType.unknownType
            return isManagement ? .gather : .skip
        }
        switch header.type {
        case RecordType.beginRequest:
            guard header.contentLength == 8 else { throw .beginRequestSize(header.contentLength) }
            gatheredID = header.requestID
            return .gather
        case RecordType.params where phase == .parameters && header.requestID == requestID: return .parameters
        case RecordType.stdin where phase != .idle && header.requestID == requestID && !bodyEnded: return .body
        case RecordType.abortRequest where phase != .idle && header.requestID == requestID: return .gather
        // Another request's records (§3.3: a refused one's), or a stream that has ended.
        default: return .skip
        }
    }

    private var gatheredID: UInt16 = 0

    private mutating func take(_ bytes: Span<UInt8>) throws(Failure) {
        switch content {
        case .skip: break
        case .gather: gathered.append(copying: bytes)
        case .parameters:
            if bytes.count <= limits.parametersSize - parameters.count {
                parameters.append(copying: bytes)
            } else {
                refuseParameters()
            }
        case .body:
            let allowed = min(bytes.count, max(0, bodyLimit - bodyReceived))
            bodyReceived += bytes.count
            if discardsBody || allowed == 0 { break }
            body.append(copying: bytes.extracting(..<allowed))
            if phase == .parameters, body.count > limits.bodyWindow { throw .bodyBeforeParameters }
        }
    }

    /// The content of a record is complete, or it has none.
    private mutating func endContent() throws(Failure) {
        let isEmpty = RecordHeader(headerBytes).contentLength == 0
        switch content {
        case .skip: break
        case .parameters where isEmpty:
            try endParameters()
        case .body where isEmpty: bodyEnded = true
        case .parameters, .body: break
        case .gather:
            defer { gathered.removeAll(keepingCapacity: gathered.count <= 64) }
            switch type {
            case RecordType.beginRequest: try beginRequest()
            case RecordType.abortRequest: abort()
            case RecordType.getValues: try answerGetValues()
            default: try answerUnknownType()
            }
        }
    }

    // MARK: Requests

    /// FastCGI specification §5.1: role (2), flags (1), reserved (5).
    private mutating func beginRequest() throws(Failure) {
        guard gathered.count == 8 else { throw .beginRequestSize(gathered.count) }
        let role = Int(gathered[0]) << 8 | Int(gathered[1])
        let keeps = gathered[2] & 1 == 1
        if phase != .idle {
            guard gatheredID != requestID else { throw .beginRequestAgain }
            replies.appendEndRequest(id: gatheredID, .cantMultiplexConnection)
        } else if role != 1 {
            replies.appendEndRequest(id: gatheredID, .unknownRole)
            if !keeps { closesAfterReplies = true }
        } else {
            phase = .parameters
            requestID = gatheredID
            keepConnection = keeps
        }
        try boundReplies()
    }

    private mutating func abort() {
        switch phase {
        case .request: isAborted = true
        case .parameters:
            replies.appendEndRequest(id: requestID)
            if !keepConnection { closesAfterReplies = true }
            forgetRequest()
        // The request was answered before the record was complete.
        case .idle: break
        }
    }

    private mutating func forgetRequest() {
        phase = .idle
        dropParameters()
        body = []
        bodyReceived = 0
        bodyEnded = false
        bodyLimit = .max
        discardsBody = false
        isAborted = false
    }

    /// Answers 431 to a request whose parameters are over a limit, and closes: the rest of it is not worth reading.
    private mutating func refuseParameters() {
        let head =
            "Status: 431 Request Header Fields Too Large\r\nContent-Type: text/plain\r\n\r\nToo many header fields.\n"
        replies.appendRecordHeader(RecordType.stdout, id: requestID, contentLength: head.utf8.count)
        replies.append(contentsOf: head.utf8)
        replies.appendRecordHeader(RecordType.stdout, id: requestID, contentLength: 0)
        replies.appendEndRequest(id: requestID)
        closesAfterReplies = true
        content = .skip
        forgetRequest()
    }

    /// Holds parameters to their limits, and leaves out those that libfcgi would misread: it makes C strings
    /// `name=value` of them, so that a NUL would cut a value short and a `=` would move the border of a name.
    private mutating func endParameters() throws(Failure) {
        guard let unusable = try Self.unusablePairs(in: parameters.span, limits) else { return refuseParameters() }
        for range in unusable.reversed() { parameters.removeSubrange(range) }
        phase = .request
    }

    /// Where pairs stand that are left out, or `nil` when a limit is broken.
    private static func unusablePairs(in bytes: Span<UInt8>, _ limits: Limits) throws(Failure) -> [Range<Int>]? {
        var count = 0
        var isWithinLimits = true
        var unusable: [Range<Int>] = []
        do {
            try NameValuePairs.forEach(in: bytes) { pair in
                count += 1
                if pair.name.count > limits.parameterNameSize || pair.value.count > limits.parameterValueSize {
                    isWithinLimits = false
                }
                let isUsable =
                    !pair.name.isEmpty && !bytes.contains(0, or: UInt8(ascii: "="), in: pair.name)
                    && !bytes.contains(0, or: 0, in: pair.value)
                if !isUsable { unusable.append(pair.whole) }
            }
        } catch {
            throw .parametersMalformed
        }
        return isWithinLimits && count <= limits.parameterCount ? unusable : nil
    }

    // MARK: Management records

    /// FastCGI specification §4.1.
    ///
    /// A name is answered once, however often it is asked for.
    private mutating func answerGetValues() throws(Failure) {
        var asked: Set<String> = []
        // A malformed query is answered as far as it goes.
        try? NameValuePairs.forEach(in: gathered.span) { pair in
            if pair.name.count <= 16 { asked.insert(String(decoding: gathered[pair.name], as: UTF8.self)) }
        }
        var pairs: [UInt8] = []
        for (name, value) in [
            ("FCGI_MAX_CONNS", String(limits.maximumConnections)), ("FCGI_MAX_REQS", String(limits.maximumConnections)),
            ("FCGI_MPXS_CONNS", "0"),
        ] where asked.contains(name) {
            pairs.appendShortPair(name, value)
        }
        replies.appendRecordHeader(RecordType.getValuesResult, id: 0, contentLength: pairs.count)
        replies.append(contentsOf: pairs)
        try boundReplies()
    }

    /// FastCGI specification §4.2.
    private mutating func answerUnknownType() throws(Failure) {
        replies.appendRecordHeader(RecordType.unknownType, id: 0, contentLength: 8)
        replies.append(type)
        replies.append(contentsOf: repeatElement(0, count: 7))
        try boundReplies()
    }

    /// A peer that asks and never reads is cut off.
    private func boundReplies() throws(Failure) {
        if replies.count > 64 << 10 { throw .tooManyReplies }
    }
}

extension Span<UInt8> {
    fileprivate func contains(_ first: UInt8, or second: UInt8, in range: Range<Int>) -> Bool {
        for index in range where self[index] == first || self[index] == second { return true }
        return false
    }
}
