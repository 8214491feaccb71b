import HTTPTypes
import NestboxHTTP
import Testing

@Suite("a response", .timeLimit(.minutes(1)))
struct ResponseTests {
    static let factories: [(Response, String?, Int?)] = [
        (Response(), nil, 0), (.text("ü"), "text/plain; charset=utf-8", 2),
        (.html("<p>"), "text/html; charset=utf-8", 3),
        (.bytes([1, 2]), "application/octet-stream", 2), (.bytes([1], type: "image/png"), "image/png", 1),
        (.stream { _ in }, "application/octet-stream", nil), (.stream(type: "a/b", length: 7) { _ in }, "a/b", 7),
        (Response(status: .notFound, body: .string("x")), nil, 1),
    ]

    @Test("has the type and length of what it was made of", arguments: factories)
    func factory(response: Response, type: String?, length: Int?) {
        #expect(response.headers[values: .contentType] == (type.map { [$0] } ?? []))
        #expect(response.body.length == length)
    }

    @Test("has the status that it is given, 200 without")
    func status() throws {
        #expect(Response().status == .ok)
        #expect(Response.text("", status: .accepted).status == .accepted)
        #expect(Response.html("", status: .gone).status == .gone)
        #expect(try Response.json([1], status: .created).status == .created)
    }

    @Test("of JSON has sorted keys and plain slashes")
    func json() throws {
        let response = try Response.json(["b": "a/b", "a": "ü"])
        #expect(response.headers[.contentType] == "application/json")
        guard case .bytes(let bytes) = response.body.storage else { return #expect(Bool(false)) }
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"a":"ü","b":"a/b"}"#)
        #expect(throws: EncodingError.self) { try Response.json(Double.infinity) }
    }

    // MARK: Header fields

    static let badValues = ["a\rb", "a\nb", "a\r\nSet-Cookie: x=y", "a\0b", "\u{7F}", "\u{1}", "\n", " a", "a\t"]

    @Test("refuses header values that would be split or changed, and keeps what it had", arguments: badValues)
    func badValue(value: String) {
        var response = Response(headers: [.accept: "before"])
        let error = HeaderFieldError.invalidValue(name: "Accept")
        #expect(throws: error) { try response.setHeader("Accept", value) }
        #expect(throws: error) { try response.addHeader("Accept", value) }
        #expect(response.headers[values: .accept] == ["before"])
        #expect(!error.description.utf8.contains { $0 < 0x20 })
    }

    @Test(
        "refuses names that are none, without breaking a line of the log",
        arguments: ["", "a b", "a:", "a\r\nb", "a\0", "ä", ":status", "(a)"])
    func badName(name: String) {
        var response = Response()
        let error = #expect(throws: HeaderFieldError.self) { try response.setHeader(name, "x") }
        #expect(error == .invalidName(name))
        #expect(error?.description.utf8.contains { $0 < 0x20 } == false)
        #expect(response.headers.isEmpty)
    }

    @Test("sets one field of a name, or adds another")
    func fields() throws {
        var response = Response()
        try response.addHeader("Vary", "a")
        try response.addHeader("vary", "b\tü")
        #expect(response.headers[values: .vary] == ["a", "b\tü"])
        try response.setHeader("VARY", "")
        #expect(response.headers[values: .vary] == [""])
    }

    @Test(
        "has never more than one line in a field, whichever way it came there", arguments: ["a\r\nb", "a\nb", "a\0b"])
    func legalized(value: String) {
        let response = Response.bytes([], type: value)
        #expect(response.headers[.contentType]?.utf8.contains { $0 < 0x20 } == false)
    }

    @Test("sets cookies side by side")
    func cookies() throws {
        var response = Response()
        response.setCookie(try Cookie(name: "a", value: "1"))
        response.setCookie(try Cookie(name: "a", value: "2;\r\n".trimmed, path: "/x"))
        #expect(
            response.headers[values: .setCookie] == [
                "a=1; Path=/; HttpOnly; SameSite=Lax", "a=2%3B; Path=/x; HttpOnly; SameSite=Lax",
            ])
    }

    // MARK: Redirects

    static let redirects: [(String, String)] = [
        ("/", "/"), ("/a b", "/a%20b"), ("/ü?q=ü#ä", "/%C3%BC?q=%C3%BC#%C3%A4"), ("/a%20b", "/a%20b"), ("next", "next"),
        ("?page=2", "?page=2"), ("https://a.test/x?y=z", "https://a.test/x?y=z"), ("/\\evil.test", "/%5Cevil.test"),
        ("/a\"b<c>", "/a%22b%3Cc%3E"),
    ]

    @Test("redirects, with whatever is no URI character encoded", arguments: redirects)
    func redirect(target: String, location: String) throws {
        let response = try Response.redirect(to: target)
        #expect(response.status == .seeOther)
        #expect(response.headers[values: .location] == [location])
        #expect(response.body.length == 0)
        #expect(!response.isLocalRedirect)
    }

    @Test(
        "redirects to no target that is empty or splits the header",
        arguments: ["", "/\r\n", "/a\nb", "/\0", "/\u{7F}", "\t/x"])
    func badTargets(target: String) {
        #expect(throws: RedirectError.invalidTarget) { try Response.redirect(to: target) }
        #expect(throws: RedirectError.invalidTarget) { try Response.localRedirect(to: target) }
    }

    @Test("redirects with statuses that browsers follow")
    func redirectStatus() throws {
        for code in [301, 302, 303, 307, 308] {
            #expect(try Response.redirect(to: "/", status: .init(code: code)).status.code == code)
        }
        for code in [200, 300, 304, 305, 306, 309, 400] {
            #expect(throws: RedirectError.notARedirect(code)) {
                try Response.redirect(to: "/", status: .init(code: code))
            }
        }
    }

    @Test(
        "redirects locally to a path of this server only", arguments: ["x", "//evil.test/x", "http://evil.test/", "?x"])
    func localRedirects(target: String) throws {
        #expect(throws: RedirectError.invalidTarget) { try Response.localRedirect(to: target) }
        let response = try Response.localRedirect(to: "/a b?c")
        #expect(response.isLocalRedirect)
        #expect(response.headers[.location] == "/a%20b?c")
    }

    // MARK: What handlers return

    @Test("is made of texts, statuses and optionals")
    func convertible() throws {
        let request = Request.made(of: [:])
        #expect("x".response(to: request).headers[.contentType] == "text/plain; charset=utf-8")
        #expect(HTTPResponse.Status.accepted.response(to: request).status == .accepted)
        #expect(HTTPResponse.Status.accepted.response(to: request).body.length == 0)
        #expect(try String?.none.response(to: request).status == .noContent)
        #expect(try String?("x").response(to: request).status == .ok)
        #expect(Response.text("x", status: .gone).response(to: request).status == .gone)
    }

    // MARK: Streams

    @Test("writes no empty pieces: they would end the stream of the protocol")
    func writer() async throws {
        let sink = Sink()
        let writer = ResponseBodyWriter(sink)
        try await writer.write([])
        try await writer.write("")
        try await writer.write("ü")
        try await writer.write([1])
        #expect(await sink.pieces == [[0xC3, 0xBC], [1]])
    }

    private actor Sink: ResponseBodyWriter.Sink {
        var pieces: [[UInt8]] = []
        func write(_ bytes: [UInt8]) { pieces.append(bytes) }
    }
}

extension String {
    fileprivate var trimmed: String { String(prefix { !$0.isNewline }) }
}
