import NestboxTesting
import Testing

@testable import NestboxGateway

@Suite("the reader of requests", .timeLimit(.minutes(1)))
struct RequestReaderTests {
    static let pairs: FastCGINameValuePairs = ["REQUEST_METHOD": "POST", "X": "y"]
    static let request: [FastCGIRecord] = [
        .beginRequest(id: 5, flags: .keepConn), .params(id: 5, pairs), .params(id: 5), .stdin(id: 5, "hello".utf8),
        .stdin(id: 5, "world".utf8), .stdin(id: 5),
    ]

    /// What a reader has after some bytes.
    struct Seen: Equatable {
        var hasRequest = true
        var id: UInt16 = 5
        var keeps = true
        var parameters = RequestReaderTests.pairs.encoded()
        var body = Array("helloworld".utf8)
        var bodyEnded = true
        var isAborted = false
        var replies: [FastCGIRecord] = []
        var closes = false
    }

    static func seen(_ reader: RequestReader) throws -> Seen {
        Seen(
            hasRequest: reader.hasRequest, id: reader.requestID, keeps: reader.keepConnection,
            parameters: reader.parameters, body: reader.body, bodyEnded: reader.bodyEnded, isAborted: reader.isAborted,
            replies: try FastCGIRecord.decode(reader.replies), closes: reader.closesAfterReplies)
    }

    static func reader(_ configure: (inout RequestReader.Limits) -> Void = { _ in }) -> RequestReader {
        var limits = RequestReader.Limits()
        configure(&limits)
        return RequestReader(limits: limits)
    }

    @Test("takes a request apart, wherever it is split")
    func splits() throws {
        let bytes = Self.request.map { $0.padded(by: 3) }.encoded()
        for split in 0...bytes.count {
            var reader = Self.reader()
            #expect(try reader.receive(Array(bytes[..<split]).span) == split)
            #expect(reader.isIdle == (split == 0), "\(split)")
            #expect(try reader.receive(Array(bytes[split...]).span) == bytes.count - split)
            #expect(try Self.seen(reader) == Seen(), "split at \(split)")
        }
    }

    @Test("takes a request byte by byte, and knows no request before its parameters are complete")
    func bytewise() throws {
        let bytes = Self.request.encoded()
        let complete = Self.request.prefix(3).encoded().count
        var reader = Self.reader()
        for (index, byte) in bytes.enumerated() {
            #expect(try reader.receive([byte].span) == 1)
            #expect(reader.hasRequest == (index + 1 >= complete), "byte \(index)")
            #expect(reader.bodyEnded == (index + 1 == bytes.count), "byte \(index)")
        }
        #expect(try Self.seen(reader) == Seen())
    }

    static let foreign: [(FastCGIRecord, [FastCGIRecord])] = [
        (.abortRequest(id: 7), []), (.params(id: 7, ["A": "b"]), []), (.params(id: 7), []), (.stdin(id: 7, [1]), []),
        (.stdin(id: 7), []), (.data(id: 5, [1]), []), (.stdout(id: 5, [1]), []), (.endRequest(id: 5), []),
        (.unknown(type: 77, id: 5, [1]), []), (.unknown(type: 77, id: 9, [1]), []), (.abortRequest(id: 0), []),
        (.stdin(id: 0, [1]), []), (.getValuesResult(["A": "b"]), []), (.unknownType(9), []),
        (.unknown(type: 77, "EVIL".utf8), [.unknownType(77)]), (.unknown(type: 12), [.unknownType(12)]),
        (.getValues(["FCGI_MPXS_CONNS"]), [.getValuesResult(["FCGI_MPXS_CONNS": "0"])]),
        (.beginRequest(id: 6), [.endRequest(id: 6, protocolStatus: .cantMPXConn)]),
        (.beginRequest(id: 6, role: .filter), [.endRequest(id: 6, protocolStatus: .cantMPXConn)]),
    ]

    @Test("is not disturbed by records of others, wherever they come", arguments: foreign)
    func foreignRecords(record: FastCGIRecord, replies: [FastCGIRecord]) throws {
        for place in 1..<Self.request.count {
            var records = Self.request
            records.insert(record.padded(by: 1), at: place)
            var reader = Self.reader()
            _ = try reader.receive(records.encoded().span)
            #expect(try Self.seen(reader) == Seen(replies: replies), "\(record) at \(place)")
        }
    }

    static let failures: [([FastCGIRecord], RequestReader.Failure)] = [
        ([FastCGIRecord(version: 2, type: .beginRequest, requestID: 1)], .version(2)),
        ([FastCGIRecord(version: 0, type: .stdin, requestID: 1)], .version(0)),
        ([FastCGIRecord(type: .init(rawValue: 0), requestID: 1)], .recordType(0)),
        ([FastCGIRecord(type: .init(rawValue: 0), requestID: 0)], .recordType(0)),
        ([FastCGIRecord(type: .beginRequest, requestID: 1)], .beginRequestSize(0)),
        ([FastCGIRecord(type: .beginRequest, requestID: 1, content: [0, 1, 0, 0, 0, 0, 0])], .beginRequestSize(7)),
        ([FastCGIRecord(type: .beginRequest, requestID: 1, contentLength: 0xFFFF)], .beginRequestSize(0xFFFF)),
        ([.beginRequest(id: 1), .beginRequest(id: 1)], .beginRequestAgain),
        (request.prefix(4) + [.beginRequest(id: 5)], .beginRequestAgain),
        ([.beginRequest(id: 1), .params(id: 1, bytes: [1]), .params(id: 1)], .parametersMalformed),
        ([.beginRequest(id: 1), .params(id: 1, bytes: [50, 50, 0]), .params(id: 1)], .parametersMalformed),
        ([.beginRequest(id: 1), .params(id: 1, bytes: [0x80, 0, 0]), .params(id: 1)], .parametersMalformed),
        (
            [
                .beginRequest(id: 1), .params(id: 1, bytes: [0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFE]),
                .params(id: 1),
            ],
            .parametersMalformed
        ),
        (
            [.beginRequest(id: 1), .params(id: 1, bytes: repeatElement(0xFF, count: 8)), .params(id: 1)],
            .parametersMalformed
        ),
        (
            [.beginRequest(id: 1)] + Array(repeating: .stdin(id: 1, [UInt8](repeating: 1, count: 32_768)), count: 3),
            .bodyBeforeParameters
        ),
        (Array(repeating: .unknown(type: 77), count: 5000), .tooManyReplies),
        (Array(repeating: .beginRequest(id: 1, role: .filter, flags: .keepConn), count: 5000), .tooManyReplies),
        (Array(repeating: .getValues(["FCGI_MAX_CONNS"]), count: 5000), .tooManyReplies),
    ]

    @Test("gives up a connection that breaks the protocol", arguments: failures)
    func failure(records: [FastCGIRecord], failure: RequestReader.Failure) {
        var reader = Self.reader()
        #expect(throws: failure) { try reader.receive(records.encoded().span) }
    }

    @Test("refuses other roles, and keeps the connection only when that was asked for")
    func roles() throws {
        for role in [0, 2, 3, 9, 0x0101] as [UInt16] {
            for flags in [.keepConn, []] as [FastCGIRecord.Flags] {
                var reader = Self.reader()
                let records: [FastCGIRecord] = [
                    .beginRequest(id: 3, role: .init(rawValue: role), flags: flags), .params(id: 3, Self.pairs),
                    .params(id: 3),
                    .stdin(id: 3),
                ]
                _ = try reader.receive(records.encoded().span)
                #expect(try FastCGIRecord.decode(reader.replies) == [.endRequest(id: 3, protocolStatus: .unknownRole)])
                #expect(reader.closesAfterReplies == (flags == []))
                #expect(reader.isIdle)
            }
        }
    }

    @Test("takes ABORT_REQUEST for what it is in each phase")
    func abort() throws {
        for count in 0...Self.request.count {
            var reader = Self.reader()
            let records = Self.request.prefix(count) + [.abortRequest(id: 5)]
            _ = try reader.receive(records.encoded().span)
            let isAmongParameters = count == 1 || count == 2
            #expect(reader.isAborted == (count >= 3), "after \(count) records")
            #expect(reader.isIdle == (count < 3), "after \(count) records")
            #expect(try FastCGIRecord.decode(reader.replies) == (isAmongParameters ? [.endRequest(id: 5)] : []))
            #expect(!reader.closesAfterReplies)
        }
        var reader = Self.reader()
        _ = try reader.receive([.beginRequest(id: 5), .abortRequest(id: 5)].encoded().span)
        #expect(reader.closesAfterReplies)
    }

    @Test("says nothing of an abort whose record ends behind the request")
    func abortThatComesTooLate() throws {
        var reader = Self.reader()
        let abort = FastCGIRecord(type: .abortRequest, requestID: 5, content: [UInt8](repeating: 0, count: 8)).encoded()
        let first = Self.request.encoded() + abort.prefix(10)
        _ = try reader.receive(first.span)
        #expect(reader.isComplete)
        try reader.finishRequest()
        let rest = Array(abort.dropFirst(10))
        _ = try reader.receive(rest.span)
        #expect(reader.isIdle)
        #expect(try FastCGIRecord.decode(reader.replies).isEmpty)
    }

    @Test("holds back the next request until this one is finished", arguments: [1, 7, 8, 9, 1000])
    func pipelining(pieces: Int) throws {
        let second = FastCGIRequest.Framing(id: 6)
        let request = FastCGIRequest(variables: ["A": "b"], body: [1, 2])
        let bytes = Self.request.encoded() + request.encoded(second)
        var reader = Self.reader()
        var position = 0
        var ids: [UInt16] = []
        while position < bytes.count {
            let end = min(position + pieces, bytes.count)
            position += try reader.receive(Array(bytes[position..<end]).span)
            if reader.isHolding {
                #expect(try reader.receive([1].span) == 0)
                ids.append(reader.requestID)
                #expect(try Self.seen(reader) == Seen())
                try reader.finishRequest()
                #expect(!reader.isIdle && !reader.isHolding)
            }
        }
        #expect(ids == [5])
        let expected = Seen(id: 6, keeps: false, parameters: request.variables.encoded(), body: [1, 2])
        #expect(try Self.seen(reader) == expected)
        try reader.finishRequest()
        #expect(reader.isIdle)
    }

    @Test("leaves out the rest of the body after its end, and after a limit counts without keeping")
    func bodyLimit() throws {
        var reader = Self.reader()
        _ = try reader.receive((Self.request + [.stdin(id: 5, "more".utf8), .stdin(id: 5)]).encoded().span)
        #expect(reader.body == Array("helloworld".utf8))

        for limit in [0, 3, 5, 7, 10, 11] {
            var reader = Self.reader()
            _ = try reader.receive(Self.request.prefix(3).encoded().span)
            reader.beginBody(limit: limit)
            for record in Self.request.dropFirst(3) { _ = try reader.receive(record.encoded().span) }
            #expect(reader.body == Array("helloworld".utf8.prefix(limit)), "\(limit)")
            #expect(reader.bodyReceived == 10)
            #expect(reader.takeBody() == Array("helloworld".utf8.prefix(limit)))
            #expect(reader.body.isEmpty && reader.bodyEnded)
        }

        var early = Self.reader()
        let order = [0, 1, 3, 2, 4, 5].map { Self.request[$0] }
        _ = try early.receive(order.encoded().span)
        #expect(try Self.seen(early) == Seen())
        early.beginBody(limit: 3)
        #expect(early.body == Array("hel".utf8))

        var discarding = Self.reader()
        _ = try discarding.receive(Self.request.prefix(3).encoded().span)
        discarding.discardsBody = true
        _ = try discarding.receive(Self.request.dropFirst(3).encoded().span)
        #expect(discarding.body.isEmpty && discarding.bodyReceived == 10 && discarding.bodyEnded)
    }
}
