import Glibc
import NestboxTesting
import Testing

@testable import Nestbox

@Suite("session keygen", .timeLimit(.minutes(1)))
struct SessionKeygenTests {
    private func variables(_ directory: TemporaryDirectory, _ folder: String = "data") -> [String: String] {
        [
            "NESTBOX_SESSION_STORE": "file", "NESTBOX_SESSION_SECRET_FILE": directory.path("\(folder)/counter.secret"),
            "NESTBOX_SESSION_FILE_DIRECTORY": directory.path("\(folder)/sessions"),
        ]
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test("makes the secret and the directory that are configured, for their owner alone, and says so")
    func installation() throws {
        let directory = try TemporaryDirectory()
        let environment = variables(directory)
        let run = try CommandRun(["session", "keygen"], environment: environment)
        #expect(run.status == .success, "\(run.error?.description ?? "")")
        #expect(mode(directory.path("data")) == 0o700)
        #expect(mode(directory.path("data/counter.secret")) == 0o600)
        #expect(mode(directory.path("data/sessions")) == 0o700)
        #expect(run.text.contains("data/counter.secret holds a new secret"))
        #expect(run.notes.joined().contains("data/sessions is made for the sessions"))
        let doctor = try CommandRun(["session", "doctor"], environment: environment)
        #expect(doctor.status == .success, "\(doctor.text)")
        #expect(doctor.text.contains("marked as ours"))
        let secret = try directory.read("data/counter.secret")
        let again = try CommandRun(["session", "keygen"], environment: environment)
        #expect(again.error?.description.contains("is there already") == true)
        #expect(try directory.read("data/counter.secret") == secret)
    }

    @Test("names the variable that is configured for the secret")
    func prefix() throws {
        let run = try CommandRun(["session", "keygen"], environment: ["NESTBOX_SESSION_SECRET_PREFIX": "BIRDS"])
        #expect(run.notes.joined().contains("set BIRDS_1 to this") && run.notes.joined().contains("BIRDS_2"))
        #expect(!run.notes.joined().contains("APP_SECRET"))
    }

    @Test("makes the directory beside a secret that is there, and leaves the secret alone")
    func directoryLater() throws {
        let directory = try TemporaryDirectory()
        var environment = variables(directory)
        environment["NESTBOX_SESSION_STORE"] = "cookie"
        #expect(try CommandRun(["session", "keygen"], environment: environment).status == .success)
        #expect(mode(directory.path("data/sessions")) == 0)
        let secret = try directory.read("data/counter.secret")
        environment["NESTBOX_SESSION_REVOCATION"] = "file"
        let run = try CommandRun(["session", "keygen"], environment: environment)
        #expect(run.status == .success)
        #expect(run.notes.joined().contains("stays as it is"))
        #expect(mode(directory.path("data/sessions")) == 0o700)
        #expect(try directory.read("data/counter.secret") == secret)
    }

    @Test("makes the directory where the secret is to be in the environment")
    func environmentSecret() throws {
        let directory = try TemporaryDirectory()
        var environment = variables(directory)
        environment["NESTBOX_SESSION_SECRET_FILE"] = nil
        let run = try CommandRun(["session", "keygen"], environment: environment)
        #expect(run.lines.count == 1 && run.text.count == 64)
        #expect(mode(directory.path("data/sessions")) == 0o700)
    }

    @Test("makes nothing when it does not know the directory, or is not let")
    func refused() throws {
        let directory = try TemporaryDirectory()
        var environment = variables(directory)
        environment["NESTBOX_SESSION_FILE_DIRECTORY"] = nil
        let run = try CommandRun(["session", "keygen"], environment: environment)
        #expect(run.error?.description.contains("NESTBOX_SESSION_FILE_DIRECTORY") == true)
        #expect(mode(directory.path("data")) == 0)
        try directory.write("", to: "file")
        let blocked = try CommandRun(["session", "keygen"], environment: variables(directory, "file"))
        #expect(blocked.error?.isUsage == false)
        #expect(blocked.lines.isEmpty)
    }

    @Test("keeps visitors out of what it makes where a web server shows files")
    func webRoot() throws {
        let directory = try TemporaryDirectory()
        mkdir(directory.path("public_html"), 0o755)
        let environment = variables(directory, "public_html/data")
        let run = try CommandRun(["session", "keygen"], environment: environment)
        #expect(run.status == .success, "\(run.error?.description ?? "")")
        #expect(try directory.read("public_html/data/.htaccess") == "Require all denied\n")
        #expect(run.notes.joined().contains("keeps visitors out"))
        let doctor = try CommandRun(["session", "doctor"], environment: environment)
        #expect(doctor.status == .success, "\(doctor.text)")
        #expect(doctor.text.contains(".htaccess keeps it from visitors"))
        unlink(directory.path("public_html/data/.htaccess"))
        let open = try CommandRun(["session", "doctor"], environment: environment)
        #expect(open.status == .problem)
        #expect(open.text.contains("counter.secret is below "))
    }
}
