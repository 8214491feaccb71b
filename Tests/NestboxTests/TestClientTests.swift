import InMemoryLogging
import Nestbox
import NestboxTesting
import Testing

@Suite("the test client", .timeLimit(.minutes(1)))
struct TestClientTests {
    private func client(
        _ configuration: TestClient.Configuration = .init(),
        _ handler: @escaping @Sendable (Request) async throws -> Response
    ) throws -> TestClient {
        try TestClient(Application(responder: ClosureResponder(handler)), configuration)
    }

    private func configuration(_ change: (inout TestClient.Configuration) throws -> Void) rethrows
        -> TestClient.Configuration
    {
        var configuration = TestClient.Configuration()
        try change(&configuration)
        return configuration
    }

    // MARK: Requests

    @Test("sends method, path, query, fields and a client's address, and no body")
    func request() async throws {
        let client = try client { request in
            #expect(request.method == .get)
            #expect(request.path == "/a b/c")
            #expect(request.target == "/a%20b/c?x=1")
            #expect(request.queryString == "x=1")
            #expect(request.basePath == "")
            #expect(request.host == "localhost")
            #expect(request.scheme == "http")
            #expect(request.remoteAddress == "127.0.0.1")
            #expect(request.contentType == nil)
            #expect(request.headers[values: .accept] == ["text/html, text/plain"])
            #expect(request.variables["HTTP_ACCEPT"] == "text/html, text/plain")
            #expect(request.variables["HTTP_PROXY"] == nil)
            let body = try await request.body.collect()
            #expect(body.isEmpty)
            return .text("seen")
        }
        var headers: HTTPFields = [.accept: "text/html"]
        headers.append(HTTPField(name: .accept, value: "text/plain"))
        if let proxy = HTTPField.Name("Proxy") { headers[proxy] = "evil.test" }
        #expect(await client.get("/a%20b/c?x=1", headers: headers).text == "seen")
    }

    @Test("has a method for every method")
    func methods() async throws {
        let client = try client { .text($0.method.rawValue) }
        #expect(await client.get("/").text == "GET")
        #expect(await client.post("/").text == "POST")
        #expect(await client.put("/").text == "PUT")
        #expect(await client.patch("/").text == "PATCH")
        #expect(await client.delete("/").text == "DELETE")
        #expect(try await client.send(#require(HTTPRequest.Method("FOO")), "/").text == "FOO")
        let head = await client.head("/")
        #expect(head.text == "")
        #expect(head.headers[.contentLength] == "4")
    }

    @Test("sends bodies with their type and length")
    func bodies() async throws {
        let client = try client { request in
            let length = request.body.length.map(String.init) ?? "?"
            return .text(
                "\(request.contentType ?? "-") \(length) \(String(decoding: try await request.body.collect(), as: UTF8.self))"
            )
        }
        #expect(await client.post("/", body: .text("ü")).text == "text/plain; charset=utf-8 2 ü")
        #expect(await client.post("/", body: .bytes([0x78], type: nil)).text == "- 1 x")
        #expect(await client.post("/", body: .bytes([])).text == "application/octet-stream 0 ")
        #expect(await client.post("/", body: .chunks([[0x78], [], [0x79]])).text == "application/octet-stream ? xy")
        #expect(await client.post("/", headers: [.contentType: "a/b"], body: .text("x")).text == "a/b 1 x")
        #expect(
            await client.post("/", form: ["a": "1 2", "a": "&"]).text
                == "application/x-www-form-urlencoded 11 a=1+2&a=%26")
        #expect(try await client.post("/", json: ["a": 1]).text == #"application/json 7 {"a":1}"#)
    }

    @Test("sends multipart forms as browsers do")
    func multipart() async throws {
        let client = try client { request in
            let form = try await request.form()
            let files = form.files.map { "\($0) \($0.contentType ?? "-")" }
            return .text("\(form.map(\.name)) \(form.values(for: "name")) \(files)")
        }
        let answer = await client.post(
            "/",
            body: .multipart([
                FormField(name: "name", text: "Ada\r\n"),
                FormField(UploadedFile(name: "a\"b\n", filename: "c d.txt", contentType: "text/plain", bytes: [1, 2])),
                FormField(UploadedFile(name: "file", filename: "e", bytes: [])),
            ]))
        #expect(
            answer.text == #"["name", "a%22b%0A", "file"] ["Ada\r\n"] ["a%22b%0A: c d.txt, 2 bytes text/plain", "#
                + #""file: e, 0 bytes application/octet-stream"]"#)
    }

    @Test("holds bodies to the limit and to their length, like a gateway")
    func limits() async throws {
        let configuration = configuration { $0.gateway.limits.body = 4 }
        let client = try client(configuration) { .text("\(try await $0.body.collect().count)") }
        #expect(await client.post("/", body: .text("1234")).text == "4")
        #expect(await client.post("/", body: .text("12345")).status == .contentTooLarge)
        #expect(await client.post("/", body: .chunks([[1, 2], [3, 4]])).text == "4")
        #expect(await client.post("/", body: .chunks([[1, 2], [3, 4, 5]])).status == .contentTooLarge)
        let short = await client.send(.post, "/", body: .text("12"), variables: ["CONTENT_LENGTH": "3"])
        #expect(short.status == .badRequest)
        #expect(await client.send(.post, "/", body: .text("123"), variables: ["CONTENT_LENGTH": "2"]).text == "2")
        #expect(
            await client.send(.post, "/", body: .text("12"), variables: ["CONTENT_LENGTH": "x"]).status == .badRequest)
    }

    @Test("can be mounted, secure, elsewhere, and nobody")
    func configurations() async throws {
        let configuration = configuration {
            $0.mountPoint = "/app"
            $0.isSecure = true
            $0.host = "birds.test:8443"
            $0.remoteAddress = nil
        }
        let client = try client(configuration) { request in
            .text(
                "\(request.scheme) \(request.host ?? "-") \(request.basePath) \(request.path) \(request.remoteAddress ?? "-")"
            )
        }
        #expect(await client.get("/app/a%20b").text == "https birds.test:8443 /app /a b -")
        #expect(await client.get("/app/").text == "https birds.test:8443 /app / -")
        // The variables do not tell this from another path; a configured base path does.
        #expect(await client.get("/app").text == "https birds.test:8443  /app -")
        #expect(await client.get("/apple").text == "https birds.test:8443  /apple -")
        #expect(await client.get("http://[::1]:80/app/x?y").text == "http [::1]:80 /app /x -")
        let told = self.configuration { $0.gateway.basePath = "/app" }
        #expect(try await self.client(told) { .text("\($0.basePath) \($0.path)") }.get("/app").text == "/app /")
    }

    @Test("replaces meta-variables, or takes them away")
    func variables() async throws {
        let configuration = configuration { $0.variables = ["REMOTE_USER": "ann", "SERVER_NAME": nil, "X": "1"] }
        let client = try client(configuration) { request in
            .text(["REMOTE_USER", "SERVER_NAME", "X"].map { request.variables[$0] ?? "-" }.joined(separator: " "))
        }
        #expect(await client.get("/").text == "ann - 1")
        #expect(await client.send(.get, "/", variables: ["REMOTE_USER": nil, "X": "2"]).text == "- - 2")
    }

    @Test("trusts the proxies that the configuration trusts")
    func proxies() async throws {
        let configuration = try configuration { $0.gateway.trustedProxies = try TrustedProxies(["127.0.0.1"]) }
        let client = try client(configuration) { .text($0.remoteAddress ?? "-") }
        let forwarded = try #require(HTTPField.Name("X-Forwarded-For"))
        #expect(await client.get("/", headers: [forwarded: "192.0.2.1"]).text == "192.0.2.1")
    }

    // MARK: Responses

    @Test("shows what a gateway would write")
    func response() async throws {
        let client = try client { _ in
            var response = Response(body: .string("x"))
            try response.setHeader("Connection", "close")
            try response.setHeader("Transfer-Encoding", "chunked")
            return response
        }
        let response = await client.get("/")
        #expect(response.status == .ok)
        #expect(response.status.reasonPhrase == "OK")
        #expect(response.headers[.contentLength] == "1")
        #expect(response.headers[.contentType] == "application/octet-stream")
        #expect(response.headers[.connection] == nil)
        #expect(response.headers[.transferEncoding] == nil)
        #expect(response.failure == nil)
        #expect(response.error == nil)
        #expect(response.description == "200, application/octet-stream, 1 bytes")
    }

    @Test("decodes JSON")
    func decoding() async throws {
        let client = try client { _ in try .json(["a": [1, 2]]) }
        #expect(try await client.get("/").decode([String: [Int]].self) == ["a": [1, 2]])
        await #expect(throws: DecodingError.self) { try await client.get("/").decode([Int].self) }
    }

    @Test("runs streams to their end")
    func streams() async throws {
        let client = try client { _ in
            .stream { writer in
                for number in 0..<3 { try await writer.write("\(number)\n") }
            }
        }
        let response = await client.get("/")
        #expect(response.text == "0\n1\n2\n")
        #expect(response.headers[.contentLength] == nil)
        #expect(await client.head("/").body.isEmpty)
    }

    @Test("tells how a stream failed: before its first bytes it is an error like others")
    func failingStreams() async throws {
        struct Broken: Error {}
        let early = try client { _ in .stream { _ in throw HTTPError(.badGateway) } }
        #expect(await early.get("/").status == .badGateway)
        #expect(await early.get("/").failure == nil)
        let late = try client { _ in
            .stream { writer in
                try await writer.write("half")
                throw Broken()
            }
        }
        let response = await late.get("/")
        #expect(response.status == .ok)
        #expect(response.text == "half")
        #expect(response.failure is Broken)
        #expect(throws: Broken.self) { try response.decode(String.self) }
        #expect(response.description.contains("broken"))
        let short = try client { _ in .stream(length: 5) { try await $0.write("1234") } }
        #expect(await short.get("/").failure != nil)
        let long = try client { _ in .stream(length: 3) { try await $0.write("1234") } }
        #expect(await long.get("/").text == "123")
        #expect(await long.get("/").failure == nil)
    }

    @Test("converts errors as gateways do, logs them, and hands them to the test")
    func errors() async throws {
        struct Secret: Error {}
        let log = InMemoryLogHandler()
        let configuration = configuration { $0.logger = Logger(label: "test") { _ in log } }
        let client = try client(configuration) { _ in throw Secret() }
        let response = await client.get("/x")
        #expect(response.status == .internalServerError)
        #expect(!response.text.contains("Secret"))
        #expect(response.error is Secret)
        #expect(response.description.contains("Secret"))
        #expect(log.entries.map(\.message.description) == ["GET /x failed: Secret()"])
        let rendered = try TestClient(
            Application(
                responder: ClosureResponder { _ in throw HTTPError(.gone) },
                errors: ErrorResponses { error, _ in .html("<p>\(error.message)") }))
        #expect(await rendered.get("/").text == "<p>Gone")
        #expect(await rendered.get("/").status == .gone)
    }

    // MARK: Cookies and redirects

    private func visits(_ configuration: TestClient.Configuration = .init()) throws -> TestClient {
        var router = Router()
        router.get("/count") { request in
            let count = request.cookies["count"].flatMap(Int.init) ?? 0
            var response = Response.text("\(count)")
            response.setCookie(try Cookie(name: "count", value: "\(count + 1)"))
            response.setCookie(try Cookie(name: "deep", value: "x", path: "/deep"))
            return response
        }
        router.get("/deep/cookies") { $0.headers[.cookie] ?? "none" }
        router.post("/go") { request in
            try Response.redirect(
                to: request.query["to"] ?? "/", status: .init(code: Int(request.query["code"] ?? "") ?? 303))
        }
        router.any("/there") { request in
            "\(request.method.rawValue) \(request.host ?? "") \(try await request.body.collect().count)"
        }
        router.get("/loop") { _ in try Response.redirect(to: "/loop") }
        return try TestClient(try Application(router: router), configuration)
    }

    @Test("keeps cookies and sends them back")
    func cookies() async throws {
        let client = try visits()
        #expect(await client.get("/count").text == "0")
        #expect(await client.get("/count").text == "1")
        #expect(client.cookies["count"] == "2")
        #expect(await client.get("/deep/cookies").text == "deep=x; count=2")
        #expect(await client.get("/deep/cookies", headers: [.cookie: "own=1"]).text == "own=1")
        #expect(await client.get("/count").setCookies.map(\.name) == ["count", "deep"])
        client.cookies.removeAll()
        #expect(await client.get("/count").text == "0")
        // Another client is another visitor.
        #expect(try await visits().get("/count").text == "0")
    }

    @Test("follows no redirect unless it is told to")
    func redirects() async throws {
        let response = try await visits().post("/go?to=/there")
        #expect(response.status == .seeOther)
        #expect(response.headers[.location] == "/there")
    }

    static let followed: [(String, String)] = [
        ("to=/there", "GET localhost 0"), ("to=there", "GET localhost 0"), ("to=/there&code=302", "GET localhost 0"),
        ("to=/there%23x&code=308", "POST localhost 3"), ("to=/there&code=307", "POST localhost 3"),
        ("to=https://b.test/there", "GET b.test 0"), ("to=//b.test/there?x", "GET b.test 0"),
    ]

    @Test("follows redirects as browsers do", arguments: followed)
    func following(query: String, text: String) async throws {
        let client = try visits(configuration { $0.redirectLimit = 3 })
        #expect(await client.post("/go?\(query)", body: .text("123")).text == text)
    }

    @Test("follows a limited number of redirects")
    func redirectLoop() async throws {
        let client = try visits(configuration { $0.redirectLimit = 3 })
        #expect(await client.get("/loop").status == .seeOther)
    }
}
