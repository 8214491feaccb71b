import HTTPTypes
import NestboxTesting
import Testing

extension Integration {
    @Suite("the routes of Conformance behind nginx")
    struct ConformanceRoutesTests {
        private let program: ExampleProgram
        private let nginx: NginxServer

        init() throws {
            program = try ExampleProgram("Conformance", ["--log-level", "critical"])
            nginx = try NginxServer(before: program.socket)
        }

        /// A request, and what the answer must be; `body` is a part of it.
        struct Exchange: CustomStringConvertible, Sendable {
            var method = "GET"
            var target: String
            var sent: String?
            var status = 200
            var headers: [String: String] = [:]
            var body = ""
            var description: String { "\(method) \(target)" }
        }

        static let exchanges: [Exchange] = [
            .init(target: "/echo?x=1&x=2", body: #""query":[["x","1"],["x","2"]]"#),
            .init(method: "PUT", target: "/echo/a%2Fb", sent: "text", body: #""bodySize":4"#),
            .init(method: "PROPFIND", target: "/echo", body: #""method":"PROPFIND""#),
            .init(target: "/params/a%20b/c", headers: ["Content-Type": "application/json"], body: #""a":"a b""#),
            .init(target: "/tail/a/b//c", body: #""rest":"a/b//c""#),
            .init(target: "/int/12", body: #"{"id":12}"#),
            .init(target: "/int/x", status: 404, body: "error"),
            .init(target: "/only-get", body: "only GET"),
            .init(method: "POST", target: "/only-get", status: 405, headers: ["Allow": "GET, HEAD, OPTIONS"]),
            .init(method: "OPTIONS", target: "/only-get", status: 204, headers: ["Allow": "GET, HEAD, OPTIONS"]),
            .init(target: "/nowhere", status: 404, body: #"{"error":"#),
            .init(
                method: "POST", target: "/cookies/set",
                sent: #"{"cookies":[{"name":"a","value":"b","httpOnly":true}]}"#,
                headers: ["Set-Cookie": "a=b; Path=/; HttpOnly"], body: #"{"ok":true}"#),
            .init(
                method: "POST", target: "/cookies/set", sent: #"{"cookies":[{"name":"a b","value":"b"}]}"#, status: 400),
            .init(
                method: "POST", target: "/respond", sent: #"{"status":418,"headers":[["X-A","1"]],"chunks":["a","b"]}"#,
                status: 418, headers: ["X-A": "1"], body: "ab"),
            .init(method: "POST", target: "/respond", sent: "{", status: 400, body: "error"),
            .init(target: "/status/201", status: 201, body: "status 201"),
            .init(target: "/redirect?to=/x&code=303", status: 303),
            .init(target: "/size/10", headers: ["Content-Length": "10"], body: "xxxxxxxxxx"),
            .init(target: "/stream/3", headers: ["Transfer-Encoding": "chunked"], body: "chunk 0\nchunk 1\nchunk 2\n"),
            .init(target: "/sleep/1", body: "slept"),
            .init(target: "/stderr?text=hello&repeat=3", body: "ok"),
            .init(target: "/error", status: 500, body: #"{"error":"#),
            .init(method: "POST", target: "/discard", sent: "unread", body: "discarded"),
        ]

        @Test("answer through nginx as the application meant it", arguments: exchanges)
        func exchange(_ exchange: Exchange) throws {
            let answer = try nginx.request(
                exchange.method, exchange.target,
                headers: exchange.method == "POST" ? [("Content-Type", "application/json")] : [],
                body: exchange.sent.map { Array($0.utf8) })
            #expect(answer.status == exchange.status)
            for (name, value) in exchange.headers {
                #expect(answer.field(name) == value)
            }
            #expect(answer.text.contains(exchange.body), "\(answer.text)")
            #expect(!answer.text.contains("SECRET-DETAIL"))
            #expect(nginx.errors.isEmpty, "\(nginx.errors)")
        }

        @Test("redirect with a location that nginx leaves alone")
        func redirect() throws {
            let answer = try nginx.request("GET", "/redirect?to=https%3A%2F%2Fexample.org%2Fa%3Fb")
            #expect(answer.status == 302)
            #expect(answer.headerFields[.location] == "https://example.org/a?b")
        }

        @Test("answer HEAD as GET without a body", arguments: ["/size/1000", "/stream/3", "/only-get", "/echo"])
        func head(target: String) throws {
            let client = try nginx.connect()
            let get = try client.request("GET", target)
            let head = try client.request("HEAD", target)
            #expect(head.status == get.status)
            #expect(head.body.isEmpty)
            #expect(head.headerFields[.contentType] == get.headerFields[.contentType])
            if target != "/echo" { #expect(head.headerFields[.contentLength] == get.headerFields[.contentLength]) }
            // Had there been a body, it would be taken for the next answer.
            #expect(try client.request("GET", "/only-get").text == "only GET\n")
            #expect(nginx.errors.isEmpty, "\(nginx.errors)")
        }

        @Test("send no body with a status that has none", arguments: [204, 304])
        func withoutBody(status: Int) throws {
            let client = try nginx.connect()
            let answer = try client.request("GET", "/status/\(status)")
            #expect(answer.status == status)
            #expect(answer.body.isEmpty)
            #expect(answer.headerFields[.contentType] == nil)
            #expect(try client.request("GET", "/only-get").text == "only GET\n")
            #expect(nginx.errors.isEmpty, "\(nginx.errors)")
        }

        @Test("are no whole answer for the client when the handler throws after it has started")
        func errorAfterStart() throws {
            let client = try nginx.connect()
            try client.send("GET", "/error-after-start")
            #expect(try client.readHead().status == 200)
            let error = #expect(throws: TestingError.self) { try client.readBody() }
            #expect(error?.code == .truncated)
            #expect(nginx.errors.allSatisfy { $0.contains("prematurely closed") }, "\(nginx.errors)")
        }
    }
}
