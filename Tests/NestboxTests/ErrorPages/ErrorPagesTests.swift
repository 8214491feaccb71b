import FoundationEssentials
import HTTPTypes
import Nestbox
import NestboxTesting
import Testing

@Suite("error pages", .timeLimit(.minutes(1)))
struct ErrorPagesTests {
    struct Secret: Error, CustomStringConvertible { var description: String { "SECRET-DETAIL of <b>hunter2</b>" } }

    /// An error that tells the client something else than the log.
    struct Wrapped: HTTPErrorConvertible, CustomStringConvertible {
        var description: String { "SECRET-DETAIL of a store" }
        var httpError: HTTPError { HTTPError(.serviceUnavailable, "Try <i>again</i> later.") }
    }

    struct Marking: Middleware {
        func respond(to request: Request, next: any Responder) async throws -> Response {
            try await next.respond(to: request)
        }
    }

    static let formats = ["text/plain", "text/html", "application/json"]

    private func client(
        _ errors: ErrorResponses = .negotiated, _ change: (inout TestClient.Configuration) -> Void = { _ in }
    )
        throws -> TestClient
    {
        var router = Router()
        router.get("/fail") { _ -> String in throw Secret() }
        router.get("/wrapped") { _ -> String in throw Wrapped() }
        router.get("/stream") { _ in Response.stream { _ in throw Secret() } }
        router.get("/birds/{name}") { request -> String in
            throw HTTPError(.notFound, "No bird is called '\(try request.parameters.require("name"))'.")
        }
        router.post("/birds") { _ -> String in
            throw HTTPError(
                .unprocessableContent, "Two fields are wrong.", fields: ["name": "is <empty>", "age": "is no number"])
        }
        router.group("/admin") { admin in
            admin.use(Marking())
            admin.get("/users") { _ in "" }
        }
        var configuration = TestClient.Configuration()
        change(&configuration)
        return try TestClient(try Application(router: router, middleware: [Marking()], errors: errors), configuration)
    }

    // MARK: Production

    @Test("never say what was thrown, in any format", arguments: formats)
    func production(format: String) async throws {
        let client = try client()
        for path in ["/fail", "/wrapped", "/stream"] {
            let response = await client.get(path, headers: [.accept: format, .cookie: "a=SECRET-DETAIL"])
            #expect(response.status.code >= 500)
            #expect(response.headers[.contentType]?.hasPrefix(format) == true)
            #expect(response.headers[.vary]?.contains("Accept") == true)
            #expect(response.headers[.cacheControl] == "no-store")
            #expect(!response.text.contains("SECRET"))
            #expect(
                !response.text.contains("hunter2") && !response.text.contains("Secret")
                    && !response.text.contains("Wrapped"))
            #expect(!response.headers.contains { $0.value.contains("SECRET") })
        }
    }

    @Test("name the request of an error of the server, and of no other", arguments: formats)
    func requestID(format: String) async throws {
        let client = try client { $0.variables = ["REQUEST_ID": "id-4711"] }
        #expect(await client.get("/fail", headers: [.accept: format]).text.contains("id-4711"))
        #expect(await !client.get("/nowhere", headers: [.accept: format]).text.contains("id-4711"))
    }

    @Test("are JSON for those who ask for it or have sent it")
    func json() async throws {
        struct Content: Decodable, Equatable {
            var error: String
            var fields: [String: String]?
            var request: String?
        }
        let client = try client()
        let missing = await client.get("/birds/dodo", headers: [.accept: "application/json"])
        #expect(missing.status == .notFound)
        #expect(try missing.decode(Content.self) == Content(error: "No bird is called 'dodo'."))
        let wrong = try await client.post("/birds", json: ["a": 1])
        #expect(wrong.status == .unprocessableContent)
        #expect(
            try wrong.decode(Content.self)
                == Content(error: "Two fields are wrong.", fields: ["name": "is <empty>", "age": "is no number"]))
        let browser = try await client.post("/birds", headers: [.accept: "text/html"], json: ["a": 1])
        #expect(browser.headers[.contentType]?.hasPrefix("text/html") == true)
    }

    @Test("are text for those who have no preference")
    func text() async throws {
        let client = try client()
        #expect(await client.get("/nowhere").text == "Not Found\n")
        #expect(await client.get("/nowhere", headers: [.accept: "*/*"]).text == "Not Found\n")
        #expect(await client.get("/nowhere", headers: [.accept: "image/png"]).text == "Not Found\n")
        #expect(await client.post("/birds").text == "Two fields are wrong.\nage: is no number\nname: is <empty>\n")
    }

    @Test("are pages for browsers, in which everything is escaped and nothing is loaded")
    func html() async throws {
        let client = try client { $0.mountPoint = "/a\"b" }
        let page = await client.get("/a%22b/birds/%3Cscript%3E", headers: [.accept: "text/html"])
        #expect(page.text.contains("No bird is called &#39;&lt;script&gt;&#39;."))
        #expect(!page.text.contains("<script"))
        #expect(page.text.contains("href=\"/a%22b/\""))
        #expect(page.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true)
        let fields = await client.post("/a%22b/birds", headers: [.accept: "text/html"])
        #expect(fields.text.contains("is &lt;empty&gt;"))
        let wrapped = await client.get("/a%22b/wrapped", headers: [.accept: "text/html"])
        #expect(wrapped.text.contains("Try &lt;i&gt;again&lt;/i&gt; later."))
    }

    @Test("have no body for HEAD, and the length that GET has", arguments: formats)
    func head(format: String) async throws {
        let client = try client { $0.variables = ["REQUEST_ID": "id"] }
        for path in ["/fail", "/nowhere", "/birds"] {
            let (get, head) = (
                await client.get(path, headers: [.accept: format]), await client.head(path, headers: [.accept: format])
            )
            #expect(head.status == get.status)
            #expect(head.body.isEmpty && !get.body.isEmpty)
            #expect(head.headers[.contentLength] == get.headers[.contentLength])
        }
    }

    @Test("say what is refused before any handler")
    func refused() async throws {
        let client = try client()
        let response = await client.get("/a/../b", headers: [.accept: "text/html"])
        #expect(response.status == .badRequest)
        #expect(response.text.contains("<h1>Bad Request</h1>"))
    }

    // MARK: Development

    private func development(_ errors: ErrorResponses = .negotiated) throws -> TestClient {
        try client(errors) { $0.isDevelopment = true }
    }

    @Test("show the cause, the request and the routes in development", arguments: formats)
    func development(format: String) async throws {
        let response = try await development().get("/fail?page=2&api_token=hidden", headers: [.accept: format])
        #expect(response.status == .internalServerError)
        #expect(response.headers[.contentType]?.hasPrefix(format) == true)
        #expect(response.headers[.cacheControl] == "no-store")
        #expect(response.text.contains("ErrorPagesTests.Secret"))
        #expect(response.text.contains("SECRET-DETAIL"))
        #expect(response.text.contains("GET"))
        #expect(response.text.contains("/fail"))
        #expect(!response.text.contains("hidden"))
        let unknown = try await development().get("/admin/user", headers: [.accept: format])
        #expect(unknown.status == .notFound)
        #expect(unknown.text.contains("/admin/users"))
        let method = try await development().post("/fail", headers: [.accept: format])
        #expect(method.status == .methodNotAllowed)
        #expect(method.headers[.allow] == "GET, HEAD, OPTIONS")
        #expect(method.text.contains("/fail"))
    }

    @Test("show nothing that could be used in a visitor's name, and escape all that they show")
    func redaction() async throws {
        let client = try development()
        let fields: HTTPFields = [
            .accept: "text/html", .cookie: "session=hidden1; theme=hidden2", .authorization: "Basic hidden3",
            .proxyAuthorization: "hidden4", .referer: "https://example.org/x?reset=hidden5",
            .userAgent: "<script>alert(1)</script>",
        ]
        var all = fields
        for name in ["X-Api-Key", "X-CSRF-Token", "X-Secret"] {
            all.append(HTTPField(name: try #require(HTTPField.Name(name)), value: "hidden6"))
        }
        let target = "/fail/%3Cscript%3E?password=hidden7&code=hidden8&q=%3Cscript%3Ealert(2)%3C/script%3E&%3Cimg%3E=1"
        for path in [target, target.replacing("/fail/%3Cscript%3E", with: "/fail")] {
            let page =
                await client.send(
                    .post, path, headers: all, body: .form(["card": "hidden9"])
                ).text + (await client.get(path, headers: all)).text
            #expect(!page.contains("hidden"))
            #expect(!page.contains("<script") && !page.contains("<img"))
            #expect(page.contains("session=…; theme=…"))
            #expect(page.contains("Basic …"))
            #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
            #expect(page.contains("&lt;script&gt;alert(2)&lt;/script&gt;"))
        }
        #expect(await client.get("/fail", headers: all).text.contains("SECRET-DETAIL of &lt;b&gt;hunter2&lt;/b&gt;"))
    }

    @Test("leave the application its own pages in development, but for errors of the server")
    func ownPages() async throws {
        let errors = ErrorResponses { error, _ in .text("own \(error.status.code)\n") }
        let client = try development(errors)
        #expect(await client.get("/nowhere").text == "own 404\n")
        #expect(await client.get("/fail").text.contains("SECRET-DETAIL"))
        #expect(await client.get("/stream").text.contains("SECRET-DETAIL"))
    }

    @Test("name the application's middleware in development, the session layer among it")
    func middleware() async throws {
        var application = try Application(router: Router(), middleware: [Marking()])
        application.useSessions(secret: "0123456789abcdef0123456789abcdef")
        var configuration = TestClient.Configuration()
        configuration.isDevelopment = true
        let page = await (try TestClient(application, configuration)).get("/", headers: [.accept: "text/html"]).text
        #expect(page.contains("<code>SessionMiddleware</code> → <code>Marking</code>"))
    }

    @Test("survive requests of any size and shape in development")
    func odd() async throws {
        let client = try development()
        for path in [
            "*", "/" + String(repeating: "/x", count: 50_000), "/%00%FF%0D%0A", "/{name}",
            "/" + String(repeating: "é", count: 300),
        ] {
            let response = await client.get(path, headers: [.accept: "text/html"])
            #expect(response.status == .notFound)
            #expect(response.text.contains("<h1>404 Not Found</h1>"))
        }
    }
}
