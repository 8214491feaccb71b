import Glibc
import InMemoryLogging
import Logging
import NestboxSessions
import NestboxTesting
import Testing

@Suite("what a file store writes", .timeLimit(.minutes(1)))
struct FileStoreFilesTests {
    private let logger = Logger(label: "test")

    private func modified(_ path: String) -> Int {
        var found = stat()
        return lstat(path, &found) == 0 ? found.st_mtim.tv_sec : -1
    }

    private func inode(_ path: String) -> UInt {
        var found = stat()
        return lstat(path, &found) == 0 ? found.st_ino : 0
    }

    @Test("files are for their owner alone, in a shard by their first two digits")
    func layout() async throws {
        let fixture = try FileStoreFixture()
        let session = try await fixture.create()
        let path = fixture.path(of: session)
        #expect(FileStoreFixture.mode(path) == 0o600)
        #expect(FileStoreFixture.mode(String(path.dropLast(65))) == 0o700)
        _ = try await fixture.store.update(session) { $0.values["b"] = 2 }
        #expect(FileStoreFixture.names(String(path.dropLast(65))) == [session.key ?? ""])
    }

    @Test("the format is the one that is written down")
    func format() async throws {
        let fixture = try FileStoreFixture()
        let session = try await fixture.create(["a": 1])
        let bytes = fixture.bytes(of: session)
        let content =
            #"{"created":1700000000,"data":{"a":1},"renewed":1700000000,"v":1,"version":1}"#
        #expect(bytes.count == 2048)
        let length = UInt8(content.utf8.count)
        #expect(Array(bytes[..<16]) == [0x4E, 0x42, 0x53, 1, 0, 4, 0, 0, length, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[16..<24]) == [1, 0, 0, 0, 0, 0, 0, 0])
        #expect(String(decoding: bytes[56...].prefix { $0 != 0 }, as: UTF8.self) == content + "\n")
        _ = try await fixture.store.update(session) { $0.values["a"] = 2 }
        let updated = fixture.bytes(of: session)
        #expect(updated[..<1024] == bytes[..<1024])
        #expect(Array(updated[1040..<1048]) == [2, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("no file and no log has an id in it")
    func ids() async throws {
        let fixture = try FileStoreFixture()
        var tokens: [String] = []
        for _ in 0..<10 {
            let session = try await fixture.create()
            tokens.append(session.token.value)
            let moved = try await fixture.store.rotate(session, leaving: .forwards(until: .max)) { $0.user = "ada" }
            tokens.append(try #require(moved).token.value)
        }
        let found = try ChildProcess("/bin/grep", ["-rE", tokens.joined(separator: "|"), fixture.path]).output()
        #expect(found.status == .exited(1), "\(String(decoding: found.stdout, as: UTF8.self))")
        let names = try ChildProcess("/usr/bin/find", [fixture.path]).output().stdout
        #expect(!tokens.contains { String(decoding: names, as: UTF8.self).contains($0) })
    }

    @Test("a small change is written in place, a large one to a new file, and both keep the time of last use")
    func places() async throws {
        let fixture = try FileStoreFixture()
        let session = try await fixture.create()
        let path = fixture.path(of: session)
        let first = inode(path)
        _ = try await fixture.store.update(session) { $0.values["a"] = 2 }
        #expect(inode(path) == first)
        _ = try await fixture.store.update(session) { $0.values["a"] = .string(String(repeating: "x", count: 5000)) }
        #expect(inode(path) != first)
        #expect(modified(path) == Int(fixture.clock.now))
        #expect(FileStoreFixture.mode(path) == 0o600)
    }

    @Test("a touch sets the file's time and changes no byte of it")
    func touch() async throws {
        let fixture = try FileStoreFixture()
        let session = try await fixture.create()
        let bytes = fixture.bytes(of: session)
        _ = try await fixture.store.touch(session, at: 1_700_000_500)
        #expect(modified(fixture.path(of: session)) == 1_700_000_500)
        #expect(fixture.bytes(of: session) == bytes)
        // A clock that is behind does not make the session older.
        _ = try await fixture.store.touch(session, at: 1_700_000_400)
        #expect(modified(fixture.path(of: session)) == 1_700_000_500)
    }

    @Test("ids that are taken are not taken again")
    func exclusive() async throws {
        let fixture = try FileStoreFixture()
        let store = try FileSessionStore(
            directory: fixture.path, clock: fixture.clock.sessionClock, ids: .repeating(), logger: logger)
        let session = try await store.create(SessionRecord(values: ["first": 1], createdAt: fixture.clock.now))
        await #expect(throws: SessionStoreError.self) {
            try await store.create(SessionRecord(values: ["second": 1], createdAt: fixture.clock.now))
        }
        #expect(try await store.load(session.token).session?.record.values == ["first": 1])
        #expect(FileStoreFixture.names(String(fixture.path(of: session).dropLast(65))).count == 1)
    }

    @Test("two stores on one directory see each other's writes")
    func shared() async throws {
        let fixture = try FileStoreFixture()
        let other = try FileSessionStore(
            directory: fixture.path, clock: fixture.clock.sessionClock, logger: logger)
        let session = try await fixture.create()
        _ = try await other.update(session) { $0.values["b"] = 2 }
        #expect(try await fixture.store.load(session.token).session?.record.values == ["a": 1, "b": 2])
        let lock = try #require(try await other.tryLock(session.token))
        #expect(try await fixture.store.tryLock(session.token) == nil)
        lock.release()
        #expect(try await fixture.store.tryLock(session.token) != nil)
    }

    @Test("writes that wait for the disk are the same sessions")
    func durability() async throws {
        let fixture = try FileStoreFixture()
        let store = try FileSessionStore(
            directory: fixture.path, durability: .sync, clock: fixture.clock.sessionClock, logger: logger)
        let session = try await store.create(SessionRecord(values: ["a": 1], createdAt: fixture.clock.now))
        _ = try await store.update(session) { $0.values["b"] = .string(String(repeating: "x", count: 3000)) }
        #expect(try await fixture.store.load(session.token).session?.record.values.count == 2)
    }

    @Test("a reader never sees a part of a write")
    func readers() async throws {
        let fixture = try FileStoreFixture()
        let session = try await fixture.create(["n": 0, "text": ""])
        try await withThrowingTaskGroup { group in
            group.addTask {
                for number in 1...2000 {
                    let text = String(repeating: "\(number);", count: number % 100)
                    _ = try await fixture.store.update(session) {
                        $0.values = ["n": .int(Int64(number)), "text": .string(text)]
                    }
                }
            }
            group.addTask {
                for _ in 0..<2000 {
                    let values = try #require(try await fixture.store.load(session.token).session).record.values
                    guard case .int(let number)? = values["n"] else {
                        Issue.record("no number")
                        return
                    }
                    #expect(values["text"] == .string(String(repeating: "\(number);", count: Int(number % 100))))
                }
            }
            try await group.waitForAll()
        }
        #expect(fixture.log.entries.isEmpty)
    }

    @Test("a sweep removes files that were never finished, and nothing that is not the store's")
    func remains() async throws {
        let fixture = try FileStoreFixture()
        let session = try await fixture.create()
        let shard = String(fixture.path(of: session).dropLast(65))
        let now = Int64(time(nil))
        fixture.clock.now = now
        for name in ["new-abc", "README", "new"] { FileStoreFixture.write([1], "\(shard)/\(name)") }
        #expect(try await fixture.store.sweep(at: now + 3590).deleted == 0)
        #expect(try await fixture.store.sweep(at: now + 3700).deleted == 1)
        #expect(Set(FileStoreFixture.names(shard)).isSuperset(of: ["README", "new"]))
        #expect(!FileStoreFixture.names(shard).contains("new-abc"))
    }

    @Test("a directory without its marker is not swept")
    func marker() async throws {
        let fixture = try FileStoreFixture()
        let session = try await fixture.store.create(SessionRecord(createdAt: 1, expiresAt: 2))
        unlink("\(fixture.path)/nestbox-sessions")
        await #expect(throws: SessionStoreError.self) { try await fixture.store.sweep(at: 1000) }
        await #expect(throws: SessionStoreError.self) { try await fixture.store.sweepSome(at: 1000) }
        #expect(FileStoreFixture.mode(fixture.path(of: session)) != nil)
    }

    @Test("a small sweep looks at a thousand files of the shard that it is told")
    func smallSweep() async throws {
        let fixture = try FileStoreFixture()
        let store = try FileSessionStore(
            directory: fixture.path, clock: fixture.clock.sessionClock, nextShard: { 0xAB }, logger: logger)
        mkdir("\(fixture.path)/v1/ab", 0o700)
        for index in 0..<1100 { FileStoreFixture.write([], "\(fixture.path)/v1/ab/new-\(index)") }
        #expect(try await store.sweepSome(at: 0).examined <= 1000)
    }

    @Test("no descriptor is kept but that of the directory")
    func descriptors() async throws {
        let fixture = try FileStoreFixture()
        for _ in 0..<300 { _ = try await fixture.create() }
        let open = FileStoreFixture.names("/proc/self/fd").count { name in
            var target = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/self/fd/\(name)", &target, target.count)
            let path = String(decoding: target.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return path.hasPrefix(fixture.path)
        }
        #expect(open == 1)
    }
}
