import HTTPTypes
import NestboxTesting
import Testing

@Suite("FastCGI records", .timeLimit(.minutes(1)))
struct FastCGIRecordTests {
    static let table: [(FastCGIRecord, [UInt8])] = [
        (.beginRequest(id: 1), [1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
        (
            .beginRequest(id: 0xFFFF, role: .filter, flags: .keepConn).padded(by: 2),
            [1, 1, 0xFF, 0xFF, 0, 8, 2, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0]
        ),
        (.abortRequest(id: 0x0102), [1, 2, 1, 2, 0, 0, 0, 0]),
        (
            .endRequest(id: 3, appStatus: 0x0102_0304, protocolStatus: .overloaded),
            [1, 3, 0, 3, 0, 8, 0, 0, 1, 2, 3, 4, 2, 0, 0, 0]
        ),
        (.params(id: 1, ["A": "bc"]), [1, 4, 0, 1, 0, 5, 0, 0, 1, 2, 0x41, 0x62, 0x63]),
        (.params(id: 1, ["A": ""], longForm: true), [1, 4, 0, 1, 0, 9, 0, 0, 0x80, 0, 0, 1, 0x80, 0, 0, 0, 0x41]),
        (.params(id: 1), [1, 4, 0, 1, 0, 0, 0, 0]),
        (.stdin(id: 1, "hi".utf8), [1, 5, 0, 1, 0, 2, 0, 0, 0x68, 0x69]),
        (.stdin(id: 1), [1, 5, 0, 1, 0, 0, 0, 0]),
        (.stdout(id: 1, "hi".utf8), [1, 6, 0, 1, 0, 2, 0, 0, 0x68, 0x69]),
        (.stderr(id: 1), [1, 7, 0, 1, 0, 0, 0, 0]),
        (.data(id: 1, [9]), [1, 8, 0, 1, 0, 1, 0, 0, 9]),
        (.getValues(["X", "Y"]), [1, 9, 0, 0, 0, 6, 0, 0, 1, 0, 0x58, 1, 0, 0x59]),
        (.getValuesResult(["X": "1"]), [1, 10, 0, 0, 0, 4, 0, 0, 1, 1, 0x58, 0x31]),
        (.unknownType(77), [1, 11, 0, 0, 0, 8, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0]),
        (.unknown(type: 77, [1, 2]), [1, 77, 0, 0, 0, 2, 0, 0, 1, 2]),
        (FastCGIRecord(type: .stdin, requestID: 1, reserved: 5), [1, 5, 0, 1, 0, 0, 0, 5]),
    ]

    @Test("are these bytes, in both directions", arguments: table)
    func literals(record: FastCGIRecord, bytes: [UInt8]) throws {
        #expect(record.encoded() == bytes)
        #expect(try FastCGIRecord.decode(bytes) == [record])
    }

    @Test("keep their content at every border", arguments: [0, 1, 127, 128, 255, 256, 65_534, 65_535])
    func borders(count: Int) throws {
        let record = FastCGIRecord.stdin(id: 1, repeatElement(7, count: count)).padded(by: 255)
        let bytes = record.encoded()
        #expect(Array(bytes[4..<7]) == [UInt8(count >> 8), UInt8(count & 0xFF), 255])
        #expect(bytes.count == 8 + count + 255)
        #expect(try FastCGIRecord.decode(bytes + bytes) == [record, record])
    }

    @Test("can be told to lie about their length and version")
    func malformed() {
        var record = FastCGIRecord(version: 2, type: .stdin, requestID: 1, content: [7], contentLength: 0xFFFF)
        #expect(record.encoded() == [2, 5, 0, 1, 0xFF, 0xFF, 0, 0, 7])
        #expect(throws: FastCGIRecord.DecodingError.unsupportedVersion(2)) {
            try FastCGIRecord.decode(record.encoded())
        }
        record.version = 1
        #expect(throws: FastCGIRecord.DecodingError.truncatedContent) { try FastCGIRecord.decode(record.encoded()) }
    }

    @Test("cut short anywhere are an error", arguments: 1..<26)
    func truncated(count: Int) {
        let bytes = [FastCGIRecord.beginRequest(id: 1), .stdin(id: 1, [7]).padded(by: 1)].encoded()
        #expect(bytes.count == 26)
        let expected: FastCGIRecord.DecodingError =
            (1..<8).contains(count) || (17..<24).contains(count) ? .truncatedHeader : .truncatedContent
        if count == 16 { return }  // the border between the two
        #expect(throws: expected) { try FastCGIRecord.decode(Array(bytes.prefix(count))) }
    }

    @Test("have the names of the specification")
    func names() {
        #expect(FastCGIRecord.RecordType.beginRequest.description == "FCGI_BEGIN_REQUEST")
        #expect(FastCGIRecord.RecordType.unknownType.description == "FCGI_UNKNOWN_TYPE")
        #expect(FastCGIRecord.RecordType(rawValue: 0).description == "type 0")
        #expect(FastCGIRecord.RecordType(rawValue: 12).description == "type 12")
    }

    @Test("that end a request have a body of eight bytes", arguments: [0, 7, 9])
    func endRequestBody(count: Int) {
        #expect(throws: FastCGIRecord.DecodingError.wrongBodySize(count)) {
            try FastCGIRecord.EndRequestBody(decoding: [UInt8](repeating: 0, count: count))
        }
    }
}

@Suite("FastCGI name-value pairs", .timeLimit(.minutes(1)))
struct FastCGINameValuePairsTests {
    static let lengths: [(Int, [UInt8])] = [
        (0, [0]), (1, [1]), (127, [0x7F]), (128, [0x80, 0, 0, 0x80]), (255, [0x80, 0, 0, 0xFF]),
        (16_383, [0x80, 0, 0x3F, 0xFF]), (65_535, [0x80, 0, 0xFF, 0xFF]), (65_536, [0x80, 1, 0, 0]),
        (66_000, [0x80, 1, 1, 0xD0]),
    ]

    @Test("up to 127 bytes take a length of one byte, more take four", arguments: lengths)
    func length(count: Int, bytes: [UInt8]) throws {
        #expect(FastCGINameValuePairs.encodedLength(count) == bytes)
        let text = String(repeating: "x", count: count)
        let pairs: FastCGINameValuePairs = ["N": text, text: "v"]
        let expected = [1] + bytes + Array("N\(text)".utf8) + bytes + [1] + Array("\(text)v".utf8)
        #expect(pairs.encoded() == expected)
        #expect(try FastCGINameValuePairs(decoding: expected) == pairs)
        #expect(try FastCGINameValuePairs(decoding: pairs.encoded(longForm: true)) == pairs)
    }

    @Test("the longest length has 31 bits")
    func longest() {
        #expect(FastCGINameValuePairs.encodedLength(0x7FFF_FFFF) == [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(FastCGINameValuePairs.encodedLength(5, longForm: true) == [0x80, 0, 0, 5])
    }

    @Test("a short length in the long form is read as well")
    func longForm() throws {
        #expect(try FastCGINameValuePairs(decoding: [0x80, 0, 0, 1, 0, 0x41]) == ["A": ""])
    }

    static let cutShort: [([UInt8], FastCGIRecord.DecodingError)] = [
        ([1], .truncatedLength), ([0x80], .truncatedLength), ([0x80, 0, 0], .truncatedLength),
        ([0x80, 0, 0, 1], .truncatedLength), ([1, 0x80, 0, 0], .truncatedLength),
        ([1, 0], .truncatedPair), ([1, 1, 0x41], .truncatedPair), ([0, 1], .truncatedPair),
        ([50, 50, 0, 0, 0, 0, 0, 0, 0, 0], .truncatedPair),
        ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .truncatedPair),
        ([0, 0, 1], .truncatedLength),
    ]

    @Test("cut short are an error, not a shorter list", arguments: cutShort)
    func truncated(bytes: [UInt8], error: FastCGIRecord.DecodingError) {
        #expect(throws: error) { try FastCGINameValuePairs(decoding: bytes) }
    }

    @Test("keep their order and their repetitions")
    func order() throws {
        var pairs: FastCGINameValuePairs = ["B": "1", "A": "2", "B": "3", "": ""]
        #expect(try FastCGINameValuePairs(decoding: pairs.encoded()) == pairs)
        #expect(pairs["B"] == "1")
        pairs["B"] = "4"
        #expect(pairs == ["B": "4", "A": "2", "": ""])
        pairs["A"] = nil
        pairs["C"] = "5"
        #expect(pairs == ["B": "4", "": "", "C": "5"])
        #expect(pairs["A"] == nil)
    }

    @Test("need not be text")
    func bytes() throws {
        let pairs = FastCGINameValuePairs([.init(name: [0xFF], value: [0, 0x80])])
        #expect(pairs.encoded() == [1, 2, 0xFF, 0, 0x80])
        #expect(try FastCGINameValuePairs(decoding: [1, 2, 0xFF, 0, 0x80]) == pairs)
    }
}

@Suite("a FastCGI request", .timeLimit(.minutes(1)))
struct FastCGIRequestTests {
    @Test("has the variables that nginx sends")
    func variables() {
        let request = FastCGIRequest(
            method: "POST", target: "/a%20b//c%2Fd;x/../?q=%20&r",
            headers: [
                ("Host", "Example.test:8080"), ("X-Dup", "1"), ("Content-Type", "text/plain"), ("X-Dup", "2"),
                ("X_Under", "no"),
            ],
            body: [1, 2, 3], scheme: "https", variables: ["REMOTE_USER": "kim"])
        #expect(
            request.variables == [
                "QUERY_STRING": "q=%20&r", "REQUEST_METHOD": "POST", "CONTENT_TYPE": "text/plain",
                "CONTENT_LENGTH": "3", "SCRIPT_NAME": "/a b/c/", "REQUEST_URI": "/a%20b//c%2Fd;x/../?q=%20&r",
                "DOCUMENT_URI": "/a b/c/", "DOCUMENT_ROOT": "/usr/share/nginx/html", "SERVER_PROTOCOL": "HTTP/1.1",
                "REQUEST_SCHEME": "https", "HTTPS": "on", "GATEWAY_INTERFACE": "CGI/1.1",
                "SERVER_SOFTWARE": "nginx/1.22.1", "REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "40000",
                "SERVER_ADDR": "127.0.0.1", "SERVER_PORT": "443", "SERVER_NAME": "example.test",
                "REDIRECT_STATUS": "200", "HTTP_HOST": "example.test", "HTTP_X_DUP": "1",
                "HTTP_CONTENT_TYPE": "text/plain", "HTTP_X_DUP": "2", "HTTP_CONTENT_LENGTH": "3", "REMOTE_USER": "kim",
            ])
    }

    @Test("without a body has an empty CONTENT_LENGTH")
    func noBody() {
        #expect(FastCGIRequest().variables["CONTENT_LENGTH"] == "")
        #expect(FastCGIRequest().variables["HTTPS"] == nil)
        #expect(FastCGIRequest(body: []).variables["CONTENT_LENGTH"] == "0")
    }

    static let paths: [(String, String)] = [
        ("/", "/"), ("//", "/"), ("/a", "/a"), ("/a/", "/a/"), ("/a/.", "/a/"), ("/a/..", "/"), ("/a/../b", "/b"),
        ("/%61%2f%2F%zz%+1", "/a/%zz%+1"), ("/a%3Fb?c", "/a?b"), ("*", "*"),
    ]

    @Test("has the decoded path in SCRIPT_NAME", arguments: paths)
    func path(target: String, path: String) {
        let request = FastCGIRequest(target: target)
        #expect(request.variables["SCRIPT_NAME"] == path)
        #expect(request.variables["REQUEST_URI"] == target)
        #expect(request.variables["PATH_INFO"] == nil)
    }

    @Test("under a mount has the rest of the path in PATH_INFO")
    func mount() {
        let request = FastCGIRequest(target: "/app/a%20b//c", mountedAt: "/app")
        #expect(request.variables["SCRIPT_NAME"] == "/app")
        #expect(request.variables["PATH_INFO"] == "/a b/c")
        #expect(request.variables["DOCUMENT_URI"] == "/app/a b/c")
    }

    @Test("is begin, params and stdin, each stream with its end")
    func records() {
        let request = FastCGIRequest(variables: ["A": "bc"], body: [1, 2, 3])
        #expect(
            request.records() == [
                .beginRequest(id: 1), .params(id: 1, ["A": "bc"]), .params(id: 1), .stdin(id: 1, [1, 2, 3]),
                .stdin(id: 1),
            ])
        #expect(FastCGIRequest(variables: [:]).records() == [.beginRequest(id: 1), .params(id: 1), .stdin(id: 1)])
    }

    @Test("is cut into records as it is told")
    func framing() {
        let request = FastCGIRequest(variables: ["A": "bc"], body: [1, 2, 3])
        let framing = FastCGIRequest.Framing(
            id: 9, keepConnection: true, role: .authorizer, paramsChunk: 4, stdinChunk: 2, padding: 1, longForm: true,
            stdinEnd: false)
        let expected: [FastCGIRecord] = [
            .beginRequest(id: 9, role: .authorizer, flags: .keepConn),
            .params(id: 9, bytes: [0x80, 0, 0, 1]), .params(id: 9, bytes: [0x80, 0, 0, 2]),
            .params(id: 9, bytes: "Abc".utf8), .params(id: 9), .stdin(id: 9, [1, 2]), .stdin(id: 9, [3]),
        ]
        #expect(request.records(framing) == expected.map { $0.padded(by: 1) })
        #expect(request.encoded(framing) == expected.map { $0.padded(by: 1) }.encoded())
    }
}

@Suite("a FastCGI response", .timeLimit(.minutes(1)))
struct FastCGIResponseTests {
    @Test("is gathered from the records of its request")
    func gathered() throws {
        let response = FastCGIResponse([
            .stdout(id: 1, "Status: 404 Not Found\r\nX-A: 1\r\n".utf8), .stderr(id: 1, "oh".utf8), .stdout(id: 2, [0]),
            .unknownType(77), .stdout(id: 1, "X-A: 2\r\n\r\nbody".utf8), .stderr(id: 1), .stdout(id: 1),
            .endRequest(id: 1, appStatus: 7),
        ])
        #expect(response.isWellFormed, "\(response.violations)")
        #expect(response.stderr == Array("oh".utf8))
        #expect(response.appStatus == 7)
        #expect(response.protocolStatus == .requestComplete)
        let cgi = try response.cgi
        #expect(cgi.status == 404)
        #expect(cgi.reasonPhrase == "Not Found")
        #expect(cgi.headerFields.map { "\($0.name): \($0.value)" } == ["X-A: 1", "X-A: 2"])
        #expect(cgi.text == "body")
    }

    static let illFormed: [([FastCGIRecord], String)] = [
        ([.stdout(id: 1)], "no FCGI_END_REQUEST"),
        ([.endRequest(id: 1)], "FCGI_STDOUT was not ended"),
        ([.stdout(id: 1, [7]), .endRequest(id: 1)], "FCGI_STDOUT was not ended"),
        ([.stdout(id: 1), .stderr(id: 1, [7]), .endRequest(id: 1)], "FCGI_STDERR was not ended"),
        ([.stdout(id: 1), .stdout(id: 1), .endRequest(id: 1)], "FCGI_STDOUT after its end"),
        ([.stdout(id: 1), .endRequest(id: 1), .endRequest(id: 1)], "FCGI_END_REQUEST after FCGI_END_REQUEST"),
        ([.stdout(id: 1), .endRequest(id: 1), .stderr(id: 1)], "FCGI_STDERR after FCGI_END_REQUEST"),
        ([.stdin(id: 1), .stdout(id: 1), .endRequest(id: 1)], "FCGI_STDIN is not for an application to send"),
        (
            [.stdout(id: 1), FastCGIRecord(type: .endRequest, requestID: 1, content: [0])],
            "FCGI_END_REQUEST of 1 bytes"
        ),
    ]

    @Test("that breaks a rule says which", arguments: illFormed)
    func violations(records: [FastCGIRecord], violation: String) {
        #expect(FastCGIResponse(records).violations.contains(violation))
        #expect(!FastCGIResponse(records).isWellFormed)
    }

    @Test("that refuses needs no stdout")
    func refusal() {
        let response = FastCGIResponse([.endRequest(id: 2, protocolStatus: .cantMPXConn)], requestID: 2)
        #expect(response.isWellFormed)
        #expect(response.protocolStatus == .cantMPXConn)
    }

    static let statuses: [(String, Int, String)] = [
        ("Content-Type: text/plain\n\nx", 200, "x"), ("Status: 204\r\n\r\n", 204, ""),
        ("Location: http://a/\n\n", 302, ""), ("Location: /a\n\n", 200, ""),
        ("Location: /a\r\nstatus: 303 \r\n\r\n", 303, ""),
        ("Content-Type:a/b\n\n\n", 200, "\n"),
    ]

    @Test("has the status of RFC 3875", arguments: statuses)
    func status(text: String, status: Int, body: String) throws {
        let cgi = try CGIResponse(parsing: Array(text.utf8))
        #expect(cgi.status == status)
        #expect(cgi.text == body)
        #expect(!cgi.headerFields.contains { $0.name.canonicalName == "status" })
    }

    @Test(
        "that is no CGI response is malformed",
        arguments: [
            "", "\n", "X-A: b\n\n", "Content-Type: a/b\n", "Content-Type: a/b\nContent-Type: a/b\n\n", "Status: 20\n\n",
            "Status: 200OK\n\n", "Status: +20\n\n", "Status: 099\n\n", "Status 200\n\n", "Status : 200\n\n",
            "Status: 200\n folded\n\n", "Status: 200\nX: a\u{0}b\n\n", "Status: 200\nX: a\rb\n\n", ": x\n\n",
        ])
    func malformed(text: String) throws {
        let error = #expect(throws: TestingError.self) { try CGIResponse(parsing: Array(text.utf8)) }
        #expect(error?.code == .malformed)
    }
}

@Suite("a FastCGI connection", .timeLimit(.minutes(1)))
struct FastCGIConnectionTests {
    let directory: TemporaryDirectory
    let listener: LoopbackListener

    init() throws {
        directory = try TemporaryDirectory()
        listener = try LoopbackListener(directory.socket())
    }

    private func pair() throws -> (client: FastCGIConnection, server: FastCGIConnection) {
        let client = try FastCGIConnection(to: listener.address)
        return (client, try listener.accept())
    }

    @Test("carries records both ways, however they are split", arguments: [1, 2, 7, 4096])
    func split(size: Int) throws {
        let (client, server) = try pair()
        let request = FastCGIRequest(variables: ["A": "b"], body: Array("hello".utf8))
        try client.send(request.encoded(), splitEvery: size)
        #expect(try request.records().map { _ in try server.readRecord() } == request.records())
        try server.send(.stdout(id: 1), .endRequest(id: 1, appStatus: 3))
        #expect(try client.readUntilEnd().appStatus == 3)
    }

    @Test("splits at the given offsets")
    func offsets() throws {
        let (client, server) = try pair()
        try client.send([1, 2, 3, 4, 5], splitAt: [1, 4], pause: .milliseconds(1))
        try client.halfClose()
        var bytes: [UInt8] = []
        while let more = try server.readBytes() { bytes += more }
        #expect(bytes == [1, 2, 3, 4, 5])
    }

    @Test("performs a request over TCP and reads to the close")
    func perform() throws {
        let listener = try LoopbackListener()
        let client = try FastCGIConnection(to: listener.address.description)
        let server = try listener.accept()
        try server.send(.stdout(id: 1, "Status: 200\n\n".utf8), .stdout(id: 1), .endRequest(id: 1))
        try server.halfClose()
        let response = try client.perform(FastCGIRequest())
        #expect(response.isWellFormed)
        #expect(response.ending == .closed)
        #expect(try response.cgi.status == 200)
    }

    @Test("takes an answer that comes while the body is still being sent", arguments: [true, false])
    func earlyAnswer(usesTCP: Bool) async throws {
        let listener = try LoopbackListener(usesTCP ? .port(0) : directory.socket("early"))
        async let response = onOwnThread { [address = listener.address] in
            let request = FastCGIRequest(method: "POST", body: [UInt8](repeating: 7, count: 8_000_000))
            return try FastCGIConnection(to: address).perform(request)
        }
        try await onOwnThread {
            let server = try listener.accept()
            let output = FastCGIRecord.stdout(id: 1, repeatElement(7, count: 65_535))
            try server.send([FastCGIRecord](repeating: output, count: 50).encoded())
            try server.send(.stdout(id: 1), .endRequest(id: 1))
            // TCP throws away what is still to be sent when a socket is closed with something unread.
            if usesTCP {
                try server.halfClose()
                while try server.readBytes() != nil {}
            }
            server.close()
        }
        #expect(try await response.stdout.count == 50 * 65_535)
    }

    @Test("reads to the close what comes after the end")
    func afterTheEnd() throws {
        let (client, server) = try pair()
        try server.send(.stdout(id: 1), .endRequest(id: 1), .stdout(id: 1, [7]))
        server.close()
        let records = try client.readUntilClose()
        #expect(
            FastCGIResponse(records).violations == ["FCGI_STDOUT after FCGI_END_REQUEST", "FCGI_STDOUT after its end"])
    }

    @Test("asks for values")
    func getValues() throws {
        let (client, server) = try pair()
        try server.send(.getValuesResult(["FCGI_MPXS_CONNS": "0"]))
        #expect(try client.getValues(["FCGI_MPXS_CONNS"]) == ["FCGI_MPXS_CONNS": "0"])
        #expect(try server.readRecord() == .getValues(["FCGI_MPXS_CONNS"]))
    }

    @Test("tells the ways to end apart")
    func endings() throws {
        var (client, server) = try pair()
        var error = #expect(throws: TestingError.self) { try client.readRecord(timeout: .milliseconds(20)) }
        #expect(error?.code == .timedOut)
        try server.send([1, 6, 0])
        server.close()
        error = #expect(throws: TestingError.self) { try client.readRecord() }
        #expect(error?.code == .truncated)

        (client, server) = try pair()
        server.close()
        error = #expect(throws: TestingError.self) { try client.readRecord() }
        #expect(error?.code == .closed)

        (client, server) = try pair()
        try server.send([2])
        error = #expect(throws: TestingError.self) { try client.readRecord() }
        #expect(error?.code == .malformed)

        let listener = try LoopbackListener()
        client = try FastCGIConnection(to: listener.address)
        server = try listener.accept()
        server.reset()
        error = #expect(throws: TestingError.self) { try client.readUntilClose() }
        #expect(error?.code == .reset)
        client.close()
        error = #expect(throws: TestingError.self) { try client.readRecord() }
        #expect(error?.code == .refused)
    }

    @Test("gives up sending to a peer that does not read")
    func sendDeadline() throws {
        let (client, server) = try pair()
        let error = #expect(throws: TestingError.self) {
            try client.send([UInt8](repeating: 0, count: 10_000_000), timeout: .milliseconds(50))
        }
        #expect(error?.code == .timedOut)
        server.close()
    }

    @Test("gives up connecting when the backlog is full")
    func connectDeadline() throws {
        let listener = try LoopbackListener(directory.socket("full"), backlog: 0)
        let first = try FastCGIConnection(to: listener.address)
        let error = #expect(throws: TestingError.self) {
            _ = try FastCGIConnection(to: listener.address, timeout: .milliseconds(50))
        }
        #expect(error?.code == .timedOut)
        first.close()
    }

    @Test(
        "goes to this machine only",
        arguments: [
            "", "80", "unix", "example.org:80", "10.0.0.1:80", "127.0.0:80", "127.0.0.1", "127.0.0.256:80",
            "127.0.0.1:70000",
        ])
    func addresses(text: String) {
        #expect(throws: TestingError.self) { try LoopbackAddress(text) }
    }

    @Test("writes an address as it reads it", arguments: ["unix:/run/x", "127.0.0.1:80", "127.255.3.4:65535"])
    func roundTrip(text: String) throws {
        #expect(try LoopbackAddress(text).description == text)
    }

    @Test("refuses a path that does not fit", arguments: [0, 108, 200])
    func longPath(count: Int) {
        let error = #expect(throws: TestingError.self) {
            _ = try FastCGIConnection(to: .unix(path: String(repeating: "x", count: count)))
        }
        #expect(error?.code == .refused)
    }
}
