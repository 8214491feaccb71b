import Crypto
import Glibc
import InMemoryLogging
import Logging
import NestboxSessions
import NestboxTesting
import Testing

@Suite("files that are not as the store left them", .timeLimit(.minutes(2)))
struct FileStoreDamageTests {
    /// A session whose file has two slots: the newer says 2.
    private func updated(_ fixture: FileStoreFixture) async throws -> StoredSession {
        let session = try await fixture.create(["n": 1])
        return try #require(try await fixture.store.update(session) { $0.values["n"] = 2 })
    }

    /// Whether what was found is one of the two versions that were written, or nothing.
    private func expectHistory(_ found: SessionLookup, _ comment: Comment) {
        guard let record = found.session?.record else {
            #expect(found == .absent, comment)
            return
        }
        #expect(record.values == ["n": 2] && record.version == 2 || record.values == ["n": 1], comment)
    }

    @Test("a wrong byte anywhere leaves one of the two versions or none", arguments: [false, true])
    func everyByte(isSealed: Bool) async throws {
        let fixture = try FileStoreFixture(isSealed: isSealed)
        let session = try await updated(fixture)
        let bytes = fixture.bytes(of: session)
        #expect(bytes.count == 2048)
        var newer = 0
        for offset in bytes.indices {
            var damaged = bytes
            damaged[offset] ^= UInt8(1 << (offset % 8))
            fixture.write(damaged, to: session)
            let found = try await fixture.store.load(session.token)
            expectHistory(found, "offset \(offset)")
            // One slot is whole, whichever byte it was.
            #expect(found != .absent, "offset \(offset)")
            if found.session?.record.values == ["n": 2] { newer += 1 }
        }
        #expect(newer > 1024 && newer < 2048)
    }

    @Test("a slot whose check is wrong in any bit is not read", arguments: [false, true])
    func everyBitOfTheCheck(isSealed: Bool) async throws {
        let fixture = try FileStoreFixture(isSealed: isSealed)
        let session = try await fixture.create(["n": 1])
        let bytes = fixture.bytes(of: session)
        for bit in 0..<256 {
            var damaged = bytes
            damaged[24 + bit / 8] ^= 1 << UInt8(bit % 8)
            fixture.write(damaged, to: session)
            #expect(try await fixture.store.load(session.token) == .absent, "bit \(bit)")
        }
        // Any other check, of which one in 256 ends as the right one does.
        var generator = SeededGenerator(seed: 7)
        for round in 0..<1000 {
            var damaged = bytes
            for index in 24..<55 { damaged[index] = .random(in: .min ... .max, using: &generator) }
            fixture.write(damaged, to: session)
            #expect(try await fixture.store.load(session.token) == .absent, "round \(round)")
        }
    }

    @Test("a file that was cut off leaves one of the two versions or none", arguments: [false, true])
    func everyLength(isSealed: Bool) async throws {
        let fixture = try FileStoreFixture(isSealed: isSealed)
        for count in stride(from: 0, through: 2047, by: 3) {
            let session = try await updated(fixture)
            truncate(fixture.path(of: session), count)
            let found = try await fixture.store.load(session.token)
            expectHistory(found, "\(count) bytes")
            if let old = found.session {
                let again = try #require(try await fixture.store.update(old) { $0.values["m"] = 3 }, "\(count) bytes")
                #expect(try await fixture.store.load(session.token).session?.record == again.record, "\(count) bytes")
            }
        }
    }

    /// A copy with up to eight bytes replaced, inserted or removed, or with its end cut off.
    private func mutated(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            let byte = UInt8.random(in: .min ... .max, using: &generator)
            // Half of them where the slots say what they are.
            let end = Bool.random(using: &generator) ? min(bytes.count, 160) : bytes.count
            let index = Int.random(in: 0...end, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0...4 where index < bytes.count: bytes[index] = byte
            case 5 where index < bytes.count: bytes.remove(at: index)
            case 6: bytes.removeSubrange(index...)
            default: bytes.insert(byte, at: index)
            }
        }
        return bytes
    }

    @Test("changed bytes never make another session", arguments: [false, true])
    func mutations(isSealed: Bool) async throws {
        let fixture = try FileStoreFixture(isSealed: isSealed)
        var generator = SeededGenerator(seed: 20_261_121)
        let session = try await updated(fixture)
        let bytes = fixture.bytes(of: session)
        for index in 0..<1500 {
            fixture.write(mutated(bytes, &generator), to: session)
            expectHistory(try await fixture.store.load(session.token), "mutation \(index)")
        }
    }

    @Test("a file without a valid slot is put aside, said once, and gone")
    func corrupt() async throws {
        let fixture = try FileStoreFixture()
        let session = try await fixture.create()
        fixture.write(Array("garbage".utf8), to: session)
        for _ in 0..<3 { #expect(try await fixture.store.load(session.token) == .absent) }
        #expect(try await fixture.store.update(session) { _ in } == nil)
        #expect(fixture.corrupt == [session.key])
        let entries = fixture.log.entries.filter { $0.metadata["session.event"] == "store_error" }
        #expect(entries.count == 1)
        #expect(entries.allSatisfy { !"\($0)".contains(session.token.value) })
    }

    @Test("no more than a hundred files are put aside")
    func corruptLimit() async throws {
        let fixture = try FileStoreFixture()
        for _ in 0..<120 {
            let session = try await fixture.create()
            fixture.write([], to: session)
            #expect(try await fixture.store.load(session.token) == .absent)
        }
        #expect(fixture.corrupt.count == 100)
    }

    @Test("a file in another's place is no session", arguments: [false, true])
    func swapped(isSealed: Bool) async throws {
        let fixture = try FileStoreFixture(isSealed: isSealed)
        let (first, second) = (try await fixture.create(["mine": 1]), try await fixture.create(["yours": 2]))
        fixture.write(fixture.bytes(of: first), to: second)
        #expect(try await fixture.store.load(second.token) == .absent)
        #expect(try await fixture.store.load(first.token).session?.record.values == ["mine": 1])
    }

    @Test("a planted file without the right seal is no session", arguments: [false, true])
    func planted(hasOtherKey: Bool) async throws {
        let fixture = try FileStoreFixture(isSealed: true)
        let session = try await fixture.create()
        let planter = try FileSessionStore(
            directory: fixture.path, sealingKey: hasOtherKey ? SymmetricKey(size: .bits256) : nil,
            clock: fixture.clock.sessionClock, ids: .repeating(), logger: Logger(label: "test"))
        let planted = try await planter.create(SessionRecord(values: ["admin": true], createdAt: fixture.clock.now))
        #expect(try await fixture.store.load(planted.token) == .absent)
        #expect(try await fixture.store.load(session.token).session != nil)
    }

    @Test("links, directories and pipes in place of files are no sessions, and what they lead to stays as it is")
    func foreign() async throws {
        let fixture = try FileStoreFixture()
        let other = try await fixture.create(["other": 1])
        let precious = try fixture.directory.write("precious", to: "precious")
        let plants: [(String, (String) -> Void)] = [
            ("link", { symlink(precious, $0) }),
            ("dangling link", { symlink("/nowhere", $0) }),
            ("link to a session", { symlink(fixture.path(of: other), $0) }),
            ("directory", { mkdir($0, 0o700) }),
            ("pipe", { mkfifo($0, 0o600) }),
            ("hard link", { _ = Glibc.link(precious, $0) }),
        ]
        for (name, plant) in plants {
            let session = try await fixture.create()
            let path = fixture.path(of: session)
            unlink(path)
            plant(path)
            #expect(try await fixture.store.load(session.token) == .absent, "\(name)")
            #expect(try await fixture.store.update(session) { _ in } == nil, "\(name)")
            #expect(FileStoreFixture.mode(path) == nil, "\(name)")
        }
        #expect(try fixture.directory.read("precious") == "precious")
        #expect(try await fixture.store.load(other.token).session != nil)
    }

    @Test("a file of another user is no session", .enabled(if: geteuid() == 0, "only root can give one away"))
    func owner() async throws {
        let fixture = try FileStoreFixture()
        let session = try await fixture.create()
        chown(fixture.path(of: session), 12345, 12345)
        #expect(try await fixture.store.load(session.token) == .absent)
        #expect(fixture.corrupt == [session.key])
    }

    @Test("a shard that is a symbolic link is an error, and nothing behind it is touched")
    func shard() async throws {
        let fixture = try FileStoreFixture()
        let session = try await fixture.create()
        let shard = "\(fixture.path)/v1/\(session.key?.prefix(2) ?? "")"
        rename(shard, fixture.directory.path("elsewhere"))
        symlink(fixture.directory.path("elsewhere"), shard)
        await #expect(throws: SessionStoreError.self) { try await fixture.store.load(session.token) }
        await #expect(throws: SessionStoreError.self) { try await fixture.store.update(session) { _ in } }
        #expect(FileStoreFixture.names(fixture.directory.path("elsewhere")).contains(session.key ?? "none"))
    }
}
