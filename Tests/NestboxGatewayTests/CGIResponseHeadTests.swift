import HTTPTypes
import NestboxHTTP
import Testing

@testable import NestboxGateway

@Suite("the header block of a CGI response", .timeLimit(.minutes(1)))
struct CGIResponseHeadTests {
    private static func block(_ response: Response, isHead: Bool = false) -> String {
        var bytes: [UInt8] = []
        CGIResponseHead(response, isHead: isHead).append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func response(
        _ code: Int = 200, _ fields: [(String, String)] = [], _ body: ResponseBody = .empty
    ) -> Response {
        var response = Response(status: .init(code: code), body: body)
        for (name, value) in fields {
            if let name = HTTPField.Name(name) { response.headers.append(HTTPField(name: name, value: value)) }
        }
        return response
    }

    private static let stream = ResponseBody.stream { _ in }
    private static let typed = "Content-Type: application/octet-stream\r\n"

    static let table: [(Response, String)] = [
        (response(), "Status: 200 OK\r\nContent-Length: 0\r\n\r\n"),
        (response(200, [], .string("häh")), "Status: 200 OK\r\n\(typed)Content-Length: 4\r\n\r\n"),
        (response(200, [], .bytes([1, 2])), "Status: 200 OK\r\n\(typed)Content-Length: 2\r\n\r\n"),
        (response(200, [], stream), "Status: 200 OK\r\n\(typed)\r\n"),
        (response(200, [], .stream(length: 7) { _ in }), "Status: 200 OK\r\n\(typed)Content-Length: 7\r\n\r\n"),
        (response(200, [("Content-Length", "7")], stream), "Status: 200 OK\r\n\(typed)Content-Length: 7\r\n\r\n"),
        (response(200, [("Content-Length", "x")], stream), "Status: 200 OK\r\n\(typed)\r\n"),
        (response(200, [("Content-Length", "-7")], stream), "Status: 200 OK\r\n\(typed)\r\n"),
        (
            response(200, [("Content-Length", "9")], .string("ab")),
            "Status: 200 OK\r\n\(typed)Content-Length: 2\r\n\r\n"
        ),
        (
            response(200, [("content-type", "a/b"), ("X-A", "1"), ("x-a", "2")], .string("ab")),
            "Status: 200 OK\r\ncontent-type: a/b\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\n\r\n"
        ),
        (
            response(
                404, [("Connection", "x"), ("Transfer-Encoding", "chunked"), ("STATUS", "200 OK"), ("Upgrade", "x")]),
            "Status: 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        ),
        (
            response(204, [("Content-Type", "a/b"), ("X-A", "1")], .string("ab")),
            "Status: 204 No Content\r\nX-A: 1\r\n\r\n"
        ),
        (
            response(304, [("Content-Type", "a/b"), ("ETag", "1")], stream),
            "Status: 304 Not Modified\r\nETag: 1\r\n\r\n"
        ),
        (response(205, [], .string("ab")), "Status: 205 Reset Content\r\nContent-Length: 0\r\n\r\n"),
        (response(299), "Status: 299 Success\r\nContent-Length: 0\r\n\r\n"),
        (response(200, [("X-Empty", "")]), "Status: 200 OK\r\nX-Empty: \r\nContent-Length: 0\r\n\r\n"),
    ]

    @Test("is these lines", arguments: table)
    func lines(response: Response, block: String) {
        #expect(Self.block(response) == block)
    }

    @Test("of HEAD is that of GET, and no body follows")
    func head() {
        for body in [.empty, .string("text"), Self.stream, .stream(length: 5) { _ in }] as [ResponseBody] {
            let response = Self.response(200, [("Content-Type", "a/b")], body)
            #expect(Self.block(response, isHead: true) == Self.block(response))
            #expect(!CGIResponseHead(response, isHead: true).hasBody)
            #expect(CGIResponseHead(response, isHead: false).hasBody)
        }
        // A handler of HEAD knows the length without having the body.
        let declared = Self.response(200, [("Content-Length", "1234")])
        #expect(Self.block(declared, isHead: true).contains("Content-Length: 1234\r\n"))
    }

    @Test(
        "has a body behind it unless the status forbids one",
        arguments: [(200, true), (204, false), (205, false), (304, false), (404, true)])
    func hasBody(code: Int, hasBody: Bool) {
        #expect(CGIResponseHead(Self.response(code, [], .string("a")), isHead: false).hasBody == hasBody)
    }

    @Test("has a status when it redirects, and none when the web server is to redirect by itself")
    func redirects() throws {
        #expect(Self.block(try .redirect(to: "/x")).hasPrefix("Status: 30"))
        var local = try Response.localRedirect(to: "/x?y")
        local.headers.append(HTTPField(name: .setCookie, value: "a=b"))
        local.body = .string("text")
        #expect(Self.block(local) == "Location: /x?y\r\n\r\n")
        #expect(!CGIResponseHead(local, isHead: false).hasBody)
    }

    @Test("writes numbers as they are", arguments: [0, 1, 9, 10, 99, 100, 1_234_567_890, Int.max])
    func decimals(number: Int) {
        var bytes: [UInt8] = []
        bytes.append(decimal: number)
        #expect(String(decoding: bytes, as: UTF8.self) == "\(number)")
    }
}
