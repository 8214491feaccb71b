import Logging
import NestboxSessions
import NestboxTesting
import Synchronization
import Testing

@Suite("the contract of session stores", .timeLimit(.minutes(1)))
struct SessionStoreContractTests {
    @Test("the memory store keeps it", arguments: SessionStoreContract.checks)
    func memory(check: SessionStoreContract.Check) async throws {
        try await check.run { MemorySessionStore(maxBytes: $0.maxBytes, clock: $0.clock) }
    }

    @Test("the file store keeps it", arguments: SessionStoreContract.checks)
    func files(check: SessionStoreContract.Check) async throws {
        let directory = try TemporaryDirectory()
        try await check.run { try FileSessionStore($0, in: directory) }
    }

    @Test("the file store keeps it when its files are sealed", arguments: SessionStoreContract.checks)
    func sealedFiles(check: SessionStoreContract.Check) async throws {
        let directory = try TemporaryDirectory()
        try await check.run { try FileSessionStore($0, in: directory, isSealed: true) }
    }

    @Test(
        "cookies keep what needs no memory",
        arguments: SessionStoreContract.checks.filter { $0.need == .nothing })
    func cookies(check: SessionStoreContract.Check) async throws {
        try await check.run { try CookieSessionStore.testing(maxBytes: $0.maxBytes + 700) }
    }

    @Test(
        "cookies with a list of logouts keep it",
        arguments: SessionStoreContract.Check.ofRevocableCookies(possible: true))
    func revocableCookies(check: SessionStoreContract.Check) async throws {
        try await check.run { setup in
            RevocableCookieSessionStore(
                try .testing(maxBytes: setup.maxBytes + 700), list: MemoryRevocationList(clock: setup.clock),
                clock: setup.clock)
        }
    }

    @Test(
        "cookies with a list of logouts in files keep it",
        arguments: SessionStoreContract.Check.ofRevocableCookies(possible: true))
    func revocableCookiesInFiles(check: SessionStoreContract.Check) async throws {
        let directory = try TemporaryDirectory()
        try await check.run { setup in
            RevocableCookieSessionStore(
                try .testing(maxBytes: setup.maxBytes + 700),
                list: FileRevocationList(try FileSessionStore(setup, in: directory, isSealed: true)),
                clock: setup.clock)
        }
    }

    @Test(
        "what cookies are not held to, they could not keep",
        arguments: SessionStoreContract.Check.ofRevocableCookies(possible: false))
    func beyondCookies(check: SessionStoreContract.Check) async throws {
        await #expect(throws: SessionStoreContract.Violation.self) {
            try await check.run { setup in
                RevocableCookieSessionStore(
                    try .testing(maxBytes: setup.maxBytes + 700), list: MemoryRevocationList(clock: setup.clock),
                    clock: setup.clock)
            }
        }
    }

    @Test(
        "a store that passes on to another one keeps what it can",
        arguments: SessionStoreContract.checks.filter { [.nothing, .limits, .memory].contains($0.need) })
    func faulty(check: SessionStoreContract.Check) async throws {
        try await check.run { FaultyStore(MemorySessionStore(maxBytes: $0.maxBytes, clock: $0.clock)) }
    }
}

@Suite("the checks of the contract", .timeLimit(.minutes(1)))
struct SessionStoreContractChecksTests {
    /// The checks that a store does not pass.
    private func violated(_ makeStore: (SessionStoreContract.Setup) -> any SessionStore) async -> Set<String> {
        var names: Set<String> = []
        for check in SessionStoreContract.checks {
            do {
                try await check.run(makeStore)
            } catch {
                names.insert(check.name)
            }
        }
        return names
    }

    @Test("a store that cannot do one thing does not pass", arguments: FaultyStore.Operation.allCases)
    func failing(operation: FaultyStore.Operation) async {
        let names = await violated {
            let store = FaultyStore(MemorySessionStore(maxBytes: $0.maxBytes, clock: $0.clock))
            store.fail([operation])
            return store
        }
        let others = SessionStoreContract.checks.filter { ![.nothing, .memory].contains($0.need) }
        #expect(names.count > others.count + 2, "\(names)")
    }

    @Test("a store that writes what was loaded, over what others wrote, does not pass")
    func lostUpdates() async {
        let names = await violated { LastWriteStore(store: MemorySessionStore(maxBytes: $0.maxBytes, clock: $0.clock)) }
        #expect(names.contains("a hundred increments at once count to a hundred"))
        #expect(names.contains("writers of different keys do not disturb each other"))
        #expect(names.contains("a change sees what others wrote, not what was loaded"))
    }

    @Test("a store that brings back what was deleted does not pass")
    func resurrection() async {
        let names = await violated { LastWriteStore(store: MemorySessionStore(maxBytes: $0.maxBytes, clock: $0.clock)) }
        #expect(names.contains("nothing brings a deleted session back"))
        #expect(names.contains("a deletion among updates is final"))
    }

    @Test("a store that mistakes retired ids for unknown ones, or knows no limits, does not pass")
    func limits() async {
        let names = await violated { _ in LastWriteStore(store: MemorySessionStore()) }
        #expect(names.contains("a session that is too large is refused, and the old one stays"))
        #expect(names.contains("a retired id is worthless, and for a time not unknown"))
    }
}

/// What a simple store gets wrong: updates replace whatever is there, also nothing.
private struct LastWriteStore: SessionStore {
    let store: MemorySessionStore
    let lost = Lost()

    func load(_ token: SessionToken) async throws(SessionStoreError) -> SessionLookup {
        if let record = lost[token] { return .found(StoredSession(token: token, record: record)) }
        let found = try await store.load(token)
        return found == .retired ? .absent : found
    }

    func create(_ record: SessionRecord) async throws(SessionStoreError) -> StoredSession {
        try await store.create(record)
    }

    func update(
        _ session: StoredSession, _ change: (inout SessionRecord) -> Void
    ) async throws(SessionStoreError) -> StoredSession? {
        var session = session
        change(&session.record)
        session.record.version += 1
        lost[session.token] = session.record
        return session
    }

    func touch(_ session: StoredSession, at now: Int64) async throws(SessionStoreError) -> StoredSession? {
        try await store.touch(session, at: now)
    }

    func rotate(
        _ session: StoredSession, leaving replacement: SessionReplacement, _ change: (inout SessionRecord) -> Void
    ) async throws(SessionStoreError) -> StoredSession? {
        try await store.rotate(session, leaving: replacement, change)
    }

    func delete(_ session: StoredSession) async throws(SessionStoreError) {
        lost[session.token] = nil
        try await store.delete(session)
    }

    final class Lost: Sendable {
        private let records = Mutex<[SessionToken: SessionRecord]>([:])

        subscript(token: SessionToken) -> SessionRecord? {
            get { records.withLock { $0[token] } }
            set { records.withLock { $0[token] = newValue } }
        }
    }
}
