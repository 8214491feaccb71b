import Glibc
import InMemoryLogging
import Logging
import Nestbox
import NestboxTesting
import Testing

@Suite("files of a directory", .timeLimit(.minutes(1)))
struct FileMiddlewareTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        for name in [
            "root", "root/sub", "root/sub/deep", "root/empty", "root/a:b", "root/with space", "root/.well-known",
        ] {
            mkdir(directory.path(name), 0o700)
        }
        try directory.write("secret", to: "secret.txt")
        try directory.write("home", to: "root/index.html")
        try directory.write("body {}", to: "root/style.css")
        try directory.write("sub", to: "root/sub/index.html")
        try directory.write("colon", to: "root/a:b/index.html")
        try directory.write("space", to: "root/with space/index.html")
        try directory.write("contact", to: "root/.well-known/security.txt")
        try directory.write("password", to: "root/.env")
        try directory.write("café", to: "root/café.txt")
        mkfifo(directory.path("root/fifo"), 0o600)
    }

    private func client(
        at prefix: String = "", index: String? = "index.html",
        _ configure: (inout TestClient.Configuration) -> Void = { _ in }
    ) throws -> TestClient {
        var router = Router()
        router.get("/") { _ in "route\n" }
        router.get("/hello") { _ in "hello\n" }
        router.post("/style.css") { _ in "posted\n" }
        var configuration = TestClient.Configuration()
        configure(&configuration)
        return try TestClient(
            Application(
                router: router, middleware: [FileMiddleware(FileRoot(directory.path("root")), at: prefix, index: index)]
            ),
            configuration)
    }

    @Test("are sent for GET and HEAD; all else goes on to the routes")
    func files() async throws {
        let client = try client()
        let css = await client.get("/style.css")
        #expect(css.text == "body {}")
        #expect(css.headers[.contentType] == "text/css; charset=utf-8")
        #expect(css.headers[.contentLength] == "7")
        let head = await client.head("/style.css")
        #expect(head.status == .ok && head.headers[.contentLength] == "7" && head.body.isEmpty)
        #expect(await client.get("/caf%C3%A9.txt?v=2").text == "café")
        #expect(await client.get("/hello").text == "hello\n")
        #expect(await client.post("/style.css").text == "posted\n")
        #expect(await client.put("/style.css").status == .methodNotAllowed)
        #expect(await client.get("/nothing.css").status == .notFound)
        #expect(await client.send(.options, "*").status == .notFound)
    }

    @Test("of directories are their index, never a list")
    func directories() async throws {
        let client = try client()
        #expect(await client.get("/").text == "home")
        #expect(await client.get("/sub/").text == "sub")
        #expect(await client.get("/sub/").headers[.contentType] == "text/html; charset=utf-8")
        for path in ["/empty/", "/empty", "/sub/deep/", "/sub/deep", "/style.css/", "/style.css/x", "/nothing/"] {
            #expect(await client.get(path).status == .notFound, "\(path)")
        }
        let without = try self.client(index: nil)
        #expect(await without.get("/").text == "route\n")
        #expect(await without.get("/sub/").status == .notFound)
        #expect(await without.get("/sub").status == .notFound)
    }

    @Test(
        "are found at the path with a slash, to which one without leads",
        arguments: [
            ("/sub", "sub/"), ("/sub?a=1&b=%2F", "sub/?a=1&b=%2F"), ("/a:b", "./a:b/"),
            ("/with%20space", "with%20space/"),
            ("/%73ub", "%73ub/"),
        ])
    func redirect(target: String, location: String) async throws {
        let response = await (try client()).get(target)
        #expect(response.status == .permanentRedirect)
        #expect(response.headers[.location] == location)
        if location.hasPrefix(".") { return }
        #expect(await (try client { $0.redirectLimit = 1 }).get(target).status == .ok)
    }

    @Test(
        "do not lead to other hosts",
        arguments: ["//sub", "//evil.test/..", "/\\sub", "//evil.test/%2e%2e/sub", "/%2Fsub"])
    func openRedirect(target: String) async throws {
        let response = await (try client()).get(target, headers: [:])
        #expect(response.headers[.location] == nil)
        #expect([.notFound, .badRequest].contains(response.status))
    }

    @Test(
        "outside of it, hidden ones and what is no file are not there",
        arguments: [
            "/..%5csecret.txt", "/%252e%252e/secret.txt", "/..%252fsecret.txt", "/..%c0%afsecret.txt",
            "/%c0%ae%c0%ae/secret.txt", "/style.css%00", "/style.css%00.png", "/%2Fetc%2Fpasswd", "//etc/passwd",
            "/.env",
            "/%2eenv", "/fifo", "//style.css", "/sub%2Findex.html",
        ])
    func outside(target: String) async throws {
        let response = await (try client()).get(target)
        #expect(response.status == .notFound)
        #expect(response.error is HTTPError)
    }

    @Test(
        "by a way up are no request for any handler",
        arguments: [
            "/../secret.txt", "/%2e%2e/secret.txt", "/..%2Fsecret.txt", "/sub/../../secret.txt", "/sub/../style.css",
            "/./style.css",
        ])
    func wayUp(target: String) async throws {
        #expect(await (try client()).get(target).status == .badRequest)
    }

    @Test("that everyone may know (RFC 8615) are sent though their directory is hidden")
    func wellKnown() async throws {
        #expect(await (try client()).get("/.well-known/security.txt").text == "contact")
    }

    @Test("are below their prefix, and nowhere else", arguments: ["/static", "static/", "/static/"])
    func prefix(prefix: String) async throws {
        let client = try client(at: prefix)
        #expect(await client.get("/static/style.css").text == "body {}")
        #expect(await client.get("/static/").text == "home")
        #expect(await client.get("/static").headers[.location] == "static/")
        #expect(await client.get("/style.css").status == .methodNotAllowed)
        #expect(await client.get("/staticstyle.css").status == .notFound)
        #expect(await client.get("/").text == "route\n")
    }

    @Test("are below the mount point")
    func mounted() async throws {
        let client = try client(at: "/static") { $0.mountPoint = "/app" }
        #expect(await client.get("/app/static/style.css").text == "body {}")
        #expect(await client.get("/app/static/sub").headers[.location] == "sub/")
        #expect(await client.get("/app/style.css").status == .methodNotAllowed)
    }

    @Test("of a directory that is none keep the application from starting")
    func missing() throws {
        #expect(throws: FileError.self) {
            try TestClient(Application(router: Router(), middleware: [FileMiddleware("/nonexistent")]))
        }
    }

    @Test(
        "of a directory that is none any more keep no route from answering",
        arguments: [ENOENT, ENOTDIR, ELOOP, EACCES])
    func broken(reason: Int32) async throws {
        // The superuser may enter every directory.
        if reason == EACCES, geteuid() == 0 { return }
        let client = try client()
        let (root, away) = (directory.path("root"), directory.path("away"))
        rename(root, away)
        switch reason {
        case ENOTDIR: try directory.write("file", to: "root")
        case ELOOP: symlink("root", root)
        case EACCES:
            mkdir(directory.path("locked"), 0o700)
            rename(away, directory.path("locked/root"))
            symlink("locked/root", root)
            chmod(directory.path("locked"), 0)
        default: break
        }
        defer { chmod(directory.path("locked"), 0o700) }
        #expect(await client.get("/hello").text == "hello\n")
        #expect(await client.get("/").text == "route\n")
        #expect(await client.get("/nothing").status == .notFound)
    }

    @Test("of a directory that leads to the program's own meanwhile are not there")
    func program() async throws {
        let client = try client()
        let path = try #require(Self.program)
        rename(directory.path("root"), directory.path("away"))
        symlink(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]), directory.path("root"))
        let name = path.split(separator: "/").last ?? ""
        #expect(await client.get("/\(name)").status == .notFound)
    }

    private static var program: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        return length > 0 ? String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }

    @Test("that the program may not read are not there, and the log says why", .enabled(if: geteuid() != 0))
    func unreadable() async throws {
        chmod(directory.path("root/café.txt"), 0)
        let log = InMemoryLogHandler()
        let client = try client { $0.logger = Logger(label: "test") { _ in log } }
        #expect(await client.get("/caf%C3%A9.txt").status == .notFound)
        #expect(log.entries.contains { $0.message.description.contains("the program may not read what is there") })
    }

    @Test("leave no descriptor open", arguments: ["/style.css", "/sub", "/sub/", "/nothing", "/fifo", "/empty/"])
    func descriptors(target: String) async throws {
        let client = try client()
        _ = await client.get(target)
        _ = await client.head(target)
        _ = await client.get(target, headers: [.range: "bytes=0-1,3-4"])
        #expect(openFiles(below: directory.path) == 0)
    }
}

/// How many descriptors of this process are open below a directory.
func openFiles(below directory: String) -> Int {
    (0..<1024).count { descriptor in
        var buffer = [CChar](repeating: 0, count: 256)
        let length = readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count)
        return length > 0
            && String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self).hasPrefix(directory)
    }
}
