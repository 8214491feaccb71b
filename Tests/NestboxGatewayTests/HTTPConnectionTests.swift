import HTTPTypes
import NestboxTesting
import Testing

@Suite("an HTTP connection", .timeLimit(.minutes(1)))
struct HTTPConnectionTests {
    let client: HTTPConnection
    let server: FastCGIConnection

    init() throws {
        let listener = try LoopbackListener()
        client = try HTTPConnection(to: listener.address)
        server = try listener.accept()
    }

    private func answer(_ text: String, closing: Bool = false) throws {
        try server.send(Array(text.utf8))
        if closing { try server.halfClose() }
    }

    static let answers: [(String, Bool, String, Bool)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, "hi", true),
        ("HTTP/1.1 200 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n", true, "", false),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nA;x=y\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n",
            false, "hi0123456789", true
        ),
        ("HTTP/1.1 200 OK\r\n\r\nall", true, "all", false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n1", true, "1", false),
        ("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", false, "", true),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", false, "", true),
    ]

    @Test("reads a body to its end", arguments: answers)
    func body(text: String, closing: Bool, body: String, reusable: Bool) throws {
        try answer(text, closing: closing)
        #expect(try client.request("GET", "/").text == body)
        #expect(client.isReusable == reusable)
    }

    @Test("reads no body after HEAD")
    func head() throws {
        try answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        #expect(try client.request("HEAD", "/").body.isEmpty)
        #expect(client.isReusable)
    }

    @Test(
        "refuses what is malformed",
        arguments: [
            "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 200 OK\n\n",
            "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n",
        ])
    func malformed(text: String) throws {
        try answer(text, closing: true)
        let error = #expect(throws: TestingError.self) { try client.request("GET", "/") }
        #expect(error?.code == .malformed, "\(String(describing: error))")
    }

    @Test(
        "refuses what is cut short",
        arguments: [
            "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nx",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        ])
    func truncated(text: String) throws {
        try answer(text, closing: true)
        let error = #expect(throws: TestingError.self) { try client.request("GET", "/") }
        #expect(error?.code == .truncated, "\(String(describing: error))")
    }

    @Test("sends a body with its length, or in chunks")
    func bodies() throws {
        try client.send("POST", "/a", headers: [("Host", "h"), ("X-A", "b")], body: Array("hello".utf8))
        #expect(
            try server.readBytes()
                == Array("POST /a HTTP/1.1\r\nHost: h\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello".utf8))
        try client.send("POST", "/a", headers: [("Host", "h")], body: Array("hello".utf8), chunkSize: 3)
        let text = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
        #expect(try server.readBytes() == Array(text.utf8))
    }

    @Test("reads a stream as it comes, and answers to pipelined requests in order")
    func streaming() throws {
        try client.send("GET", "/1")
        try client.send("GET", "/2")
        try answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")
        #expect(try client.readHead().status == .ok)
        #expect(try client.readChunk() == Array("ab".utf8))
        let error = #expect(throws: TestingError.self) { try client.readChunk(timeout: .milliseconds(20)) }
        #expect(error?.code == .timedOut)
        try answer("3\r\ncde\r\n0\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\n2")
        #expect(try client.readChunk() == Array("cde".utf8))
        #expect(try client.readChunk() == nil)
        #expect(!client.isReusable)
        #expect(try client.readHead().status == .created)
        #expect(try client.readBody() == Array("2".utf8))
        #expect(client.isReusable)
    }

    @Test("that the server has closed says so")
    func closed() throws {
        server.close()
        let error = #expect(throws: TestingError.self) { try client.request("GET", "/") }
        #expect(error?.code == .closed || error?.code == .reset)
    }
}
