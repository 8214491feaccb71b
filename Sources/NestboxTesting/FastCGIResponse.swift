/// What an application sent in answer to a request.
public struct FastCGIResponse: Hashable, Sendable {
    /// How the connection stood when reading stopped.
    public enum Ending: Hashable, Sendable {
        /// The peer had not closed it.
        case open
        /// The peer had closed it in order.
        case closed
        /// The peer had reset it.
        case reset
    }

    /// The request that is answered.
    public let requestID: UInt16
    /// All records that were read, also those of other requests and management records, in order.
    public let records: [FastCGIRecord]
    /// How the connection stood when reading stopped.
    public let ending: Ending

    /// Gathers the answer to `requestID` from `records`.
    public init(_ records: [FastCGIRecord], requestID: UInt16 = 1, ending: Ending = .open) {
        self.requestID = requestID
        self.records = records
        self.ending = ending
    }

    private func content(_ type: FastCGIRecord.RecordType) -> [UInt8] {
        records.filter { $0.type == type && $0.requestID == requestID }.flatMap(\.content)
    }

    /// The bytes of `FCGI_STDOUT`.
    public var stdout: [UInt8] { content(.stdout) }

    /// The bytes of `FCGI_STDERR`.
    public var stderr: [UInt8] { content(.stderr) }

    /// The body of the first `FCGI_END_REQUEST`, or `nil` if there is none or it is malformed.
    public var endRequest: FastCGIRecord.EndRequestBody? {
        records.first { $0.type == .endRequest && $0.requestID == requestID }
            .flatMap { try? FastCGIRecord.EndRequestBody(decoding: $0.content) }
    }

    /// The exit status of the application, once it has ended the request.
    public var appStatus: UInt32? { endRequest?.appStatus }

    /// How the application dealt with the request, once it has ended it.
    public var protocolStatus: FastCGIRecord.ProtocolStatus? { endRequest?.protocolStatus }

    /// Whether the application has ended the request.
    public var hasEnded: Bool { endRequest != nil }

    /// `FCGI_STDOUT` read as a CGI response.
    /// - Throws: ``TestingError`` with the code `malformed`.
    public var cgi: CGIResponse {
        get throws(TestingError) { try CGIResponse(parsing: stdout) }
    }

    /// Whether ``violations`` is empty.
    public var isWellFormed: Bool { violations.isEmpty }

    /// What is wrong with the order of the records, one sentence each.
    ///
    /// The specification wants stdout ended by one empty record before the end of the request, stderr likewise if it
    /// was used (§5.3, §6.2), one end-request record of eight bytes, nothing of the request after it, and no records
    /// of a kind that only a web server sends. An answer that was refused (`protocolStatus` other than complete)
    /// needs no stdout.
    public var violations: [String] {
        var found: [String] = []
        var ended: Set<FastCGIRecord.RecordType> = []
        var used: Set<FastCGIRecord.RecordType> = []
        let applicationTypes: Set<FastCGIRecord.RecordType> = [
            .stdout, .stderr, .endRequest, .getValuesResult, .unknownType,
        ]
        for record in records where !applicationTypes.contains(record.type) {
            found.append("\(record.type) is not for an application to send")
        }
        for record in records where record.requestID == requestID {
            if ended.contains(.endRequest) { found.append("\(record.type) after FCGI_END_REQUEST") }
            switch record.type {
            case .stdout, .stderr:
                if ended.contains(record.type) { found.append("\(record.type) after its end") }
                used.insert(record.type)
                if record.content.isEmpty { ended.insert(record.type) }
            case .endRequest:
                if record.content.count != 8 { found.append("FCGI_END_REQUEST of \(record.content.count) bytes") }
                ended.insert(.endRequest)
            default: break
            }
        }
        if !ended.contains(.endRequest) { found.append("no FCGI_END_REQUEST") }
        if protocolStatus == .requestComplete { used.insert(.stdout) }
        for stream in used.subtracting(ended) { found.append("\(stream) was not ended") }
        return found
    }
}
