import Glibc
import Logging
import NestboxSessions
import NestboxTesting
import Testing

@Suite("lists of logouts in files", .timeLimit(.minutes(1)))
struct SessionRevocationFileTests {
    private let directory: TemporaryDirectory
    private let clock = TestClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func store() throws -> RevocableCookieSessionStore {
        let files = try FileSessionStore(
            directory: directory.path("sessions"), clock: clock.sessionClock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return RevocableCookieSessionStore(
            try .testing(), list: FileRevocationList(files), clock: clock.sessionClock)
    }

    private func create(_ user: String?, in store: RevocableCookieSessionStore) async throws -> StoredSession {
        var record = SessionRecord(values: ["secret": "value"], createdAt: clock.now)
        record.user = user
        return try await store.create(record)
    }

    @Test("several processes see the same logins and logouts")
    func processes() async throws {
        let (first, second) = (try store(), try store())
        let ada = try await create("ada", in: first)
        let nobody = try await create(nil, in: first)
        #expect(try await second.list(user: "ada", limit: 9) == first.list(user: "ada", limit: 9))
        #expect(try await second.list(user: nil, limit: 9).map(\.key) == [ada.key])
        #expect(try await second.load(ada.token).session?.key == ada.key)
        try await second.delete(nobody)
        #expect(try await first.load(nobody.token) == .absent)
        let moved = try #require(try await second.rotate(ada, leaving: .retires(until: clock.now + 10)) { _ in })
        #expect(try await first.load(ada.token) == .retired)
        #expect(try await first.update(ada) { _ in } == nil)
        #expect(try await first.revokeAll(user: "ada", except: nil) == 1)
        #expect(try await second.load(moved.token) == .absent)
        #expect(try await store().load(moved.token) == .absent)
    }

    @Test("visitors without a login leave no file")
    func anonymous() async throws {
        let store = try store()
        let session = try await create(nil, in: store)
        _ = try await store.update(session) { $0.values["b"] = 2 }
        _ = try await store.touch(session, at: clock.now + 1)
        #expect(try await store.sweep(at: clock.now).examined == 0)
    }

    private func path(of session: StoredSession) throws -> String {
        let key = try #require(session.key)
        return "sessions/v1/\(key.prefix(2))/\(key)"
    }

    @Test("files hold no data of sessions and no tokens")
    func privacy() async throws {
        let store = try store()
        let session = try await create("ada", in: store)
        let text = try directory.read(try path(of: session))
        #expect(text.contains("ada"))
        #expect(!text.contains("secret"))
        #expect(!text.contains(session.token.value))
    }

    @Test("a session whose entry is damaged counts as ended")
    func damaged() async throws {
        for (user, isLoaded) in [("ada", true), (nil, true), (nil, false)] {
            let store = try store()
            let session = try await create(user, in: store)
            if user == nil { try await store.delete(session) }
            try directory.write("damaged", to: try path(of: session))
            for _ in 0..<2 where isLoaded { #expect(try await store.load(session.token) == .absent) }
            #expect(try await store.update(session) { _ in } == nil)
            #expect(try await store.load(session.token) == .absent)
        }
    }

    @Test("two hundred logins and a hundred logouts at once are all noted")
    func crowd() async throws {
        let stores = [try store(), try store()]
        try await withThrowingTaskGroup { group in
            for index in 0..<200 {
                group.addTask {
                    let store = stores[index % 2]
                    let session = try await create("ada", in: store)
                    let moved = try #require(
                        try await store.rotate(session, leaving: .retires(until: clock.now + 10)) { _ in })
                    if index % 4 < 2 { try await stores[(index + 1) % 2].delete(moved) }
                    #expect((try await store.load(moved.token).session != nil) == (index % 4 >= 2))
                }
            }
            try await group.waitForAll()
        }
        #expect(try await stores[0].list(user: "ada", limit: 1000).count == 100)
        #expect(try await stores[1].revokeAll(user: "ada", except: nil) == 100)
    }
}
