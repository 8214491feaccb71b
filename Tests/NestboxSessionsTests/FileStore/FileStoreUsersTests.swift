import Glibc
import Logging
import NestboxSessions
import NestboxTesting
import Testing

@Suite("the sessions of users in files", .timeLimit(.minutes(1)))
struct FileStoreUsersTests {
    private func create(_ fixture: FileStoreFixture, user: String?) async throws -> StoredSession {
        var record = SessionRecord(createdAt: fixture.clock.now)
        record.user = user
        return try await fixture.store.create(record)
    }

    /// The names of all marks.
    private func marks(_ fixture: FileStoreFixture) -> [String] {
        let users = "\(fixture.path)/v1/users"
        return FileStoreFixture.names(users).flatMap { shard in
            FileStoreFixture.names("\(users)/\(shard)").flatMap { FileStoreFixture.names("\(users)/\(shard)/\($0)") }
        }.sorted()
    }

    @Test("there is a mark for each session that has a user, and none for others")
    func marks() async throws {
        let fixture = try FileStoreFixture()
        let (first, second) = (try await create(fixture, user: "ada"), try await create(fixture, user: nil))
        #expect(marks(fixture) == [first.key])
        _ = try await fixture.store.update(second) { $0.user = "../../ada" }
        #expect(marks(fixture) == [first.key, second.key].compactMap(\.self).sorted())
        let third = try await fixture.store.rotate(first, leaving: .forwards(until: .max)) { _ in }
        #expect(marks(fixture) == [third?.key, second.key].compactMap(\.self).sorted())
        _ = try await fixture.store.update(second) { $0.user = nil }
        #expect(marks(fixture) == [third?.key])
        try await fixture.store.delete(try #require(third))
        #expect(marks(fixture) == [])
    }

    @Test("names of users are not on the disk")
    func names() async throws {
        let fixture = try FileStoreFixture()
        _ = try await create(fixture, user: "lovelace")
        let found = try ChildProcess("/usr/bin/find", [fixture.path, "-name", "*lovelace*"]).output()
        #expect(found.stdout.isEmpty)
    }

    @Test("a mark without a session is no session, and in its first hour it stays")
    func stale() async throws {
        let fixture = try FileStoreFixture()
        let session = try await create(fixture, user: "ada")
        unlink(fixture.path(of: session))
        #expect(try await fixture.store.list(user: "ada", limit: 10).isEmpty)
        #expect(try await fixture.store.revokeAll(user: "ada", except: nil) == 0)
        _ = try await fixture.store.sweep(at: fixture.clock.now)
        #expect(marks(fixture) == [session.key])
    }

    @Test("sessions that get new ids while all of their user are revoked keep their marks")
    func race() async throws {
        let fixture = try FileStoreFixture()
        for _ in 0..<10 {
            var sessions: [StoredSession] = []
            for _ in 0..<8 { sessions.append(try await create(fixture, user: "ada")) }
            let olds = sessions
            let tokens = try await withThrowingTaskGroup(of: SessionToken?.self) { group in
                for session in olds {
                    group.addTask {
                        try await fixture.store.rotate(session, leaving: .forwards(until: .max)) { _ in }?.token
                    }
                }
                group.addTask {
                    _ = try await fixture.store.revokeAll(user: "ada", except: nil)
                    return nil
                }
                var tokens: [SessionToken] = []
                for try await token in group { if let token { tokens.append(token) } }
                return tokens
            }
            // A second call finds those that got their new ids after the first one had looked.
            _ = try await fixture.store.revokeAll(user: "ada", except: nil)
            for token in tokens { #expect(try await fixture.store.load(token) == .absent) }
        }
    }
}
