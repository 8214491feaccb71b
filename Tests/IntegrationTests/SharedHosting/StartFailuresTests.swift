import Glibc
import NestboxTesting
import Testing

extension Integration.SharedHosting {
    @Suite("an installation that is wrong")
    struct StartFailuresTests {
        /// What is wrong, and what the log says of it.
        static let mistakes: [(settings: String, log: String)] = [
            ("NESTBOX_WROKERS=4\n", "NESTBOX_WROKERS is no key"),
            ("NESTBOX_WORKERS=none\n", "NESTBOX_WORKERS=none in "),
            ("nonsense hunter2\n", "nestbox.env, line 1"),
            ("", "keygen"),
            ("NESTBOX_SESSION_SECRET=hunter2\n", "7 bytes"),
            ("NESTBOX_SESSION_SECRET_FILE=../data/none\n", "data/none"),
            (
                "NESTBOX_SESSION_STORE=file\nNESTBOX_SESSION_FILE_DIRECTORY=../sessions\n",
                "/sessions: Permission denied"
            ),
        ]

        @Test("answers with 500, says why in the log and nothing of it to visitors", arguments: mistakes)
        func production(settings: String, log: String) throws {
            let account = try HostedAccount(settings)
            let answer = try account.request()
            #expect(answer.response.status == 500)
            #expect(answer.response.text == "The application cannot start.\n")
            #expect(answer.log.contains(log), "\(answer.log)")
            #expect(!answer.log.contains("hunter2"))
            #expect(answer.status == .exited(1))
        }

        @Test("shows the cause with environment=development in nestbox.env, but no secret", arguments: mistakes)
        func development(settings: String, log: String) throws {
            // Development takes weak secrets, and none.
            guard !settings.isEmpty, !settings.contains("SECRET=") else { return }
            let account = try HostedAccount("\(settings)NESTBOX_ENVIRONMENT=development\n")
            let answer = try account.request()
            #expect(answer.response.status == 500)
            #expect(answer.response.text.contains(log), "\(answer.response.text)")
            #expect(!answer.response.text.contains("hunter2"))
        }

        @Test("is named by check, with status 1, beside what is right", arguments: mistakes)
        func check(settings: String, log: String) throws {
            let check = try HostedAccount(settings).command("check")
            #expect(check.status == .exited(1), "\(check.text)")
            #expect(check.text.contains("problem  "), "\(check.text)")
            #expect(check.text.contains("ok       file: static"), "\(check.text)")
            #expect(!check.text.contains("hunter2"))
        }

        @Test("is one when nestbox.env cannot be read", .enabled(if: geteuid() == 0))
        func unreadable() throws {
            let account = try HostedAccount("NESTBOX_ENVIRONMENT=development\n")
            chown(account.settingsFile, 0, 0)
            chmod(account.settingsFile, 0o600)
            let answer = try account.request()
            #expect(answer.response.status == 500)
            // What cannot be read allows nothing.
            #expect(answer.response.text == "The application cannot start.\n")
            #expect(answer.log.contains("nestbox.env cannot be read: Permission denied. It must belong to"))
            let check = try account.command("check")
            #expect(check.text.contains("problem  configuration: ") && check.status == .exited(1), "\(check.text)")
        }

        @Test("is one when the secret is open to others, or not the user's own")
        func secret() throws {
            let account = try HostedAccount("NESTBOX_SESSION_SECRET_FILE=../data/secret\n")
            #expect(try account.command("session", "keygen").status == .exited(0))
            chmod(account.home.path("data/secret"), 0o644)
            #expect(try account.request().log.contains("chmod 600"))
            #expect(try account.command("check").text.contains("problem  secrets: "))
        }

        @Test("is one when the program's name says that the web server adds nothing to its output")
        func unparsed() throws {
            let account = try HostedAccount("", name: "nph-Counter.cgi")
            let output = try account.start(environment: HostedAccount.variables(nil)).output()
            #expect(String(decoding: output.stdout, as: UTF8.self).hasPrefix("HTTP/1.0 500 Internal Server Error\r\n"))
            #expect(String(decoding: output.stderr, as: UTF8.self).contains("another name"))
            #expect(try account.command("check").text.contains("problem  name: nph-Counter.cgi"))
        }

        @Test("is one when others can write where the program is")
        func modes() throws {
            let account = try HostedAccount("APP_SECRET_1=\(String(repeating: "x", count: 40))\n")
            #expect(try account.request().response.status == 200)
            chmod(account.program, 0o775)
            chmod(account.home.path("public_html"), 0o777)
            chmod(account.settingsFile, 0o644)
            let check = try account.command("check")
            #expect(check.status == .exited(1))
            for subject in ["mode: 775", "folder: ", "nestbox.env: "] {
                #expect(check.text.contains("problem  \(subject)"), "\(check.text)")
            }
            #expect(check.text.contains("renew the secret"))
        }
    }
}
