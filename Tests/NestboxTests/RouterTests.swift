import Nestbox
import NestboxTesting
import Testing

@Suite("the router", .timeLimit(.minutes(1)))
struct RouterTests {
    /// A client of an application whose routes answer with their pattern and parameters.
    private func client(_ patterns: [String], method: HTTPRequest.Method = .get) throws -> TestClient {
        var router = Router()
        for pattern in patterns {
            router.on(method, pattern) { request in
                ([pattern] + request.parameters.map { "\($0.name)=\($0.value)" }).joined(separator: " ")
            }
        }
        return try TestClient(try Application(router: router))
    }

    // MARK: Paths

    static let paths: [(String, String?)] = [
        ("/", "/"),
        ("//", nil),
        ("/birds", "/birds"),
        ("/birds/", "/birds/"),
        ("/birds//", nil),
        ("//birds", nil),
        ("/Birds", "/{a} a=Birds"),
        ("/birds?x=/y", "/birds"),
        ("/b%69rds", "/birds"),
        ("/a%20b", "/a b"),
        ("/a+b", "/{a} a=a+b"),
        ("/birds/wren", "/birds/{name} name=wren"),
        ("/birds/a%2Fb", "/birds/{name} name=a/b"),
        ("/birds/a%2fb/eggs", "/birds/{name}/eggs name=a/b"),
        ("/birds/%252F", "/birds/{name} name=%2F"),
        ("/birds/a%20b+c;d", "/birds/{name} name=a b+c;d"),
        ("/birds/%FF", "/birds/{name} name=\u{FFFD}"),
        ("/birds/%", "/birds/{name} name=%"),
        ("/birds/%zz", "/birds/{name} name=%zz"),
        ("/birds/new", "/birds/new"),
        ("/birds/new/", nil),
        ("/birds/wren/eggs", "/birds/{name}/eggs name=wren"),
        ("/birds//eggs", nil),
        ("/birds/wren/nest", nil),
        ("/birds%2Fnew", "/{a} a=birds/new"),
        ("/files", "/{a} a=files"),
        ("/files/", "/files/{path...} path="),
        ("/files/a", "/files/{path...} path=a"),
        ("/files/a/b//c/", "/files/{path...} path=a/b//c/"),
        ("/files//a", "/files/{path...} path=/a"),
        ("/files/a%2Fb/c", "/files/{path...} path=a/b/c"),
        ("/files/.../x", "/files/{path...} path=.../x"),
        ("/files/..x", "/files/{path...} path=..x"),
        ("/files/readme", "/files/readme"),
        ("/files/readme/x", "/files/{path...} path=readme/x"),
        ("/a/b", nil),
        ("/.a", "/{a} a=.a"),
        ("/...", "/{a} a=..."),
        ("/%252e%252e", "/{a} a=%2e%2e"),
        ("/Kasse", "/Kasse"),
        // The Kelvin sign, which Swift takes for a K.
        ("/%E2%84%AAasse", "/{a} a=\u{212A}asse"),
        ("/caf%C3%A9", "/caf\u{E9}"),
        ("/cafe%CC%81", "/{a} a=cafe\u{301}"),
    ]

    @Test("finds the route of a path, decoding each segment once", arguments: paths)
    func routing(target: String, answer: String?) async throws {
        let client = try client([
            "/", "/birds", "/birds/", "/birds/new", "/birds/{name}", "/birds/{name}/eggs", "/{a}", "/files/{path...}",
            "/files/readme", "/a b", "/Kasse", "/caf\u{E9}",
        ])
        let response = await client.get(target)
        #expect(response.status == (answer == nil ? .notFound : .ok))
        if let answer { #expect(response.text == answer) }
    }

    static let dotSegments = [
        "/.", "/..", "/./birds", "/birds/.", "/birds/..", "/files/../x", "/files/./x", "/files/%2e%2e/x",
        "/files/.%2E/x",
        "/files/%2E", "/files/a%2F..%2Fx", "/files/..%2fx", "/files/a/%2f./x", "/files//..//x",
    ]

    @Test(
        "sees no path with dot segments, which web servers resolve before they ask who may come", arguments: dotSegments
    )
    func resolvesNothing(target: String) async throws {
        let client = try client(["/{a}", "/{a}/{b}", "/files/{path...}", "/{rest...}"])
        #expect(await client.get(target).status == .badRequest)
        #expect(await client.get(target + "?x=../").status == .badRequest)
        #expect(await client.get("/birds?x=" + target).status == .ok)
    }

    static let precedence: [(String, String)] = [
        ("/a/b", "/a/b"), ("/a/c", "/a/{y} y=c"), ("/b/b", "/{x}/b x=b"), ("/b/c", "/{x}/{y} x=b y=c"),
        ("/a/b/c", "/a/{r...} r=b/c"), ("/b/a/c", "/{x}/{y}/c x=b y=a"), ("/a/b/d", "/a/{r...} r=b/d"),
        ("/b/b/d", "/{r...} r=b/b/d"),
        ("/b", "/{r...} r=b"), ("/", "/{r...} r="), ("/a", "/{r...} r=a"), ("/a/", "/a/{r...} r="),
    ]

    @Test(
        "prefers text to a parameter and a parameter to the rest, and goes back when that leads nowhere",
        arguments: precedence)
    func backtracking(target: String, answer: String) async throws {
        let patterns = ["/a/b", "/a/{y}", "/{x}/b", "/{x}/{y}", "/{x}/{y}/c", "/a/{r...}", "/{r...}"]
        #expect(try await client(patterns).get(target).text == answer)
        // The order in which routes are added is of no account.
        #expect(try await client(patterns.reversed()).get(target).text == answer)
    }

    @Test("knows no route for what is no path", arguments: ["*", "", "x", "%2F"])
    func noPath(target: String) async throws {
        let client = try client(["/x", "/y/{r...}"])
        // Without SCRIPT_NAME there is nothing else to go by.
        let response = await client.send(.get, target, variables: ["SCRIPT_NAME": ""])
        #expect(response.status == .notFound)
    }

    @Test("answers an empty path as the root, also when the route says so")
    func root() async throws {
        let absolute: [String: String?] = ["REQUEST_URI": "http://localhost"]
        #expect(try await client(["/"]).send(.get, "/", variables: absolute).text == "/")
        #expect(try await client([""]).get("/").status == .ok)
    }

    // MARK: Methods

    private func methods() throws -> TestClient {
        var router = Router()
        router.get("/get") { _ in "got" }
        router.post("/post") { _ in "posted" }
        router.get("/both") { _ in "got" }
        router.post("/both") { _ in "posted" }
        router.put("/all") { _ in "put" }
        router.patch("/all") { _ in "patched" }
        router.delete("/all") { _ in "deleted" }
        router.on(try #require(HTTPRequest.Method("PROPFIND")), "/all") { _ in "found" }
        router.any("/any") { "any \($0.method.rawValue)" }
        router.get("/any") { _ in "got" }
        router.get("/own") { _ in "got" }
        router.on(.head, "/own") { _ in Response(status: .accepted) }
        router.on(.options, "/own") { _ in "options" }
        return try TestClient(try Application(router: router))
    }

    static let methodTable: [(String, String, Int, String)] = [
        ("GET", "/get", 200, "got"), ("POST", "/both", 200, "posted"), ("PUT", "/all", 200, "put"),
        ("PATCH", "/all", 200, "patched"), ("DELETE", "/all", 200, "deleted"), ("PROPFIND", "/all", 200, "found"),
        ("GET", "/any", 200, "got"), ("POST", "/any", 200, "any POST"), ("FOO", "/any", 200, "any FOO"),
        ("OPTIONS", "/any", 200, "any OPTIONS"), ("HEAD", "/any", 200, ""), ("HEAD", "/get", 200, ""),
        ("HEAD", "/own", 202, ""), ("OPTIONS", "/own", 200, "options"), ("OPTIONS", "/get", 204, ""),
        ("OPTIONS", "/nowhere", 404, "Not Found\n"), ("HEAD", "/nowhere", 404, ""), ("HEAD", "/post", 405, ""),
        ("POST", "/get", 405, "Method Not Allowed\n"), ("get", "/get", 405, "Method Not Allowed\n"),
        ("GET2", "/get", 405, "Method Not Allowed\n"), ("FOO", "/nowhere", 404, "Not Found\n"),
    ]

    @Test("takes methods literally; GET answers HEAD, and every path OPTIONS", arguments: methodTable)
    func methods(method: String, path: String, status: Int, text: String) async throws {
        let response = try await methods().send(#require(HTTPRequest.Method(method)), path)
        #expect(response.status.code == status)
        #expect(response.text == text)
    }

    @Test("lets no handler see TRACE, TRACK or CONNECT, and never echoes", arguments: ["TRACE", "TRACK", "CONNECT"])
    func refusedMethods(method: String) async throws {
        var router = Router()
        let name = try #require(HTTPRequest.Method(method))
        router.any("/any") { "\($0.method) \($0.headers)" }
        router.on(name, "/own") { "\($0.method) \($0.headers)" }
        let client = try TestClient(try Application(router: router))
        for path in ["/any", "/own", "/nowhere"] {
            let response = await client.send(name, path, headers: [.cookie: "a=secret", .userAgent: "secret"])
            #expect(response.status == .methodNotAllowed)
            #expect(response.headers[.allow]?.contains("GET") == true)
            #expect(response.headers[.allow]?.contains(method) == false)
            #expect(!response.text.contains("secret"))
        }
    }

    static let allowTable: [(String, String, String?)] = [
        ("POST", "/get", "GET, HEAD, OPTIONS"), ("OPTIONS", "/get", "GET, HEAD, OPTIONS"),
        ("GET", "/post", "OPTIONS, POST"),
        ("PUT", "/both", "GET, HEAD, OPTIONS, POST"), ("GET", "/all", "DELETE, OPTIONS, PATCH, PROPFIND, PUT"),
        ("GET", "/get", nil), ("GET", "/nowhere", nil), ("OPTIONS", "/own", nil),
    ]

    @Test("says which methods a path has", arguments: allowTable)
    func allow(method: String, path: String, allow: String?) async throws {
        #expect(try await methods().send(#require(HTTPRequest.Method(method)), path).headers[.allow] == allow)
    }

    @Test("gives HEAD the header fields of GET, and no body")
    func head() async throws {
        let client = try methods()
        let (get, head) = (await client.get("/get"), await client.head("/get"))
        #expect(get.body.count == 3)
        #expect(head.body.isEmpty)
        #expect(head.headers == get.headers)
        #expect(head.headers[.contentLength] == "3")
    }

    @Test("does not look for another route when the path is found and the method is not")
    func methodsAndPrecedence() async throws {
        var router = Router()
        router.get("/birds/new") { _ in "form" }
        router.post("/birds/{name}") { _ in "changed" }
        let client = try TestClient(try Application(router: router))
        #expect(await client.post("/birds/new").status == .methodNotAllowed)
        #expect(await client.post("/birds/wren").status == .ok)
    }

    @Test("gives every method the names of its own pattern")
    func names() async throws {
        var router = Router()
        router.get("/{a}/{b}") { "\($0.parameters.map(\.name))" }
        router.post("/{c}/{d}") { "\($0.parameters.map(\.name))" }
        let client = try TestClient(try Application(router: router))
        #expect(await client.get("/1/2").text == #"["a", "b"]"#)
        #expect(await client.post("/1/2").text == #"["c", "d"]"#)
    }

    // MARK: Groups and middleware

    struct Tag: Middleware {
        var name: String
        init(_ name: String) { self.name = name }
        func respond(to request: Request, next: any Responder) async throws -> Response {
            var response = try await next.respond(to: request)
            try response.addHeader("Vary", name)
            return response
        }
    }

    @Test("puts middleware around the routes behind it, and a group's around the group")
    func middleware() async throws {
        var router = Router()
        router.get("/before") { _ in "" }
        router.use(Tag("outer"))
        router.group("/group") { group in
            group.get("/early") { _ in "" }
            group.use(Tag("inner"))
            group.get("/late") { _ in "" }
            group.group("/deep") { deep in
                deep.use(Tag("deep"))
                deep.get("") { _ in "" }
                deep.get("/") { _ in "" }
                deep.get("/{id}") { try $0.parameters.require("id") }
            }
            group.get("/after") { _ in "" }
        }
        router.get("/after") { _ in "" }
        let client = try TestClient(try Application(router: router, middleware: [Tag("application")]))
        let expected: KeyValuePairs = [
            "/before": "application", "/after": "outer, application", "/group/early": "outer, application",
            "/group/late": "inner, outer, application", "/group/deep": "deep, inner, outer, application",
            "/group/deep/": "deep, inner, outer, application", "/group/deep/7": "deep, inner, outer, application",
            "/group/after": "inner, outer, application",
        ]
        for (path, tags) in expected {
            let response = await client.get(path)
            #expect(response.status == .ok, "\(path)")
            #expect(response.headers[.vary] == tags, "\(path)")
        }
    }

    @Test("shows an application's middleware unknown paths too, as errors")
    func unknownPaths() async throws {
        struct Rescue: Middleware {
            func respond(to request: Request, next: any Responder) async throws -> Response {
                do {
                    return try await next.respond(to: request)
                } catch let error as HTTPError where error.status == .notFound {
                    return .text("rescued")
                }
            }
        }
        let client = try TestClient(try Application(router: Router(), middleware: [Rescue()]))
        #expect(await client.get("/x").text == "rescued")
    }

    @Test("takes a group's path with or without a slash at its end", arguments: ["/", "/a", "/a/", "/a/b/", ""])
    func groupPaths(path: String) async throws {
        var router = Router()
        router.group(path) { $0.get("/x") { _ in "found" } }
        let client = try TestClient(try Application(router: router))
        let prefix = path.hasSuffix("/") ? String(path.dropLast()) : path
        #expect(await client.get(prefix + "/x").text == "found")
    }

    @Test("is a value: what is added later is not part of the application")
    func value() async throws {
        var router = Router()
        router.get("/a") { _ in "a" }
        let application = try Application(router: router)
        router.get("/b") { _ in "b" }
        #expect(try await TestClient(application).get("/b").status == .notFound)
        #expect(try await TestClient(Application(router: router)).get("/b").status == .ok)
    }

    // MARK: Cost

    @Test("needs no more stack or time for a path with very many segments")
    func longPaths() async throws {
        let client = try client(["/{a}", "/{a}/{b}/x", "/a/{r...}", "/{a}/{b}/{c}/y"])
        let slashes = String(repeating: "/", count: 100_000)
        #expect(await client.get(slashes).status == .notFound)
        #expect(await client.get("/x" + String(repeating: "/x", count: 100_000)).status == .notFound)
        #expect(await client.get("/a" + slashes).body.count == "/a/{r...} r=".count + 99_999)
    }

    @Test("can have routes of a thousand segments")
    func longPatterns() async throws {
        let names = (0..<1000).map { "/{p\($0)}" }
        let client = try client([names.joined(), names.joined() + "/end", String(repeating: "/a", count: 1000) + "/z"])
        let path = String(repeating: "/a", count: 1000)
        #expect(await client.get(path).status == .ok)
        #expect(await client.get(path + "/end").status == .ok)
        #expect(await client.get(path + "/a").status == .notFound)
    }

    @Test("tries every route once at most, whatever the path")
    func pathological() async throws {
        // All 4,096 mixtures of text and parameters, so that a path of "a" alone leads into each of them.
        let depth = 12
        let patterns = (0..<(1 << depth)).map { number in
            (0..<depth).map { number >> $0 & 1 == 0 ? "/a" : "/{p\($0)}" }.joined() + "/end"
        }
        let client = try client(patterns)
        let path = String(repeating: "/a", count: depth)
        #expect(await client.get(path + "/end").text.hasPrefix(patterns[0]))
        for _ in 0..<10 { #expect(await client.get(path + "/other").status == .notFound) }
    }
}
