import Glibc
import HTTPTypes
import Nestbox
import NestboxTesting
import Testing

extension Integration {
    @Suite("files through nginx")
    struct FilesTests {
        /// A directory with a secret beside it.
        private let directory: TemporaryDirectory
        private var root: FileRoot { FileRoot(directory.path("root")) }

        init() throws {
            directory = try TemporaryDirectory()
            for name in ["root", "root/sub", "root/closed", "root-evil"] { mkdir(directory.path(name), 0o700) }
            try directory.write("TOP-SECRET", to: "secret.txt")
            try directory.write("TOP-SECRET", to: "root-evil/secret.txt")
            try directory.write("TOP-SECRET", to: "root/.env")
            try directory.write("Hello, static!\n", to: "root/hello.txt")
            try directory.write("sub", to: "root/sub/index.html")
            symlink("../secret.txt", directory.path("root/out.txt"))
            symlink("..", directory.path("root/parent"))
            symlink("/", directory.path("root/slash"))
            symlink("hello.txt", directory.path("root/link.txt"))
            mkfifo(directory.path("root/fifo"), 0o600)
        }

        /// Files at the root, and in a route below `/static`.
        private func application(
            _ configure: (inout GatewayConfiguration) -> Void = { _ in }
        ) throws -> LocalApplication {
            let root = root
            return try LocalApplication(configure, middleware: [FileMiddleware(root)]) { router in
                router.get("/static/{path...}") { request in
                    try await Response.file(request.parameters.require("path"), in: root, for: request)
                }
                router.get("/download") { request in
                    try await Response.file(
                        request.query["path"] ?? "", in: root, for: request, asAttachment: request.query["name"])
                }
                router.get("/field") { request in
                    var response = Response.text("mine\n")
                    try response.addHeader(request.query["name"] ?? "", request.query["value"] ?? "")
                    return response
                }
            }
        }

        /// Lets the client's pace reach the application.
        private static let unbuffered = """
            location / {
                fastcgi_pass nestbox; fastcgi_keep_conn on; include nestbox/fastcgi_params; fastcgi_buffering off;
            }
            """

        /// Makes a file of zeros that takes no room, with a pattern at its ends.
        private func makeLarge(_ name: String, size: Int) throws {
            let file = open(directory.path("root/\(name)"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            #expect(file >= 0)
            defer { close(file) }
            #expect(ftruncate(file, size) == 0)
            #expect(pwrite(file, "start", 5, 0) == 5)
            #expect(pwrite(file, "end", 3, size - 3) == 3)
        }

        static let traversal = [
            "/../secret.txt", "/../../../../../../../../etc/passwd", "/%2e%2e/secret.txt", "/%2E%2E/secret.txt",
            "/.%2e/secret.txt", "/%2e./secret.txt", "/..%2Fsecret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt",
            "/..%5csecret.txt", "/..\\secret.txt", "/%5c..%5csecret.txt", "/..%00/secret.txt", "/../secret.txt%00.png",
            "/secret.txt%00", "/%252e%252e/secret.txt", "/%252e%252e%252fsecret.txt", "/..%252fsecret.txt",
            "/%c0%ae%c0%ae/secret.txt", "/..%c0%afsecret.txt", "/%e0%80%ae%e0%80%ae/secret.txt",
            "/..%ef%bc%8fsecret.txt",
            "/%u002e%u002e/secret.txt", "/sub/../../secret.txt", "/sub/%2e%2e/%2e%2e/secret.txt", "/./../secret.txt",
            "//../secret.txt", "/..//secret.txt", "/...//secret.txt", "/....//secret.txt", "/..;/secret.txt",
            "/%2Fetc%2Fpasswd", "//etc/passwd", "/%2F%2Fetc/passwd", "/../root-evil/secret.txt",
            "/..%2Froot-evil%2Fsecret.txt", "-evil/secret.txt", "/out.txt", "/parent/secret.txt",
            "/parent/root-evil/secret.txt", "/slash/etc/passwd", "/.env", "/%2eenv", "/sub/..%2f.env", "/fifo",
            "/hello.txt%00", "/hello.txt%00.png", "/hello.txt/", "/hello.txt/..", "/closed/", "/\u{7F}",
        ]

        @Test("give no way out of their directory, whatever the path looks like, through nginx or without it")
        func traversal() throws {
            let application = try application()
            let nginx = try NginxServer(before: application.socket)
            for target in Self.traversal.flatMap({ [$0, "/static" + $0] }) {
                let client = try nginx.connect()
                let answer = try client.request("GET", target)
                #expect([308, 400, 404].contains(answer.status), "\(target): \(answer.status)")
                #expect(!answer.text.contains("SECRET") && !answer.text.contains("root:"), "\(target)")
                // nginx refuses some of them itself, and so do not all servers.
                let connection = try FastCGIConnection(to: application.socket)
                let direct = try connection.perform(FastCGIRequest(target: target))
                let text = String(decoding: direct.stdout, as: UTF8.self)
                #expect(
                    ["404", "400", "308"].contains { text.hasPrefix("Status: \($0) ") }, "\(target): \(text.prefix(40))"
                )
                #expect(!text.contains("SECRET") && !text.contains("root:"), "\(target)")
            }
            // The directory works at all.
            for target in ["/hello.txt", "/static/hello.txt", "/link.txt", "/static/link.txt"] {
                #expect(try nginx.request("GET", target).text == "Hello, static!\n")
            }
        }

        @Test("give no way out of their directory as CGI programs")
        func traversalAsCGI() throws {
            for target in Self.traversal where !target.contains("\0") {
                let environment = CGITests.environment(
                    path: "/static" + PercentEncoding.decode(target).replacing("\0", with: ""),
                    adding: [
                        "REQUEST_URI": "/app.cgi/static" + target, "CONFORMANCE_STATIC_ROOT": directory.path("root"),
                    ])
                let output = try ChildProcess(ExampleProgram.path("Conformance"), environment: environment).output()
                let response = try CGIResponse(parsing: output.stdout)
                #expect([400, 404].contains(response.status), "\(target): \(response.status)")
                #expect(!response.text.contains("SECRET") && !response.text.contains("root:"), "\(target)")
            }
        }

        @Test("are sent by CGI programs, whole or in part")
        func asCGI() throws {
            try makeLarge("film.mp4", size: 3_000_000)
            func answer(_ path: String, _ fields: [String: String] = [:]) throws -> CGIResponse {
                let output = try ChildProcess(
                    ExampleProgram.path("Conformance"),
                    environment: CGITests.environment(
                        path: "/static/\(path)",
                        adding: fields.merging(["CONFORMANCE_STATIC_ROOT": directory.path("root")]) { $1 })
                ).output()
                #expect(output.status == .exited(0))
                return try CGIResponse(parsing: output.stdout)
            }
            let whole = try answer("film.mp4")
            #expect(whole.body.count == 3_000_000)
            #expect(whole.headerFields[.contentLength] == "3000000")
            #expect(try answer("film.mp4", ["HTTP_RANGE": "bytes=-3"]).text == "end")
            let tag = try #require(whole.headerFields[.eTag])
            #expect(try answer("film.mp4", ["HTTP_IF_NONE_MATCH": tag]).status == 304)
        }

        @Test("are asked for in parts, as players of films do, which fit together")
        func player() throws {
            let application = try application()
            let nginx = try NginxServer(before: application.socket)
            let film = BodyTests.pattern(1 << 20)
            let file = open(directory.path("root/film.mp4"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            #expect(write(file, film, film.count) == film.count)
            close(file)
            let client = try nginx.connect()
            // A player first asks for everything and looks at the length, then for the index at the end.
            let first = try client.request("GET", "/film.mp4", headers: [("Range", "bytes=0-")])
            #expect(first.status == 206)
            #expect(first.field("Content-Range") == "bytes 0-1048575/1048576")
            #expect(first.field("Content-Type") == "video/mp4")
            #expect(first.field("Accept-Ranges") == "bytes")
            #expect(first.body == film)
            let tail = try client.request("GET", "/film.mp4", headers: [("Range", "bytes=1000000-")])
            #expect(tail.field("Content-Range") == "bytes 1000000-1048575/1048576")
            #expect(tail.field("Content-Length") == "48576")
            var parts: [UInt8] = []
            while parts.count < film.count {
                let answer = try client.request(
                    "GET", "/film.mp4", headers: [("Range", "bytes=\(parts.count)-\(parts.count + 99_999)")])
                #expect(answer.status == 206)
                parts += answer.body
            }
            #expect(parts == film)
            let head = try client.request("HEAD", "/film.mp4", headers: [("Range", "bytes=0-1")])
            #expect(head.status == 200)
            #expect(head.field("Content-Length") == "1048576")
            let beyond = try client.request("GET", "/film.mp4", headers: [("Range", "bytes=1048576-")])
            #expect(beyond.status == 416)
            #expect(beyond.field("Content-Range") == "bytes */1048576")
        }

        @Test("are sent in several parts at once")
        func parts() throws {
            let application = try application()
            let nginx = try NginxServer(before: application.socket)
            let answer = try nginx.request("GET", "/hello.txt", headers: [("Range", "bytes=0-4, 7-12")])
            #expect(answer.status == 206)
            let type = try #require(answer.field("Content-Type"))
            #expect(type.hasPrefix("multipart/byteranges; boundary="))
            let boundary = type.dropFirst("multipart/byteranges; boundary=".count)
            let parts = answer.text.split(separator: "--\(boundary)")
            #expect(parts.count == 4)
            #expect(parts[1].hasSuffix("Content-Range: bytes 0-4/15\r\n\r\nHello\r\n"))
            #expect(parts[2].hasSuffix("Content-Range: bytes 7-12/15\r\n\r\nstatic\r\n"))
            #expect(parts[3] == "--\r\n")
        }

        @Test("that a browser has already are not sent again")
        func conditional() throws {
            let application = try application()
            let nginx = try NginxServer(before: application.socket)
            let client = try nginx.connect()
            let first = try client.request("GET", "/hello.txt")
            let tag = try #require(first.field("ETag"))
            let date = try #require(first.field("Last-Modified"))
            for field in [("If-None-Match", tag), ("If-None-Match", "\"x\", \(tag)"), ("If-Modified-Since", date)] {
                let answer = try client.request("GET", "/hello.txt", headers: [field])
                #expect(answer.status == 304, "\(field)")
                #expect(answer.body.isEmpty)
                #expect(answer.field("ETag") == tag)
            }
            #expect(try client.request("GET", "/hello.txt", headers: [("If-Match", "\"x\"")]).status == 412)
            #expect(
                try client.request("GET", "/hello.txt", headers: [("Range", "bytes=0-4"), ("If-Range", "\"x\"")]).text
                    == "Hello, static!\n")
            try directory.write("another\n", to: "root/hello.txt")
            #expect(try client.request("GET", "/hello.txt", headers: [("If-None-Match", tag)]).text == "another\n")
        }

        @Test("of 300 MiB take no more memory than small ones")
        func flatMemory() throws {
            let size = 300 << 20
            try makeLarge("huge.bin", size: size)
            let program = try ExampleProgram(
                "Conformance", ["--log-level", "critical"],
                environment: ["CONFORMANCE_STATIC_ROOT": directory.path("root")])
            let nginx = try NginxServer(before: program.socket, servers: [Self.unbuffered])
            #expect(try nginx.request("GET", "/static/hello.txt", to: 0).status == 200)
            let before = try Self.peakMemory(of: program.processID)
            let client = try nginx.connect(0, timeout: .seconds(60))
            try client.send("GET", "/static/huge.bin")
            #expect(try client.readHead().headerFields[.contentLength] == String(size))
            var count = 0
            var last: [UInt8] = []
            while let chunk = try client.readChunk() {
                count += chunk.count
                let tail = last + chunk.suffix(3)
                last = Array(tail[max(0, tail.count - 3)...])
            }
            #expect(count == size)
            #expect(last == Array("end".utf8))
            #expect(try Self.peakMemory(of: program.processID) - before < 8 << 20)
        }

        /// The most memory that a process has had, in bytes.
        private static func peakMemory(of processID: Int32) throws -> Int {
            let line = try #require(try File.lines("/proc/\(processID)/status").first { $0.hasPrefix("VmHWM:") })
            return try #require(line.split(separator: " ").dropLast().last.flatMap { Int($0) }) << 10
        }

        @Test("that become shorter while they are sent break off; what is missing is not made up")
        func truncated() throws {
            let size = 64 << 20
            try makeLarge("shrinking.bin", size: size)
            let application = try application()
            let nginx = try NginxServer(before: application.socket, servers: [Self.unbuffered])
            let client = try nginx.connect(0)
            try client.send("GET", "/shrinking.bin")
            #expect(try client.readHead().status == 200)
            truncate(directory.path("root/shrinking.bin"), 1 << 20)
            #expect(throws: TestingError.self) { try client.readBody(timeout: .seconds(20)) }
            #expect(try nginx.request("GET", "/hello.txt", to: 0).status == 200)
        }

        @Test("that are removed while they are sent arrive whole")
        func removed() throws {
            let size = 32 << 20
            try makeLarge("removed.bin", size: size)
            let application = try application()
            let nginx = try NginxServer(before: application.socket, servers: [Self.unbuffered])
            let client = try nginx.connect(0)
            try client.send("GET", "/removed.bin")
            #expect(try client.readHead().status == 200)
            unlink(directory.path("root/removed.bin"))
            #expect(try client.readBody(timeout: .seconds(20)).count == size)
            #expect(try nginx.request("GET", "/removed.bin", to: 0).status == 404)
        }

        @Test("are closed when their client hangs up")
        func hangUp() throws {
            try makeLarge("long.bin", size: 64 << 20)
            let program = try ExampleProgram(
                "Conformance", ["--log-level", "critical"],
                environment: ["CONFORMANCE_STATIC_ROOT": directory.path("root")])
            let nginx = try NginxServer(before: program.socket, servers: [Self.unbuffered])
            func openFiles() -> Int {
                File.names(in: "/proc/\(program.processID)/fd").count { name in
                    var buffer = [CChar](repeating: 0, count: 256)
                    let count = readlink("/proc/\(program.processID)/fd/\(name)", &buffer, buffer.count)
                    return count > 0
                        && String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
                            .hasPrefix(directory.path)
                }
            }
            let clients = try (0..<4).map { _ in try nginx.connect(0) }
            for client in clients {
                try client.send("GET", "/static/long.bin")
                #expect(try client.readHead().status == 200)
            }
            #expect(openFiles() == 4)
            for client in clients { client.close() }
            #expect(eventually { openFiles() == 0 })
        }

        // MARK: Hand-off

        /// The shipped location with its directory changed, beside the application.
        private func handingOff() throws -> (LocalApplication, NginxServer) {
            let parts = try Repository.text(of: "nginx/files.conf").split(
                separator: "alias /var/lib/example/files/;", omittingEmptySubsequences: false)
            #expect(parts.count == 2)
            let directory = directory.path("root")
            let application = try application {
                $0.fileHandOff = .accelRedirect([.init(prefix: "/protected/", directory: directory)])
            }
            let nginx = try NginxServer(
                before: application.socket,
                servers: [Self.unbuffered + parts.joined(separator: "alias \(directory)/;")])
            return (application, nginx)
        }

        @Test("are sent by nginx where it was told to, ranges and all")
        func accelRedirect() throws {
            let name = "a b?&#é%;'\"+.txt"
            try directory.write("0123456789", to: "root/\(name)")
            let (application, nginx) = try handingOff()
            let encoded = PercentEncoding.encode(name, allowed: .queryComponent)
            for target in ["/download?path=\(encoded)&name=\(encoded)", "/static/\(encoded)", "/\(encoded)"] {
                let answer = try nginx.request("GET", target, to: 0)
                #expect(answer.status == 200)
                #expect(answer.text == "0123456789")
                #expect(answer.field("Content-Type") == "text/plain; charset=utf-8")
                #expect(answer.field("Cache-Control") == "no-cache")
                #expect(answer.field("X-Content-Type-Options") == "nosniff")
                #expect(answer.field("X-Accel-Redirect") == nil)
                #expect(answer.field("Accept-Ranges") == "bytes")
                #expect(answer.field("Content-Disposition") == (target.contains("name") ? ContentDisposition : nil))
                // The tag is nginx's: the application was not read from.
                let tag = try #require(answer.field("ETag"))
                #expect(try nginx.request("GET", target, headers: [("If-None-Match", tag)], to: 0).status == 304)
                let part = try nginx.request("GET", target, headers: [("Range", "bytes=2-4")], to: 0)
                #expect(part.status == 206)
                #expect(part.text == "234")
                #expect(part.field("Content-Range") == "bytes 2-4/10")
                let several = try nginx.request("GET", target, headers: [("Range", "bytes=0-0,-1")], to: 0)
                #expect(several.status == 206)
                #expect(several.field("Content-Type")?.hasPrefix("multipart/byteranges") == true)
                let head = try nginx.request("HEAD", target, to: 0)
                #expect(head.status == 200)
                #expect(head.field("Content-Length") == "10")
            }
            // What the application would not send it does not hand off.
            for target in [
                "/static/out.txt", "/static/.env", "/static/fifo", "/static/sub", "/download?path=../secret.txt",
            ] {
                #expect(try nginx.request("GET", target, to: 0).status == 404, "\(target)")
            }
            withExtendedLifetime(application) {}
        }

        private let ContentDisposition =
            "attachment; filename=\"a b?&#__;'_+.txt\"; filename*=UTF-8''a%20b%3F&#%C3%A9%25%3B%27%22+.txt"

        @Test("that nginx may send reach no one who asks nginx, or lets the application say so")
        func withoutLeave() throws {
            let (application, nginx) = try handingOff()
            for target in ["/protected/hello.txt", "/protected/../protected/hello.txt", "/%70rotected/hello.txt"] {
                #expect(try nginx.request("GET", target, to: 0).status == 404, "\(target)")
            }
            for name in ["X-Accel-Redirect", "x-accel-redirect", "X-Sendfile"] {
                let answer = try nginx.request("GET", "/field?name=\(name)&value=/protected/hello.txt", to: 0)
                #expect(answer.text == "mine\n")
            }
            let asked = try nginx.request(
                "GET", "/nothing", headers: [("X-Accel-Redirect", "/protected/hello.txt")], to: 0)
            #expect(asked.status == 404)
            withExtendedLifetime(application) {}
        }
    }
}
