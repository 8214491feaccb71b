import Glibc
import NestboxTesting
import Testing

@testable import Nestbox

@Suite("session doctor", .timeLimit(.minutes(1)))
struct SessionDoctorTests {
    static let secret = "an oak in the wind, a heron at dawn"

    private func examine(_ environment: [String: String], secret: String? = Self.secret) throws -> CommandRun {
        let run = try CommandRun(
            ["session", "doctor"],
            environment: environment.merging(secret.map { ["APP_SECRET_1": $0] } ?? [:]) { given, _ in given })
        #expect(!run.text.contains(Self.secret), "\(run.text)")
        for line in run.lines {
            #expect(["ok ", "warning ", "problem "].contains { line.hasPrefix($0) }, "\(line)")
            #expect(!line.contains("\n"))
        }
        return run
    }

    @Test("finds nothing wrong with a secret and the defaults")
    func fine() throws {
        let run = try examine([:])
        #expect(run.status == .success)
        #expect(run.lines.allSatisfy { $0.hasPrefix("ok ") }, "\(run.text)")
        #expect(run.notes == ["All is well."])
        for subject in ["store", "secrets", "cookie", "https", "limits", "revocation", "trial"] {
            #expect(run.text.contains(" \(subject): "), "\(subject)")
        }
    }

    /// Variables, and what is found; a problem makes the exit status 1.
    static let configurations: [(variables: [String: String], level: String, text: String)] = [
        (["APP_SECRET_1": "short"], "problem", "the shortest has 5 bytes"),
        (["APP_SECRET_1": "short", "NESTBOX_ENVIRONMENT": "development"], "warning", "the shortest has 5 bytes"),
        (["APP_SECRET_1": "short", "NESTBOX_SESSION_ALLOW_WEAK_SECRET": "true"], "warning", "5 bytes"),
        (["APP_SECRET_2": "second"], "problem", "the shortest has 6 bytes"),
        (["APP_SECRET_2": Self.secret + "2"], "ok", "the highest number, signs"),
        (["APP_SECRET_2": Self.secret + "2"], "ok", "gorilla, Rack, Express and Django the first one signs"),
        (
            ["NESTBOX_SESSION_COOKIE_SAME_SITE": "none", "NESTBOX_SESSION_COOKIE_SECURE": "false"], "problem",
            "cookie.sameSite=none"
        ),
        (["NESTBOX_SESSION_COOKIE_SAME_SITE": "none"], "warning", "SameSite=None"),
        (["NESTBOX_SESSION_COOKIE_SAME_SITE": "off"], "warning", "SameSite is off"),
        (["NESTBOX_SESSION_COOKIE_SECURE": "false"], "warning", "never Secure"),
        (["NESTBOX_SESSION_COOKIE_SECURE": "true"], "ok", "over HTTPS alone"),
        (["NESTBOX_TRUSTED_PROXIES": "10.0.0.0/8"], "ok", "X-Forwarded-Proto counts from trustedProxies"),
        (["NESTBOX_SESSION_COOKIE_HTTP_ONLY": "false"], "warning", "scripts of the page"),
        (["NESTBOX_SESSION_COOKIE_DOMAIN": "birds.test"], "warning", "every host below birds.test"),
        (
            ["NESTBOX_SESSION_COOKIE_PREFIX": "host", "NESTBOX_SESSION_COOKIE_PATH": "/app"], "problem",
            "cookie.prefix=host"
        ),
        (["NESTBOX_SESSION_COOKIE_PREFIX": "auto"], "ok", "prefix auto"),
        (["NESTBOX_SESSION_MAX_BYTES": "5000"], "problem", "clients drop"),
        (["NESTBOX_SESSION_LOCKING": "exclusive"], "problem", "cannot be locked"),
        (["NESTBOX_SESSION_MAX_AGE": "none"], "warning", "live for ever"),
        (["NESTBOX_SESSION_MAX_AGE": "none", "NESTBOX_SESSION_IDLE_TIMEOUT": "60"], "ok", "after 60 s without use"),
        (
            ["NESTBOX_SESSION_IDLE_TIMEOUT": "60", "NESTBOX_SESSION_TOUCH_INTERVAL": "60"], "problem",
            "sessions in use would expire"
        ),
        (["NESTBOX_SESSION_PROTECTION": "signed"], "ok", "visitors can read"),
        (["NESTBOX_SESSION_STORE": "memory"], "warning", "for tests"),
        (["NESTBOX_SESSION_STORE": "file"], "problem", "NESTBOX_SESSION_FILE_DIRECTORY"),
    ]

    @Test("says what is wrong with the settings", arguments: configurations)
    func settings(variables: [String: String], level: String, text: String) throws {
        let run = try examine(variables)
        #expect(run.lines.contains { $0.hasPrefix(level) && $0.contains(text) }, "\(run.text)")
        #expect(run.status == (level == "problem" ? .problem : .success))
    }

    @Test("says what no secret means for each store")
    func noSecret() throws {
        #expect(try examine([:], secret: nil).status == .problem)
        let development = try examine(["NESTBOX_ENVIRONMENT": "development"], secret: nil)
        #expect(development.status == .success)
        #expect(development.text.contains("a random one ends all sessions"))
        let directory = try TemporaryDirectory()
        let files = ["NESTBOX_SESSION_STORE": "file", "NESTBOX_SESSION_FILE_DIRECTORY": directory.path]
        #expect(try examine(files, secret: nil).text.contains("can make up sessions"))
        let signed = try examine(files.merging(["NESTBOX_SESSION_FILE_SIGN": "true"]) { $1 }, secret: nil)
        #expect(signed.status == .problem)
        #expect(try examine(["NESTBOX_SESSION_STORE": "memory"], secret: nil).status == .success)
    }

    private func files(_ directory: String) throws -> CommandRun {
        try examine(["NESTBOX_SESSION_STORE": "file", "NESTBOX_SESSION_FILE_DIRECTORY": directory])
    }

    @Test("tries a directory that is there, and leaves nothing but the marker and the layout")
    func directory() throws {
        let directory = try TemporaryDirectory()
        let run = try files(directory.path)
        #expect(run.status == .success, "\(run.text)")
        #expect(run.text.contains("not used before"))
        #expect(run.text.contains("a session was begun, changed, read and ended"))
        #expect(run.text.contains("MiB"))
        #expect(try files(directory.path + "/").text.contains("marked as ours"))
        #expect(
            try CommandRun(
                ["session", "list"],
                environment: [
                    "NESTBOX_SESSION_STORE": "file", "NESTBOX_SESSION_FILE_DIRECTORY": directory.path,
                    "APP_SECRET_1": Self.secret,
                ]
            ).lines.isEmpty)
    }

    @Test("finds what is wrong with a directory, and makes none")
    func wrongDirectories() throws {
        let directory = try TemporaryDirectory()
        let early = try files(directory.path("new"))
        #expect(early.status == .success)
        #expect(early.text.contains("is not there yet"))
        #expect(!early.text.contains("problems above"))
        #expect(access(directory.path("new"), F_OK) != 0)

        let missing = try files(directory.path("no/sessions"))
        #expect(missing.status == .problem)
        #expect(missing.text.contains("nor is \(directory.path("no")). Run install -d -m 700"))

        mkdir(directory.path("open"), 0o700)
        chmod(directory.path("open"), 0o770)
        let open = try files(directory.path("open"))
        #expect(open.status == .problem)
        #expect(open.text.contains("written by others (770). Run chmod 700"))

        chmod(directory.path("open"), 0o755)
        let listed = try files(directory.path("open"))
        #expect(listed.status == .success)
        #expect(listed.text.contains("listed by others (755)"))

        symlink(directory.path("open"), directory.path("link"))
        #expect(try files(directory.path("link")).text.contains("a symbolic link"))
        let file = try directory.write("", to: "file")
        #expect(try files(file).text.contains("no directory"))
        #expect(try files(directory.path("file/sessions")).status == .problem)

        mkdir(directory.path("used"), 0o700)
        try directory.write("x", to: "used/photo.jpg")
        let used = try files(directory.path("used"))
        #expect(used.status == .problem)
        #expect(used.text.contains("has other things in it"))

        mkdir(directory.path("public_html"), 0o700)
        #expect(try files(directory.path("public_html")).text.contains("no .htaccess keeps it from visitors"))
    }

    @Test("finds a directory and a file of secrets of another user", .enabled(if: geteuid() == 0))
    func owner() throws {
        let directory = try TemporaryDirectory()
        mkdir(directory.path("sessions"), 0o700)
        chown(directory.path("sessions"), 65_534, 65_534)
        let run = try files(directory.path("sessions"))
        #expect(run.status == .problem)
        #expect(run.text.contains("belongs to user 65534, and this runs as user 0"))
        let gc = try CommandRun(
            ["session", "gc"],
            environment: [
                "NESTBOX_SESSION_STORE": "file", "NESTBOX_SESSION_FILE_DIRECTORY": directory.path("sessions"),
            ])
        #expect(gc.error?.description.contains("sudo -u") == true)

        let file = try directory.write(Self.secret + "\n", to: "key")
        chown(file, 65_534, 65_534)
        let secret = try examine(["NESTBOX_SESSION_SECRET_FILE": file], secret: nil)
        #expect(secret.status == .problem)
        #expect(secret.text.contains("belongs to user 65534"))
    }

    @Test("finds what is wrong with a file of secrets")
    func secretFile() throws {
        let directory = try TemporaryDirectory()
        func examine(_ name: String) throws -> CommandRun {
            try self.examine(["NESTBOX_SESSION_SECRET_FILE": directory.path(name)], secret: nil)
        }
        try directory.write("# old\n\(Self.secret)\n\(Self.secret)2\n", to: "two")
        let two = try examine("two")
        #expect(two.status == .success)
        #expect(two.text.contains("secrets: 2, from \(directory.path("two"))"))
        #expect(two.text.contains("the last line, signs"))

        chmod(directory.path("two"), 0o644)
        #expect(try examine("two").status == .problem)
        #expect(try examine("two").text.contains("open to other users (mode 644): chmod 600"))
        try directory.write("hunter2\n", to: "weak")
        #expect(try examine("weak").text.contains("the shortest has 7 bytes"))
        #expect(try !examine("weak").text.contains("hunter2"))
        try directory.write("\n", to: "empty")
        #expect(try examine("empty").status == .problem)
        #expect(try examine("none").text.contains("session keygen"))
        symlink(directory.path("weak"), directory.path("link"))
        #expect(try examine("link").text.contains("symbolic link"))
    }
}
