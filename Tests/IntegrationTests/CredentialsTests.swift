import Glibc
import NestboxTesting
import Testing

extension Integration {
    @Suite("secrets that systemd hands over", .enabled(if: geteuid() == 0))
    struct CredentialsTests {
        /// What `session doctor` says to another user of a file of root's that only this user's group can read.
        private func secrets(_ name: String, mode: mode_t = 0o440) throws -> String {
            let directory = try TemporaryDirectory()
            chmod(directory.path, 0o755)
            for folder in ["secrets", "secrets/below"] { mkdir(directory.path(folder), 0o755) }
            let file = try directory.write("a stork on the chimney, a swift below the eaves\n", to: name)
            try #require(chown(file, 0, OtherUser.id) == 0 && chmod(file, mode) == 0)
            try directory.write("", to: "log")
            try OtherUser.install("Counter", as: directory.path("Counter"))
            let child = try OtherUser.start(
                directory.path("Counter"), ["session", "doctor"],
                environment: [
                    "NESTBOX_SESSION_SECRET_FILE": file, "CREDENTIALS_DIRECTORY": directory.path("secrets"),
                ], stdout: .pipe, stderr: .file(directory.path("log")))
            let output = try child.output(timeout: .seconds(20))
            let text = String(decoding: output.stdout, as: UTF8.self)
            return try #require(
                text.split(separator: "\n").first { $0.contains(" secrets: ") }.map(String.init), "\(text)")
        }

        @Test("may belong to root, as they do in newer versions, where an access list names the user")
        func credential() throws {
            #expect(try secrets("secrets/counter").hasPrefix("ok "))
            #expect(try secrets("secrets/counter", mode: 0o444).contains("open to other users"))
            #expect(try secrets("secrets/counter", mode: 0o460).contains("open to other users"))
        }

        @Test("may do so nowhere else", arguments: ["counter", "secrets/below/counter", "secrets-not"])
        func elsewhere(name: String) throws {
            #expect(try secrets(name).contains("belongs to user 0"))
        }
    }
}
