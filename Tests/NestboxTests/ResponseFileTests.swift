import Glibc
import Nestbox
import NestboxTesting
import Testing

@Suite("a file as a response", .timeLimit(.minutes(1)))
struct ResponseFileTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        mkdir(directory.path("root"), 0o700)
        mkdir(directory.path("root/2026"), 0o700)
        try directory.write("secret", to: "secret.txt")
        try directory.write("report", to: "root/2026/report.pdf")
        try directory.write("a b", to: "root/a b?&#é.txt")
        symlink("../secret.txt", directory.path("root/out.txt"))
    }

    private func client(
        _ handOff: FileHandOff = .none, asAttachment name: String? = nil,
        _ change: @escaping @Sendable (inout Response) -> Void = { _ in }
    ) throws -> TestClient {
        let root = FileRoot(directory.path("root"))
        var router = Router()
        router.get("/files/{path...}") { request in
            var response = try await Response.file(
                request.parameters.require("path"), in: root, for: request, asAttachment: name)
            change(&response)
            return response
        }
        var configuration = TestClient.Configuration()
        configuration.gateway.fileHandOff = handOff
        return try TestClient(Application(router: router), configuration)
    }

    @Test("is found by a path that a client gave")
    func found() async throws {
        let response = await (try client()).get("/files/2026/report.pdf")
        #expect(response.text == "report")
        #expect(response.headers[.contentType] == "application/pdf")
        #expect(response.headers[.contentDisposition] == nil)
    }

    @Test("can be saved under a name that a user gave")
    func attachment() async throws {
        let response = await (try client(asAttachment: "Jahr \"2026\".pdf\r\n")).get("/files/2026/report.pdf")
        #expect(
            response.headers[.contentDisposition]
                == #"attachment; filename="Jahr _2026_.pdf"; filename*=UTF-8''Jahr%20%222026%22.pdf"#)
    }

    @Test(
        "is 404 where there is none that may be seen",
        arguments: [
            "nothing", "2026", "2026/", "%252e%252e/secret.txt", "out.txt", "%2Fetc%2Fpasswd", "2026/report.pdf%00",
            "2026/report.pdf/", "", "%FF",
        ])
    func missing(path: String) async throws {
        #expect(await (try client()).get("/files/\(path)").status == .notFound)
    }

    @Test("of a directory that is not there is a mistake of the program")
    func missingRoot() async throws {
        var router = Router()
        router.get("/") { request in try await Response.file("a", in: "/nonexistent", for: request) }
        let response = await (try TestClient(Application(router: router))).get("/")
        #expect(response.status == .internalServerError)
        #expect(response.error is FileError)
        #expect(!response.text.contains("nonexistent"))
    }

    // MARK: Hand-off

    @Test("is handed to nginx where a location has its directory, the innermost if there are several")
    func accelRedirect() async throws {
        let client = try client(
            .accelRedirect([
                .init(prefix: "/protected/", directory: directory.path),
                .init(prefix: "/inner", directory: directory.path("root")),
                .init(prefix: "/other/", directory: "/var/empty"),
            ]), asAttachment: "a.txt")
        let response = await client.get(
            "/files/a%20b%3F%26%23%C3%A9.txt", headers: [.range: "bytes=0-0", .ifNoneMatch: "*"])
        #expect(response.status == .ok)
        #expect(response.headers[values: .accelRedirect] == ["/inner/a%20b%3F%26%23%C3%A9.txt"])
        #expect(response.headers[.contentType] == "text/plain; charset=utf-8")
        #expect(response.headers[.contentDisposition] == "attachment; filename=\"a.txt\"")
        #expect(response.headers[.contentLength] == nil)
        #expect(response.headers[.eTag] == nil)
        #expect(response.body.isEmpty)
        #expect(await client.head("/files/2026/report.pdf").headers[.accelRedirect] == "/inner/2026/report.pdf")
        #expect(await client.get("/files/out.txt").status == .notFound)
    }

    @Test("is handed to lighttpd or Apache below configured directories")
    func sendfile() async throws {
        let real = try #require(
            realpath(directory.path("root"), nil).map { path in
                defer { free(path) }
                return String(cString: path)
            })
        let response = await (try client(.sendfile(below: [directory.path]))).get("/files/2026/report.pdf")
        #expect(response.headers[values: .sendfile] == ["\(real)/2026/report.pdf"])
        #expect(response.body.isEmpty)
    }

    @Test("is sent by the application when its name might not be understood by mod_xsendfile")
    func sendfileOfOddName() async throws {
        try directory.write("odd", to: "root/a b.txt")
        let response = await (try client(.sendfile(below: [directory.path]))).get("/files/a%20b.txt")
        #expect(response.headers[.sendfile] == nil && response.text == "odd")
    }

    @Test(
        "is sent by the application where its directory is not configured",
        arguments: ["root-evil", "root/2026/report.pdf/x", "nothing", "root/20"])
    func elsewhere(name: String) async throws {
        mkdir(directory.path("root-evil"), 0o700)
        for handOff in [
            FileHandOff.sendfile(below: [directory.path(name)]),
            .accelRedirect([.init(prefix: "/protected/", directory: directory.path(name))]),
        ] {
            let response = await (try client(handOff)).get("/files/2026/report.pdf")
            #expect(response.text == "report")
            #expect(response.headers[.accelRedirect] == nil && response.headers[.sendfile] == nil)
        }
    }

    @Test("is not handed off any more when another response was made of it")
    func changed() async throws {
        let handOff = FileHandOff.sendfile(below: [directory.path])
        let body = await (try client(handOff) { $0.body = .string("other") }).get("/files/2026/report.pdf")
        #expect(body.headers[.sendfile] == nil && body.text == "other")
        let status = await (try client(handOff) { $0.status = .forbidden }).get("/files/2026/report.pdf")
        #expect(status.headers[.sendfile] == nil)
    }

    @Test(
        "is not what a field says that came from elsewhere",
        arguments: [
            "X-Accel-Redirect", "x-accel-redirect", "X-Sendfile", "X-SENDFILE", "X-Lighttpd-Send-File",
            "X-Sendfile-Temporary",
            "X-LiteSpeed-Location", "X-Sendfile2", "X-Reproxy-URL",
        ])
    func fromElsewhere(name: String) async throws {
        var router = Router()
        router.get("/field") { request in
            var response = Response.text("text")
            try response.addHeader(name, request.query["value"] ?? "")
            return response
        }
        router.get("/error") { _ -> String in
            throw HTTPError(.forbidden, headers: HTTPField.Name(name).map { [$0: "/etc/passwd"] } ?? [:])
        }
        let client = try TestClient(Application(router: router))
        for target in ["/field?value=/etc/passwd", "/error"] {
            let response = await client.get(target)
            #expect(!response.headers.contains { $0.name.canonicalName == name.lowercased() })
            #expect(!response.body.isEmpty)
        }
    }

    @Test("is not handed off because a client asks for that")
    func request() async throws {
        let client = try client()
        let fields: HTTPFields = [.accelRedirect: "/secret", .sendfile: "/etc/passwd"]
        let response = await client.get("/files/2026/report.pdf", headers: fields)
        #expect(response.text == "report")
        #expect(response.headers[.accelRedirect] == nil && response.headers[.sendfile] == nil)
    }
}

extension HTTPField.Name {
    fileprivate static var accelRedirect: Self { known("X-Accel-Redirect") }
    fileprivate static var sendfile: Self { known("X-Sendfile") }

    private static func known(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("\(name) is a token") }
        return name
    }
}
