import Logging
import NestboxSessions
import NestboxTesting
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
        "a store that passes on to another one keeps what it can",
        arguments: SessionStoreContract.checks.filter { [.nothing, .memory].contains($0.need) })
    func faulty(check: SessionStoreContract.Check) async throws {
        try await check.run { FaultyStore(MemorySessionStore(maxBytes: $0.maxBytes, clock: $0.clock)) }
    }
}
