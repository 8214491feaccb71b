import Glibc
import NestboxTesting
import Testing

extension Integration {
    @Suite("what config prints, in real servers")
    struct ConfigCommandTests {
        @Test("is the shipped site of nginx, with the defaults")
        func shipped() throws {
            let output = try CommandOutput("Hello", "config", "nginx")
            #expect(output.status == .exited(0), "\(output.stderr)")
            let shipped = try Repository.text(of: "nginx/nestbox.conf")
            #expect(output.stdout == shipped)
        }

        @Test("has the variables that the shipped nginx/fastcgi_params has")
        func variables() throws {
            let pattern = #/(?m)^\s*fastcgi_param\s+.*;$/#
            let shipped = try Repository.text(of: "nginx/fastcgi_params").matches(of: pattern)
            let printed = try CommandOutput("Hello", "config", "nginx").stdout.matches(of: pattern)
            let lines = { (matches: [Regex<Substring>.Match]) in
                matches.map { $0.output.split { $0 == " " || $0 == "\n" }.joined(separator: " ") }
            }
            #expect(lines(shipped) == lines(printed))
            #expect(!shipped.isEmpty)
        }

        static let lines: [[String]] = [
            [], ["--base-path", "/app"], ["--listen", "127.0.0.1:9000", "--server-name", "a.example,.b.example"],
            ["--limits-body", "0", "--timeouts-idle", "1", "--timeouts-handler", "600"],
            ["--files-accel-redirect", "/protected/=/srv/my files,/more=/srv/more", "--name", "my-birds"],
            ["--static", "/srv/nowhere"], ["--static", "/assets/=/srv/a b,/srv/nowhere", "--base-path", "/my.app"],
        ]

        @Test("passes nginx -t", arguments: lines)
        func nginxTest(line: [String]) throws {
            let output = try CommandOutput(ExampleProgram.path("Hello"), ["config", "nginx"] + line, environment: [:])
            #expect(output.status == .exited(0), "\(output.stderr)")
            let nginx = try PrintedSite(output.stdout, nil)
            let test = try CommandOutput(nginx.program, nginx.arguments + ["-t"], environment: [:])
            #expect(test.status == .exited(0), "\(test.stderr)")
            #expect(!test.stderr.contains("[warn]"), "\(test.stderr)")
        }

        @Test(
            "brings requests to the application at its mount point, and sends files at theirs", arguments: ["", "/app"])
        func requests(mount: String) throws {
            let files = try TemporaryDirectory()
            try files.write("body {}\n", to: "style.css", mode: 0o644)
            try files.write("secret", to: ".hidden", mode: 0o644)
            let hello = try ExampleProgram("Hello")
            let output = try CommandOutput(
                "Hello", "config", "nginx", "--listen", "\(hello.socket)", "--base-path", mount, "--static", files.path,
                "--server-name", "localhost")
            #expect(output.status == .exited(0), "\(output.stderr)")
            let nginx = try PrintedSite(output.stdout, try freeLoopbackPort())
            try nginx.start()
            #expect(try nginx.request("\(mount)/").text == "Hello from Nestbox\n")
            #expect(try nginx.request("\(mount)/hello/A%20b?c").text == "Hello, A b\n")
            let file = try nginx.request("\(mount)/style.css")
            #expect(file.text == "body {}\n")
            #expect(file.field("x-content-type-options") == "nosniff")
            // What is no file, or none to be shown, is the application's.
            for target in ["/.hidden", "/nothing.css", "/%2e%2e/style.css", "/a/../.hidden", "/style.css/"] {
                let response = try nginx.request("\(mount)\(target)")
                #expect(response.status == 404 || response.status == 400, "\(target)")
                #expect(!response.text.contains("secret"))
            }
            if !mount.isEmpty { #expect(try nginx.request(mount).status == 308) }
        }
    }

    /// nginx with a site that was printed.
    private final class PrintedSite {
        let program: String
        let arguments: [String]
        private let directory: TemporaryDirectory
        private let port: UInt16?
        private var child: ChildProcess?

        init(_ site: String, _ port: UInt16?) throws {
            directory = try TemporaryDirectory()
            self.port = port
            program = try #require(Repository.tool("nginx"))
            try directory.write(try Repository.text(of: "nginx/private.conf"), to: "nginx.conf")
            let changed = site.replacing("listen 80;", with: "listen 127.0.0.1:\(port ?? 8080);")
            try directory.write(changed, to: "site.conf")
            let user = geteuid() == 0 ? ["-g", "user root;"] : []
            arguments =
                ["-p", directory.path, "-c", directory.path("nginx.conf"), "-e", directory.path("error.log")] + user
        }

        func start() throws {
            let child = try ChildProcess(program, arguments, stdout: .null, stderr: .null)
            self.child = child
            let address = LoopbackAddress.port(try #require(port))
            _ = try eventually { try child.poll() != nil || (try? HTTPConnection(to: address)) != nil }
        }

        func request(_ target: String) throws -> HTTPConnection.Response {
            try HTTPConnection(to: .port(try #require(port))).request(
                "GET", target, headers: [("Host", "localhost")], body: nil, chunkSize: nil)
        }

        deinit { _ = try? child?.stop(grace: .seconds(10)) }
    }
}
