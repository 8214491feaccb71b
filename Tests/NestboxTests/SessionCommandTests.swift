import Nestbox
import NestboxTesting
import Testing

@testable import Nestbox

@Suite("the session commands", .timeLimit(.minutes(1)))
struct SessionCommandTests {
    static let secret = "an oak in the wind, a heron at dawn"

    @Test("say so when the application has no sessions", arguments: Command.session.map(\.words))
    func noSessions(words: [String]) throws {
        let line = words.last == "revoke" ? words + ["k"] : words
        let run = try CommandRun(line) { _ in }
        #expect(run.error?.description.hasPrefix("no session layer") == true)
        #expect(run.error?.isUsage == false)
        #expect(run.lines.isEmpty)
    }

    @Test("make another secret each time, fit for APP_SECRET_1 and alone on its line")
    func keygen() throws {
        let (one, other) = (try CommandRun(["session", "keygen"]), try CommandRun(["session", "keygen"]))
        #expect(one.status == .success)
        #expect(one.lines.count == 1)
        #expect(one.text.count == 64)
        #expect(one.text != other.text)
        #expect(one.notes.joined().contains("APP_SECRET_1"))
        let doctor = try CommandRun(["session", "doctor"], environment: ["APP_SECRET_1": one.text])
        #expect(doctor.status == .success, "\(doctor.text)")
    }

    @Test("make the file that is configured, and say what is next for another one")
    func keygenFile() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("key")
        let run = try CommandRun(["session", "keygen"], environment: ["NESTBOX_SESSION_SECRET_FILE": path])
        #expect(run.status == .success)
        let secret = try directory.read("key").dropLast()
        #expect(secret.count == 64)
        #expect(!run.text.contains(secret) && !run.notes.joined().contains(secret))
        #expect(try CommandRun(["session", "keygen", path]).error?.description.contains("already") == true)
        let other = try CommandRun(
            ["session", "keygen", directory.path("other")], environment: ["APP_SECRET_1": Self.secret])
        #expect(other.notes.joined().contains("NESTBOX_SESSION_SECRET_FILE=\(directory.path("other"))"))
        #expect(other.notes.joined().contains("APP_SECRET_<n> in the environment"))
        #expect(try CommandRun(["session", "keygen", ""]).error?.isUsage == true)
        #expect(try CommandRun(["session", "keygen", directory.path("no/key")]).error?.isUsage == false)
    }

    static let refused: [(line: [String], isUsage: Bool, text: String)] = [
        (["gc"], false, "nothing to sweep"), (["list"], false, "keeps no list"),
        (["revoke", "k"], false, "keeps no list"), (["revoke", "--user", "ada"], false, "keeps no list"),
        (["revoke"], true, "either a key"), (["revoke", "k", "--user", "ada"], true, "either a key"),
        (["revoke", ""], true, "either a key"), (["list", "--limit", "0"], true, "--limit=0"),
        (["list", "--limit", "many"], true, "--limit=many"), (["list", "--limit=9999999"], true, "--limit=9999999"),
        (["list", "--limit=99999999999999999999"], true, "--limit"),
        (["gc", "--session-store", "memory"], false, "in memory"),
        (["list", "--session-store=file", "--session-file-directory=/nowhere/at/all"], false, "not there"),
        (["list", "--session-store=file"], false, "NESTBOX_SESSION_FILE_DIRECTORY"),
    ]

    @Test("say why a store cannot do it", arguments: refused)
    func refusals(line: [String], isUsage: Bool, text: String) throws {
        let run = try CommandRun(["session"] + line, environment: ["APP_SECRET_1": Self.secret])
        let error = try #require(run.error)
        #expect(error.isUsage == isUsage)
        #expect(error.description.contains(text), "\(error)")
        #expect(!error.description.contains(Self.secret))
    }

    @Test("work with a secret and a configuration of the program's code")
    func code() throws {
        let doctor = try CommandRun(["session", "doctor"]) { $0.useSessions(secret: Self.secret) }
        #expect(doctor.status == .success)
        #expect(doctor.text.contains("the program's code"))
        let directory = try TemporaryDirectory()
        var sessions = SessionConfiguration()
        sessions.store = .file
        sessions.file.directory = directory.path("sessions")
        #expect(try CommandRun(["session", "gc"]) { $0.useSessions(sessions) }.error != nil)
        _ = try sessions.makeStore()
        let gc = try CommandRun(["session", "gc"]) { $0.useSessions(sessions) }
        #expect(gc.lines == ["0 sessions and remains looked at, 0 deleted"])
        #expect(try CommandRun(["session", "list"]) { $0.useSessions(sessions) }.notes == ["There are no sessions."])
    }

    @Test("work with a store of the application's own as far as it can, and say that it is one")
    func ownStore() throws {
        let directory = try TemporaryDirectory()
        var sessions = SessionConfiguration()
        sessions.store = .file
        sessions.file.directory = directory.path("sessions")
        let layer = try SessionMiddleware(sessions)
        #expect(try CommandRun(["session", "gc"]) { $0.useSessions(layer) }.status == .success)
        let doctor = try CommandRun(["session", "doctor"]) { $0.useSessions(layer) }
        #expect(doctor.status == .success)
        #expect(doctor.text.contains("session layer of its own"))
        let memory = try SessionMiddleware(SessionConfiguration(), store: MemorySessionStore())
        #expect(
            try CommandRun(["session", "list"]) { $0.useSessions(memory) }.error?.description.contains("memory") == true
        )
    }

    @Test("show names so that they cannot steer the terminal, and times in UTC")
    func display() {
        #expect("a\u{1B}[2Jb\u{202E}\n".printable == "a\\u{1b}[2Jb\\u{202e}\\u{a}")
        #expect("Zoë 彼女".printable == "Zoë 彼女")
        #expect(SessionList.time(1_709_251_199) == "2024-02-29T23:59:59Z")
        #expect(SessionList.time(0) == "1970-01-01T00:00:00Z")
        #expect(!SessionList.time(.max).isEmpty && !SessionList.time(.min).isEmpty)
    }

    @Test("list, end and sweep what a store holds")
    func administration() async throws {
        let directory = try TemporaryDirectory()
        var sessions = SessionConfiguration()
        sessions.store = .file
        sessions.file.directory = directory.path("sessions")
        let store = try sessions.makeStore()
        let now = SessionClock.system.now
        for user in ["ada", "ada", "bob", nil] {
            var record = SessionRecord(values: ["card": "4111"], createdAt: now, expiresAt: now + 100)
            record.user = user
            _ = try await store.create(record)
        }
        _ = try await store.create(SessionRecord(createdAt: now - 100, expiresAt: now - 50))

        let use: (inout Application) -> Void = { [sessions] in $0.useSessions(sessions) }
        let list = try CommandRun(["session", "list"], sessions: use)
        #expect(list.lines.count == 5)
        #expect(list.lines.first?.hasPrefix("KEY ") == true)
        #expect(!list.text.contains("card") && !list.text.contains("4111"))
        #expect(list.text.contains(SessionList.time(now + 100)))
        let limited = try CommandRun(["session", "list", "--limit", "2"], sessions: use)
        #expect(limited.lines.count == 3)
        #expect(limited.notes.joined().contains("more than these 2"))
        let bob = try CommandRun(["session", "list", "--user", "bob"], sessions: use)
        #expect(bob.lines.count == 2)
        let key = try #require(bob.lines.last?.split(separator: " ").first.map(String.init))
        #expect(try CommandRun(["session", "revoke", key], sessions: use).lines == ["1 session ended"])
        let again = try CommandRun(["session", "revoke", key], sessions: use)
        #expect(again.status == .problem)
        #expect(again.notes.joined().contains(key))
        #expect(try CommandRun(["session", "revoke", "../../etc"], sessions: use).status == .problem)
        let ada = try CommandRun(["session", "revoke", "--user=ada"], sessions: use)
        #expect(ada.lines == ["2 sessions of ada ended"])
        #expect(try CommandRun(["session", "revoke", "--user=ada"], sessions: use).status == .success)
        let gc = try CommandRun(["session", "gc"], sessions: use)
        #expect(gc.lines == ["2 sessions and remains looked at, 1 deleted"])
        #expect(try CommandRun(["session", "list"], sessions: use).lines.count == 2)
    }

    @Test("leave the sessions alone when they are started without the application's secret")
    func otherSecret() async throws {
        let directory = try TemporaryDirectory()
        let environment = [
            "NESTBOX_SESSION_STORE": "file", "NESTBOX_SESSION_FILE_DIRECTORY": directory.path("sessions"),
        ]
        let right = environment.merging(["APP_SECRET_1": Self.secret]) { $1 }
        var sessions = try SessionConfiguration(secret: Self.secret)
        sessions.store = .file
        sessions.file.directory = directory.path("sessions")
        let now = SessionClock.system.now
        let stored = try await sessions.makeStore().create(SessionRecord(createdAt: now, expiresAt: now + 100))
        for line in [["list"], ["gc"], ["revoke", stored.key ?? ""], ["doctor"]] {
            let run = try CommandRun(["session"] + line, environment: environment)
            #expect(run.status == .problem, "\(line)")
            let text = (run.lines + run.notes).joined()
            #expect(text.contains("cannot be read"), "\(text)")
        }
        #expect(try CommandRun(["session", "list"], environment: right).lines.count == 2)
    }
}
