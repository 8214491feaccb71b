import NestboxTesting
import Testing

@testable import Nestbox

@Suite("the command config nginx", .timeLimit(.minutes(1)))
struct NginxSiteTests {
    private func site(
        _ line: [String] = [], _ environment: [String: String] = [:], router: Router = Router()
    ) throws -> String {
        let run = try CommandRun(["config", "nginx"] + line, environment: environment, router: router) { _ in }
        if let error = run.error { throw error }
        return run.text
    }

    /// The directives, without comments and blanks.
    private func directives(_ text: String) -> [String] {
        text.split(separator: "\n").map { line in
            let line = line.split(separator: "#", omittingEmptySubsequences: false)[0]
            return String(line[...].trimmingBlanks())
        }.filter { !$0.isEmpty }
    }

    static let values: [([String], [String: String], [String])] = [
        (
            [], [:],
            [
                "server \(ProgramPath(path: CommandLine.programFile).socket);", "client_max_body_size 16m;",
                "keepalive_timeout 60s;",
            ]
        ),
        (["--listen", "unix:/run/a b.sock"], [:], ["server \"unix:/run/a b.sock\";"]),
        (["--listen", "127.0.0.1:9000,[::1]:9000"], [:], ["server 127.0.0.1:9000;"]),
        ([], ["NESTBOX_LISTEN": "[::1]:9000"], ["server [::1]:9000;"]),
        (["--server-name", "a.example, .b.example"], [:], ["server_name a.example .b.example;"]),
        (["--allowed-hosts", "a.example,::1"], [:], ["server_name a.example [::1];"]),
        (["--name", "birds"], [:], ["upstream birds {", "fastcgi_pass birds;"]),
        (["--limits-body", "1024"], [:], ["client_max_body_size 1k;"]),
        (["--limits-body", "1025"], [:], ["client_max_body_size 1025;"]),
        (["--limits-body", "0"], [:], ["client_max_body_size 1;"]),
        (["--limits-connections", "64"], [:], ["keepalive 4;"]),
        (["--limits-connections", "1"], [:], ["keepalive 1;"]),
        (["--timeouts-idle", "30"], [:], ["keepalive_timeout 15s;"]),
        (["--timeouts-idle", "1"], [:], ["keepalive_timeout 500ms;"]),
        (["--timeouts-handler", "30"], [:], ["fastcgi_read_timeout 60s;"]),
        (["--timeouts-handler", "300.5"], [:], ["fastcgi_read_timeout 311s;"]),
        (
            ["--base-path", "/my.app"], [:],
            [
                "location = /my.app {", "location ^~ /my.app/ {",
                "fastcgi_split_path_info \"(?s)^(/my\\.app)(/.*)$\";",
            ]
        ),
        (
            ["--files-accel-redirect", "/protected=/srv/my files"], [:],
            ["location ^~ /protected/ {", "internal;", "alias \"/srv/my files/\";"]
        ),
        (
            ["--static", "/assets/=/srv/nowhere/assets", "--base-path", "/app"], [:],
            [
                "location ^~ /assets/ {", "root /srv/nowhere/assets;", "try_files $nestbox_file @nestbox;",
                "location @nestbox {", "location ^~ /app/ {",
            ]
        ),
        (["--static", "/srv/nowhere"], [:], ["location / {", "root /srv/nowhere;", "location @nestbox {"]),
    ]

    @Test("says what the application is configured with", arguments: values)
    func configured(line: [String], environment: [String: String], expected: [String]) throws {
        let found = directives(try site(line, environment))
        for directive in expected { #expect(found.contains(directive), "\(directive)") }
    }

    @Test("lets nginx take the longest body that a route takes")
    func largestBody() throws {
        var router = Router()
        router.use(BodyLimitMiddleware(64 << 20))
        router.post("/") { _ in "" }
        #expect(directives(try site(router: router)).contains("client_max_body_size 64m;"))
    }

    @Test("marks what its reader has to look at, and only that")
    func yours() throws {
        #expect(try site().split(separator: "\n").count { $0.contains("# yours") } == 3)
        let line = ["--listen", "unix:/run/x.sock", "--server-name", "a.example"]
        #expect(try site(line).split(separator: "\n").count { $0.contains("# yours") } == 1)
    }

    @Test("takes a relative directory from where it is typed")
    func relative() throws {
        let directives = directives(try site(["--static", "nowhere/at/all"]))
        #expect(directives.contains("root \(CommandLine.workingDirectory)/nowhere/at/all;"))
    }

    static let refused: [([String], String)] = [
        (["--listen", "unix:/run/a\"b"], "--listen"), (["--listen", "unix:/run/a;b"], "--listen"),
        (["--listen", "unix:/run/a\nb"], "--listen"), (["--listen", "unix:/run/$x"], "--listen"),
        (["--base-path", "/a b"], "--base-path"), (["--base-path", "/a{b"], "--base-path"),
        (["--base-path", "//a"], "--base-path"), (["--server-name", "a b"], "is no host"),
        (["--server-name", "a;b"], "is no host"), (["--server-name", "a.example:8080"], "without ports"),
        (["--server-name", "."], "is no host"), (["--server-name", "[a.example]"], "is no host"),
        (["--server-name", "a..b"], "is no host"), (["--name", "a b"], "--name"), (["--name", ""], "--name"),
        (["--static", "x=/srv"], "--static: 'x'"), (["--static", "/a="], "write DIR or /assets/=DIR"),
        (["--static", "/a b/=/srv/x"], "--static"), (["--static", "/srv/{}"], "--static"),
        (["--static", CommandLine.programDirectory], "the program itself is there"),
        (["--files-accel-redirect", "/p/=/srv/x;y"], "--files-accel-redirect"),
        (["--files-accel-redirect", "/=/srv/x"], "would stand for two things"),
        (["--static", "/a/=/srv/x,/a/=/srv/y"], "would stand for two things"),
        (["--nonsense", "x"], "is no option"), (["nonsense"], "takes no 'nonsense'"),
    ]

    @Test("writes nothing that would mean something else in a configuration", arguments: refused)
    func refusals(line: [String], text: String) {
        let error = #expect(throws: StartError.self) { try site(line) }
        #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
    }

    @Test("does not mind what it does not say")
    func unused() throws {
        #expect(
            try site(["--files-sendfile", "/srv/a;b", "--listen", "127.0.0.1:9000"]).contains("server 127.0.0.1:9000;"))
    }

    @Test("is not printed by a program that is asked for help, or whose configuration is wrong")
    func wrong() throws {
        let run = try CommandRun(["config", "nginx", "--workers", "many"])
        #expect(run.status == nil && run.lines.isEmpty)
        #expect(run.error?.description.contains("--workers=many") == true)
        #expect(try CommandRun(["config"]).status == .usage)
        #expect(try CommandRun(["config", "nginx", "--help"]).text.contains("  --server-name "))
    }

    @Test("has the variables of the shipped file of variables")
    func variables() {
        let directives = directives(NginxText.variables)
        #expect(directives.count == 23)
        #expect(Set(directives).count == directives.count)
    }
}
