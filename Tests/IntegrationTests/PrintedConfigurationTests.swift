import Glibc
import NestboxTesting
import Testing

extension Integration {
    @Suite("what config apache, systemd and htaccess print, in real servers")
    struct PrintedConfigurationTests {
        private func printed(_ words: [String]) throws -> String {
            let output = try CommandOutput(ExampleProgram.path("Hello"), ["config"] + words, environment: [:])
            try #require(output.status == .exited(0), "\(output.stderr)")
            return output.stdout
        }

        static let shipped: [([String], String)] = [
            (["apache"], "apache/nestbox.conf"), (["htaccess"], "apache/htaccess/public_html.htaccess"),
            (["systemd", "--program", "/usr/local/bin/Hello"], "systemd/nestbox.service"),
        ]

        @Test("is the shipped file, with the defaults", arguments: shipped)
        func defaults(words: [String], file: String) throws {
            #expect(try printed(words) == Repository.text(of: file))
        }

        // MARK: Apache

        /// A real Apache with a site that was printed; `/srv/example/files` in it is a directory with files.
        private func apache(
            _ site: String, before socket: LoopbackAddress? = nil, of modules: [String] = []
        ) throws -> ApacheServer {
            try ApacheServer(site, modules: ["proxy", "proxy_fcgi", "env", "alias"] + modules, before: socket) {
                directory in
                mkdir(directory.path("files"), 0o755)
                for (name, text) in [("style.css", "body {}\n"), (".hidden", "SECRET"), ("app", "SECRET")] {
                    try directory.write(text, to: "files/\(name)", mode: 0o644)
                }
            }
        }

        static let apacheLines: [[String]] = [
            ["--base-path", "/app"], ["--listen", "127.0.0.1:9000", "--server-name", ".b.example,[::1],*.c.example"],
            ["--limits-body", "0", "--timeouts-idle", "1", "--timeouts-handler", "600"],
            ["--limits-body", "4294967296", "--limits-connections", "100"],
            ["--static", "/assets/=/srv/example/files,/a/=/srv/example/a b", "--base-path", "/a/b.c"],
            ["--listen", "unix:/run/a b/app.sock", "--name", "my-birds"],
        ]

        @Test("starts Apache without a complaint", .enabled(if: ApacheServer.isInstalled), arguments: apacheLines)
        func apacheStarts(line: [String]) throws {
            let server = try apache(try printed(["apache"] + line))
            #expect(server.errors.isEmpty, "\(server.errors)")
        }

        @Test(
            "brings requests from Apache to the application at its mount point, and has files sent at theirs",
            .enabled(if: ApacheServer.isInstalled),
            arguments: [
                ("", "/assets/"), ("/app", "/assets/"), ("/app", "/app/assets/"), ("/a/b", "/a/"), ("/app", "/"),
            ])
        func apacheRequests(mount: String, files: String) throws {
            let hello = try ExampleProgram("Hello")
            let site = try printed([
                "apache", "--listen", "\(hello.socket)", "--base-path", mount, "--static",
                "\(files)=/srv/example/files",
            ])
            let apache = try apache(site, before: hello.socket)
            #expect(try apache.request("GET", "\(mount)/").text == "Hello from Nestbox\n")
            #expect(try apache.request("GET", "\(mount)/hello/A%20b?c").text == "Hello, A b\n")
            #expect(try apache.request("GET", "\(files)style.css").text == "body {}\n")
            for name in [".hidden", "%2ehidden", "x/../.hidden", ".hidden/x"] {
                let answer = try apache.request("GET", "\(files)\(name)")
                #expect(answer.status == 403 || answer.status == 404, "\(name): \(answer.status)")
                #expect(!answer.text.contains("SECRET"))
            }
            if !mount.isEmpty { #expect(try apache.request("GET", mount).status == 308) }
            #expect(try apache.request("TRACE", "\(mount)/").status == 405)
        }

        @Test("opens nothing that Debian's Apache keeps closed", .enabled(if: ApacheServer.isInstalled))
        func denials() throws {
            let hello = try ExampleProgram("Hello")
            let site = try printed(["apache", "--listen", "\(hello.socket)"])
            let debian = """
                <FilesMatch "^\\.ht">
                Require all denied
                </FilesMatch>
                ProxyPass "/old/" "!"
                Alias "/old/" "/srv/example/files/"
                <Directory /srv/example/files>
                Require all granted
                </Directory>
                """
            let apache = try apache(debian + "\n" + site, before: hello.socket)
            try apache.directory.write("SECRET", to: "files/.htpasswd", mode: 0o644)
            #expect(try apache.request("GET", "/").text == "Hello from Nestbox\n")
            #expect(try apache.request("GET", "/old/style.css").status == 200)
            #expect(try apache.request("GET", "/old/.htpasswd").status == 403)
        }

        // MARK: systemd

        static let systemdLines: [[String]] = [
            [], ["--listen", "unix:/run/birds/a.sock,127.0.0.1:9000,unix:/run/web/sub/b.sock"],
            ["--user", "birds", "--session-file-directory", "/srv/my sessions", "--forms-directory", "/srv/forms"],
            ["--user", "birds", "--listen", "unix:/srv/my birds/a.sock"],
            ["--listen", "127.0.0.1:9000", "--session-salt", "50% $HOME ;\"x' \\"], ["--timeouts-start", "90.5"],
            ["--limits-connections", "100", "--timeouts-grace", "5", "--socket-group", "web"],
        ]

        @Test(
            "passes systemd-analyze verify", .enabled(if: Repository.tool("systemd-analyze") != nil),
            arguments: systemdLines, ["Hello", "my hello.cgi"])
        func systemd(line: [String], name: String) throws {
            let tool = try #require(Repository.tool("systemd-analyze"))
            let directory = try TemporaryDirectory()
            let program = directory.path(name)
            try #require(symlink(ExampleProgram.path("Hello"), program) == 0)
            try directory.write(
                try printed(["systemd", "--program", program] + line), to: "printed.service", mode: 0o644)
            let output = try ChildProcess(tool, ["verify", directory.path("printed.service")]).output(
                timeout: .seconds(30))
            #expect(output.status == .exited(0))
            #expect(output.stderr.isEmpty, "\(String(decoding: output.stderr, as: UTF8.self))")
        }
    }
}
