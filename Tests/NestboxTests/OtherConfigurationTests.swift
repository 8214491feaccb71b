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
            ["systemd", "--program", "/srv/bin/birds"],
            [
                "ExecStart=/srv/bin/birds --listen unix:/run/nestbox/app.sock --socket-group www-data",
                "DynamicUser=yes",
                "RuntimeDirectory=nestbox", "TimeoutStopSec=40s", "LimitNOFILE=16384",
            ]
        ),
        (
            [
                "systemd", "--program=/srv/b", "--listen", "unix:/run/birds/a.sock", "--limits-connections=100",
                "--timeouts-grace", "5", "--user", "birds", "--socket-group", "web",
            ],
            [
                "ExecStart=/srv/b --listen unix:/run/birds/a.sock --limits-connections=100 --timeouts-grace 5 "
                    + "--socket-group web", "User=birds", "RuntimeDirectory=birds", "TimeoutStopSec=15s",
                "LimitNOFILE=1024", "SupplementaryGroups=web",
            ]
        ),
        (
            ["systemd", "--program", "/srv/a b", "--listen", "127.0.0.1:9000", "--session-salt", "50% $HOME \"x\""],
            ["ExecStart=\"/srv/a b\" --listen 127.0.0.1:9000 --session-salt \"50%% $$HOME \\\"x\\\"\""]
        ),
        (["systemd", "--listen", "unix:/srv/birds/a.sock"], ["ReadWritePaths=-/srv/birds"]),
        (
            ["systemd", "--session-file-directory", "/srv/sessions"], ["ReadWritePaths=-/srv/sessions"]
        ),
        (
            ["apache", "--listen", "127.0.0.1:9000", "--server-name", ".birds.example,a.example"],
            [
                "ServerName birds.example", "ServerAlias *.birds.example a.example",
                "ProxyPass \"/\" \"fcgi://127.0.0.1:9000/\" \\",
            ]
        ),
        (
            ["apache", "--base-path", "/my.app", "--name", "birds"],
            [
                "RedirectMatch 308 \"^/my\\.app$\" \"/my.app/\"",
                "ProxyPass \"/my.app/\" \"unix:/run/nestbox/app.sock|fcgi://birds/\" \\", "<Location \"/my.app/\">",
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
            ["apache", "--static", "/assets/=/srv/nowhere/a", "--files-sendfile", "/srv/b"],
            [
                "ProxyPass \"/assets/\" \"!\"", "Alias \"/assets/\" \"/srv/nowhere/a/\"", "XSendFile On",
                "XSendFilePath \"/srv/b\"",
            ]
        ),
        (["htaccess", "--program", "birds.fcgi"], ["RewriteRule \"^(.*)$\" \"birds.fcgi/$1\" [B=%?#,L]"]),
    ]

    @Test("say what the application is configured with", arguments: lines)
    func configured(line: [String], expected: [String]) throws {
        let found = Set(try text(line).split(separator: "\n").map { String($0[...].trimmingBlanks()) })
        for line in expected { #expect(found.contains(line), "\(line)") }
    }

    static let refused: [([String], String)] = [
        (["systemd", "--program", "birds"], "an absolute path"), (["systemd", "--user", "a b"], "--user"),
        (["systemd", "--program", "/a\nb"], "cannot stand"), (["systemd", "--session-salt", "a\nb"], "cannot stand"),
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
    }
}
