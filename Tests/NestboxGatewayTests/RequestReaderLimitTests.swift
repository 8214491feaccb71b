import NestboxTesting
import Testing

@testable import NestboxGateway

@Suite("the limits of the reader of requests", .timeLimit(.minutes(1)))
struct RequestReaderLimitTests {
    private static func read(
        _ parameters: [UInt8], chunk: Int = 60_000, _ configure: (inout RequestReader.Limits) -> Void = { _ in }
    ) throws -> RequestReader {
        var reader = RequestReaderTests.reader(configure)
        var records: [FastCGIRecord] = [.beginRequest(id: 1, flags: .keepConn)]
        for start in stride(from: 0, to: parameters.count, by: chunk) {
            records.append(.params(id: 1, bytes: parameters[start..<min(start + chunk, parameters.count)]))
        }
        records += [.params(id: 1), .stdin(id: 1)]
        _ = try reader.receive(records.encoded().span)
        return reader
    }

    private static func isRefused(_ reader: RequestReader) throws -> Bool {
        let response = FastCGIResponse(try FastCGIRecord.decode(reader.replies))
        if response.records.isEmpty { return false }
        #expect(response.isWellFormed && reader.closesAfterReplies && !reader.hasRequest)
        #expect(try response.cgi.status == 431)
        return true
    }

    @Test("parameters are taken up to their whole size, and not a byte more", arguments: [1, 100, 60_000])
    func size(chunk: Int) throws {
        let bytes = (["A": String(repeating: "v", count: 500)] as FastCGINameValuePairs).encoded()
        for (limit, isRefused) in [(bytes.count - 1, true), (bytes.count, false), (bytes.count + 1, false)] {
            let reader = try Self.read(bytes, chunk: chunk) { $0.parametersSize = limit }
            #expect(try Self.isRefused(reader) == isRefused, "\(limit)")
            if !isRefused { #expect(reader.parameters == bytes) }
        }
    }

    @Test("memory for parameters does not grow beyond the limit")
    func memory() throws {
        var reader = RequestReaderTests.reader()
        _ = try reader.receive(FastCGIRecord.beginRequest(id: 1).encoded().span)
        let record = FastCGIRecord.params(id: 1, bytes: repeatElement(7, count: 60_000)).encoded()
        for _ in 0..<200 {
            _ = try reader.receive(record.span)
            #expect(reader.parameters.count <= reader.limits.parametersSize)
            #expect(reader.replies.count < 1000)
        }
        #expect(try Self.isRefused(reader))
    }

    @Test("names, values and their number have limits", arguments: [-1, 0, 1])
    func pairs(excess: Int) throws {
        let name: FastCGINameValuePairs = [String(repeating: "N", count: 50 + excess): "v"]
        #expect(try Self.isRefused(Self.read(name.encoded()) { $0.parameterNameSize = 50 }) == (excess > 0))
        let value: FastCGINameValuePairs = ["A": "b", "N": String(repeating: "v", count: 300 + excess)]
        #expect(try Self.isRefused(Self.read(value.encoded()) { $0.parameterValueSize = 300 }) == (excess > 0))
        let many = FastCGINameValuePairs((0..<20 + excess).map { ("N\($0)", "") })
        #expect(try Self.isRefused(Self.read(many.encoded()) { $0.parameterCount = 20 }) == (excess > 0))
    }

    @Test("what libfcgi would misread is left out, and nothing else")
    func unusable() throws {
        let good: [(String, String)] = [("A", "1"), ("B", ""), ("C", "x=y=z"), ("D", "\r\n")]
        let bad: [(String, String)] = [
            ("", ""), ("", "v"), ("X\0Y", "v"), ("X", "a\0b"), ("X=Y", "v"), ("=", "v"), ("\0", ""), ("X", "\0"),
        ]
        for (name, value) in bad {
            for place in 0...good.count {
                var pairs = good
                pairs.insert((name, value), at: place)
                pairs.append((name, value))
                let reader = try Self.read(FastCGINameValuePairs(pairs).encoded())
                #expect(try FastCGINameValuePairs(decoding: reader.parameters) == FastCGINameValuePairs(good))
            }
        }
    }

    @Test("a name that is asked for again and again is answered once", arguments: [1, 4, 4000])
    func getValues(count: Int) throws {
        var reader = RequestReaderTests.reader { $0.maximumConnections = 12 }
        let names = Array(repeating: "FCGI_MAX_CONNS", count: count) + ["FCGI_UNKNOWN", "FCGI_MPXS_CONNS", ""]
        _ = try reader.receive(FastCGIRecord.getValues(names).encoded().span)
        let replies = try FastCGIRecord.decode(reader.replies)
        #expect(replies == [.getValuesResult(["FCGI_MAX_CONNS": "12", "FCGI_MPXS_CONNS": "0"])])
        #expect(reader.takeReplies().count < 100 && reader.replies.isEmpty && reader.isIdle)
    }

    @Test("a malformed query is answered as far as it goes")
    func malformedQuery() throws {
        for rest in [[4], [0x80, 0, 0], [14, 0, 0x46], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]] {
            var reader = RequestReaderTests.reader { $0.maximumConnections = 12 }
            let content = FastCGIRecord.getValues(["FCGI_MAX_REQS"]).content + rest
            _ = try reader.receive(FastCGIRecord(type: .getValues, requestID: 0, content: content).encoded().span)
            #expect(try FastCGIRecord.decode(reader.replies) == [.getValuesResult(["FCGI_MAX_REQS": "12"])])
        }
    }

    @Test("any bytes are taken or refused, and none makes the reader keep more than its limits")
    func noise() {
        var state: UInt64 = 7
        func random() -> UInt8 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        let valid = RequestReaderTests.request.encoded()
        var failures = 0
        for _ in 0..<20_000 {
            var bytes = valid
            for _ in 0..<Int(random() % 4 + 1) { bytes[Int(random()) % bytes.count] = random() }
            var reader = RequestReaderTests.reader()
            do {
                for _ in 0..<3 where try reader.receive(bytes.span) == bytes.count {}
            } catch {
                failures += 1
            }
            #expect(reader.parameters.count <= reader.limits.parametersSize)
            #expect(reader.replies.count <= 66_000)
        }
        // Most of the damage is to headers, and much of that must be noticed.
        #expect((1000..<20_000).contains(failures))
    }
}
