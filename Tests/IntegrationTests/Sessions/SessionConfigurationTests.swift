import NestboxTesting
import Testing

extension Integration.SessionsTests {
    @Suite("a configuration of sessions that cannot be")
    struct SessionConfigurationTests {
        /// What is configured, and what the message must say.
        struct Mistake: CustomTestStringConvertible, Sendable {
            var testDescription: String
            var variables: [String: String]
            var hasSecret = true
            var words: [String]

            init(_ name: String, _ variables: [String: String], hasSecret: Bool = true, says words: String...) {
                (testDescription, self.variables, self.hasSecret, self.words) = (name, variables, hasSecret, words)
            }
        }

        private static let weak = "weak-secret-3f9a"
        private static let other = "another-secret-of-more-than-thirty-two-bytes"

        static let mistakes: [Mistake] = [
            .init("an unknown key", ["NESTBOX_SESSION_COLOUR": "red"], says: "NESTBOX_SESSION_COLOUR"),
            .init("maxAge=0", ["NESTBOX_SESSION_MAX_AGE": "0"], says: "NESTBOX_SESSION_MAX_AGE=0", "from 1 to"),
            .init(
                "sameSite=none without Secure",
                ["NESTBOX_SESSION_COOKIE_SAME_SITE": "none", "NESTBOX_SESSION_COOKIE_SECURE": "false"],
                says: "session.cookie.sameSite=none", "set cookie.secure"),
            .init(
                "sameSite=please", ["NESTBOX_SESSION_COOKIE_SAME_SITE": "please"],
                says: "NESTBOX_SESSION_COOKIE_SAME_SITE=please", "strict, lax, none or off"),
            .init(
                "prefix host with a path",
                ["NESTBOX_SESSION_COOKIE_PREFIX": "host", "NESTBOX_SESSION_COOKIE_PATH": "/app"],
                says: "session.cookie.prefix=host", "the path /"),
            .init(
                "files without a directory", ["NESTBOX_SESSION_STORE": "file"],
                says: "session.file.directory", "NESTBOX_SESSION_FILE_DIRECTORY"),
            .init(
                "files in a directory that cannot be",
                ["NESTBOX_SESSION_STORE": "file", "NESTBOX_SESSION_FILE_DIRECTORY": "/dev/null/sessions"],
                says: "/dev/null/sessions"),
            .init("cookies without a secret", [:], hasSecret: false, says: "session.secret", "APP_SECRET_1", "keygen"),
            .init(
                "secrets in two places", ["NESTBOX_SESSION_SECRET": other], says: "more than one place",
                "session.secret", "APP_SECRET_<n>", "Keep one"),
            .init(
                "two secrets of one number", ["APP_SECRET_01": other], says: "APP_SECRET_1", "APP_SECRET_01",
                "same number"),
            .init(
                "store=redis", ["NESTBOX_SESSION_STORE": "redis"], says: "NESTBOX_SESSION_STORE=redis", "cookie",
                "file", "memory"),
            .init(
                "a weak secret", ["APP_SECRET_1": weak], hasSecret: false, says: "session.secret", "16 bytes", "32",
                "keygen"),
            .init(
                "a locked cookie", ["NESTBOX_SESSION_LOCKING": "exclusive"], says: "session.locking=exclusive",
                "session.store=file"),
            .init(
                "a cookie that clients would drop", ["NESTBOX_SESSION_MAX_BYTES": "5000"],
                says: "session.maxBytes=5000", "4096"),
            .init(
                "a name that is none", ["NESTBOX_SESSION_COOKIE_NAME": "a b"], says: "session.cookie.name=a b"),
        ]

        private func environment(_ mistake: Mistake) -> [String: String] {
            let secret = mistake.hasSecret ? ["APP_SECRET_1": SessionSite.secret] : [:]
            return mistake.variables.merging(secret) { given, _ in given }
        }

        private func expect(_ text: String, says mistake: Mistake) {
            for word in mistake.words { #expect(text.contains(word), "\(word): \(text)") }
            for secret in [Self.weak, Self.other, SessionSite.secret] {
                #expect(!text.contains(secret), "\(text)")
            }
            #expect(text.split(separator: "\n").count == 1, "\(text)")
        }

        @Test("keeps a FastCGI program from starting, and says what to do", arguments: mistakes)
        func fastCGI(_ mistake: Mistake) throws {
            let directory = try TemporaryDirectory()
            let child = try ChildProcess(
                ExampleProgram.path("Notebook"), ["--listen", "\(directory.socket())"],
                environment: environment(mistake))
            let output = try child.output()
            #expect(output.status == .exited(2))
            expect(String(decoding: output.stderr, as: UTF8.self), says: mistake)
            #expect(output.stdout.isEmpty)
            #expect(File.names(in: directory.path).isEmpty)
        }

        @Test("is a response with status 500 of a CGI program, which does not tell the cause", arguments: mistakes)
        func cgi(_ mistake: Mistake) throws {
            let child = try ChildProcess(
                ExampleProgram.path("Notebook"),
                environment: Integration.CGITests.environment(adding: environment(mistake)))
            let output = try child.output()
            let response = try CGIResponse(parsing: output.stdout)
            #expect(response.status == 500)
            #expect(!response.text.lowercased().contains("session"))
            for (name, value) in mistake.variables {
                #expect(!response.text.contains(name) && !response.text.contains(value))
            }
            expect(String(decoding: output.stderr, as: UTF8.self), says: mistake)
            #expect(output.status == .exited(1))
        }
    }
}
