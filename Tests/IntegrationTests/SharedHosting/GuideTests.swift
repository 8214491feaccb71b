import Glibc
import HTTPTypes
import NestboxTesting
import Testing

extension Integration.SharedHosting {
    @Suite("the steps of docs/shared-hosting.md, with Apache", .enabled(if: ApacheServer.isInstalled))
    struct GuideTests {
        /// The lines of the guide that begin with a word.
        private static func lines(_ word: String) throws -> [String] {
            try Repository.text(of: "docs/shared-hosting.md").split(separator: "\n").filter { $0.hasPrefix(word) }
                .map(String.init)
        }

        /// A host with the files that the guide uploads.
        private static func host() throws -> ApacheServer {
            let site = """
                DocumentRoot /srv/example/public_html
                <Directory /srv/example/public_html>
                    Require all granted
                    AllowOverride FileInfo
                    Options SymLinksIfOwnerMatch ExecCGI
                </Directory>
                """
            return try ApacheServer(site, modules: ["rewrite", "dir", "mime", "cgid"]) { directory in
                mkdir(directory.path("public_html"), 0o755)
                chmod(directory.path("public_html"), 0o755)
                try StaticProgram.copy(to: directory.path("public_html/Counter.cgi"))
                try directory.write(try settings(), to: "public_html/nestbox.env")
                try directory.write(try accessFile(), to: "public_html/.htaccess", mode: 0o644)
            }
        }

        private static func settings() throws -> String {
            try lines("NESTBOX_").map { "\($0)\n" }.joined()
        }

        /// What the guide has the program print.
        private static func accessFile() throws -> String {
            let line = try #require(try lines(".build/static/release/Counter.cgi ").first)
            let words = line.split(separator: " ").dropFirst().prefix { !$0.hasPrefix(">") }.map(String.init)
            let output = try ChildProcess(StaticProgram.path, words, environment: [:]).output()
            return String(decoding: output.stdout, as: UTF8.self)
        }

        private func run(_ host: ApacheServer, _ words: String...) throws -> (
            text: String, status: ChildProcess.ExitStatus
        ) {
            let output = try OtherUser.start(
                host.directory.path("public_html/Counter.cgi"), words, stdout: .pipe, stderr: .pipe
            ).output(timeout: .seconds(20))
            return (String(decoding: output.stdout + output.stderr, as: UTF8.self), output.status)
        }

        /// Loads the page, and keeps the cookie.
        private func visit(_ host: ApacheServer, _ cookie: inout String?) throws -> Int? {
            let answer = try host.request("GET", "/", headers: cookie.map { [("Cookie", $0)] } ?? [])
            try #require(answer.status == 200, "\(host.errors)")
            let set = answer.headerFields[values: .setCookie].compactMap { SetCookie(parsing: $0) }
            if let new = set.first(where: { $0.name == "session" }) { cookie = "session=\(new.value)" }
            return answer.text.firstMatch(of: #/id="visits">(\d+)</#).flatMap { Int($0.output.1) }
        }

        @Test("lead to a counter that counts, and that check finds nothing wrong with")
        func steps() throws {
            let host = try Self.host()
            #expect(try host.request("GET", "/").status == 500)
            #expect(host.errors.contains { $0.contains("session keygen") }, "\(host.errors)")
            let made = try run(host, "session", "keygen")
            #expect(made.status == .exited(0), "\(made.text)")
            let check = try run(host, "check")
            #expect(check.status == .exited(0) && !check.text.contains("warning"), "\(check.text)")
            var cookie: String?
            for count in 0..<3 { #expect(try visit(host, &cookie) == count) }
            for target in ["/nestbox.env", "/.htaccess", "/counter/counter.secret", "/../counter/counter.secret"] {
                #expect(try host.request("GET", target).status >= 400, "\(target)")
            }
        }

        @Test("replace the program while visitors use it, without one noticing")
        func newVersion() throws {
            let host = try Self.host()
            #expect(try run(host, "session", "keygen").status == .exited(0))
            var cookie: String?
            #expect(try visit(host, &cookie) == 0)
            let program = host.directory.path("public_html/Counter.cgi")
            for round in 1...10 {
                try StaticProgram.copy(to: "\(program).new")
                if OtherUser.isNeeded { chown("\(program).new", OtherUser.id, OtherUser.id) }
                #expect(try host.request("GET", "/Counter.cgi.new").status == 403)
                // A request is under way: its body is not all there.
                let slow = try host.connect()
                try slow.send(
                    raw: Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab".utf8), answering: "POST")
                #expect(rename("\(program).new", program) == 0)
                #expect(try visit(host, &cookie) == round)
                try slow.send(raw: Array("cd".utf8))
                #expect(try slow.readHead().status.code == 405)
            }
            #expect(try run(host, "check").status == .exited(0))
        }
    }
}
