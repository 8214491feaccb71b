import NestboxTesting
import Testing

@testable import Nestbox

@Suite("the commands config systemd, apache and htaccess", .timeLimit(.minutes(1)))
struct OtherConfigurationTests {
    private func text(_ line: [String], router: Router = Router()) throws -> String {
        let run = try CommandRun(["config"] + line, router: router) { _ in }
        if let error = run.error { throw error }
        return run.text
    }

    static let lines: [([String], [String])] = [
        (
            ["systemd", "--program", "/srv/bin/Birds.cgi"],
            [
                "ExecStart=/srv/bin/Birds.cgi --listen unix:/run/birds/app.sock --socket-group www-data",
                "DynamicUser=yes", "RuntimeDirectory=birds", "StateDirectory=birds", "TimeoutStopSec=40s",
                "TimeoutStartSec=60s", "LimitNOFILE=16384", "EnvironmentFile=-/etc/nestbox/birds.env",
                "Description=Birds.cgi, a Nestbox application",
            ]
        ),
        (
            [
                "systemd", "--program=/srv/b", "--listen", "unix:/run/birds/a.sock", "--limits-connections=100",
                "--timeouts-grace", "5", "--timeouts-start", "90", "--user", "birds", "--socket-group", "web",
            ],
            [
                "ExecStart=/srv/b --listen unix:/run/birds/a.sock --limits-connections=100 --timeouts-grace 5 "
                    + "--timeouts-start 90 --socket-group web", "User=birds", "RuntimeDirectory=birds",
                "StateDirectory=b",
                "TimeoutStopSec=15s", "TimeoutStartSec=120s", "LimitNOFILE=1024", "SupplementaryGroups=web",
            ]
        ),
        (
            ["systemd", "--program", "/srv/a b", "--listen", "127.0.0.1:9000", "--session-salt", "50% $HOME \"x\""],
            [
                "ExecStart=\"/srv/a b\" --listen 127.0.0.1:9000 --session-salt \"50%% $$HOME \\\"x\\\"\"",
                "RuntimeDirectory=ab",
            ]
        ),
        (["systemd", "--listen", "unix:/srv/my birds/a.sock", "--user", "ada"], ["ReadWritePaths=\"-/srv/my birds\""]),
        (
            [
                "systemd", "--listen",
                "unix:/run/birds/a.sock,127.0.0.1:9000,unix:/run/web/sub/b.sock,unix:/run/birds/c.sock",
            ],
            ["RuntimeDirectory=birds web/sub"]
        ),
        (
            [
                "systemd", "--program", "/srv/b", "--session-file-directory", "/var/lib/b/sessions",
                "--forms-directory", "/var/lib/b",
            ],
            ["DynamicUser=yes"]
        ),
        (
            [
                "systemd", "--session-file-directory", "/srv/sessions", "--forms-directory", "/srv/forms", "--user",
                "ada",
            ],
            ["ReadWritePaths=-/srv/sessions", "ReadWritePaths=-/srv/forms"]
        ),
        (
            ["apache", "--listen", "127.0.0.1:9000", "--server-name", ".birds.example,a.example"],
            [
                "ServerName birds.example", "ServerAlias *.birds.example a.example",
                "ProxyPass \"/\" \"fcgi://127.0.0.1:9000/\" \\", "TraceEnable Off",
            ]
        ),
        (["apache", "--server-name", "*.b.example,::1"], ["ServerName [::1]", "ServerAlias *.b.example"]),
        (
            ["apache", "--base-path", "/my.app", "--name", "birds", "--listen", "unix:/run/b/a.sock"],
            [
                "RedirectMatch 308 \"^/my\\.app$\" \"/my.app/\"",
                "ProxyPass \"/my.app/\" \"unix:/run/b/a.sock|fcgi://birds/\" \\", "<Location \"/my.app/\">",
                "ProxyFCGISetEnvIf \"true\" SCRIPT_NAME \"/my.app\"",
            ]
        ),
        (["apache", "--limits-body", "0"], ["LimitRequestBody 1"]),
        (["apache", "--limits-body", "4294967296"], ["LimitRequestBody 0"]),
        (
            ["apache", "--timeouts-idle", "1", "--timeouts-handler", "300"],
            ["enablereuse=off retry=0 flushpackets=on connectiontimeout=5 timeout=311"]
        ),
        (
            ["apache", "--limits-connections", "500"],
            ["enablereuse=off retry=0 flushpackets=on connectiontimeout=5 timeout=60"]
        ),
        (
            ["apache", "--static", "/assets/=/srv/nowhere/a", "--files-sendfile", "/srv/b"],
            [
                "ProxyPass \"/assets/\" \"!\"", "Alias \"/assets/\" \"/srv/nowhere/a/\"", "XSendFile On",
                "XSendFilePath \"/srv/b\"",
            ]
        ),
        (["htaccess", "--program", "birds.fcgi"], ["RewriteRule \"^(.*)$\" \"birds.fcgi/$1\" [B=%?#,L]"]),
        (["htaccess", "--program", "birds.fcgi", "--base-path", "/a b"], ["RewriteEngine On"]),
    ]

    @Test("say what the application is configured with", arguments: lines)
    func configured(line: [String], expected: [String]) throws {
        let found = Set(try text(line).split(separator: "\n").map { String($0[...].trimmingBlanks()) })
        for line in expected { #expect(found.contains(line), "\(line)") }
    }

    static let refused: [([String], String)] = [
        (["systemd", "--program", "birds"], "an absolute path"), (["systemd", "--user", "a b"], "--user"),
        (["systemd", "--program", "/a\nb"], "cannot stand"), (["systemd", "--session-salt", "a\nb"], "cannot stand"),
        (
            ["systemd", "--program", "/srv/b", "--session-secret", "hunter2"],
            "NESTBOX_SESSION_SECRET=… to /etc/nestbox/b.env"
        ),
        (["systemd", "--program", "/srv/b", "--session-secret=hunter2"], "everyone can read"),
        (["systemd", "--session-file-directory", "/srv/x"], "--user"),
        (["systemd", "--forms-directory", "/srv/x"], "--user"),
        (["systemd", "--listen", "unix:/srv/x/a.sock"], "--user"),
        (["systemd", "--listen", "unix:/run/a b/x"], "without blanks"),
        (["systemd", "--socket-group", "%i"], "--socket-group"),
        (["systemd", "--session-file-directory", "/srv/%h", "--user", "a"], "cannot stand"),
        (["apache", "--server-name", "example.org:8080"], "without ports"),
        (["apache", "--server-name", "*.example.org"], "without an asterisk"),
        (["apache", "--static", "/a/=/srv/[ab]"], "a pattern"),
        (["apache", "--files-sendfile", "/srv/a;b"], "--files-sendfile"),
        (["apache", "--static", "/srv/nowhere"], "a place of their own"),
        (["apache", "--files-accel-redirect", "/p/=/srv/p"], "is for nginx"),
        (["htaccess", "--program", "birds"], "end in .cgi or .fcgi"),
        (["htaccess", "--program", "a b.cgi"], "end in .cgi or .fcgi"),
        (["htaccess", "--program", ".cgi"], "end in .cgi or .fcgi"),
    ]

    @Test("write nothing that would mean something else", arguments: refused)
    func refusals(line: [String], expected: String) {
        let error = #expect(throws: StartError.self) { try text(line) }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("hunter2") != true)
    }

    @Test("put the longest place first, as Apache takes the first one that fits")
    func order() throws {
        let line = ["--base-path", "/a/b", "--static", "/=/srv/nowhere/x,/a/b/c/=/srv/nowhere/y,/a/=/srv/nowhere/z"]
        let places = try text(["apache"] + line).matches(of: #/ProxyPass "([^"]*)"/#).map { String($0.output.1) }
        #expect(places == ["/a/b/c/", "/a/b/", "/a/", "/"])
    }

    @Test("take the socket and its group from wherever they are configured")
    func environment() throws {
        let variables = ["NESTBOX_LISTEN": "unix:/run/web/a.sock,127.0.0.1:9000", "NESTBOX_SOCKET_GROUP": "web"]
        let run = try CommandRun(["config", "systemd", "--program", "/srv/b"], environment: variables) { _ in }
        for line in [
            "ExecStart=/srv/b --listen unix:/run/web/a.sock,127.0.0.1:9000 --socket-group web",
            "SupplementaryGroups=web",
            "RuntimeDirectory=web",
        ] { #expect(run.text.contains("\n\(line)\n"), "\(run.text)") }
    }
}
