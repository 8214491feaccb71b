import Nestbox
import NestboxSessions
import NestboxTesting
import Testing

@Suite("the contracts of signers and serializers", .timeLimit(.minutes(1)))
struct SessionContractsTests {
    private static func secrets(_ secret: String) throws -> SessionSecrets {
        try SessionSecrets([secret + String(repeating: "x", count: 32)])
    }

    @Test("encryption keeps it", arguments: SessionSignerContract.checks)
    func encrypted(check: SessionSignerContract.Check) throws {
        try check.run(
            AEADSessionSigner(secrets: Self.secrets("one")), other: AEADSessionSigner(secrets: Self.secrets("other")))
    }

    @Test(
        "signatures as of itsdangerous keep it", arguments: SessionSignerContract.checks,
        [ItsDangerousSessionSigner.Compatibility.flat, .blackSheep])
    func signed(check: SessionSignerContract.Check, compatibility: ItsDangerousSessionSigner.Compatibility) throws {
        func signer(_ secret: String) throws -> ItsDangerousSessionSigner {
            ItsDangerousSessionSigner(secrets: try Self.secrets(secret), compatibility: compatibility)
        }
        try check.run(signer("one"), other: signer("other"))
    }

    /// A signer that believes everything.
    private struct Credulous: SessionSigner {
        func sign(_ payload: [UInt8], at time: Int64) -> String { String(decoding: payload, as: UTF8.self) }
        func verify(_ token: String) -> (payload: [UInt8], time: Int64)? { (Array(token.utf8), 1) }
    }

    @Test("a signer that believes everything does not keep one of them", arguments: SessionSignerContract.checks)
    func credulous(check: SessionSignerContract.Check) {
        #expect(throws: SessionStoreContract.Violation.self) { try check.run(Credulous(), other: Credulous()) }
    }

    @Test("JSON keeps it", arguments: SessionSerializerContract.checks)
    func json(check: SessionSerializerContract.Check) throws { try check.run(JSONSessionSerializer()) }

    @Test("a forged session is one that the application knows", arguments: Kind.allCases)
    func forged(kind: Kind) async throws {
        let site = try Site(kind) { $0.addRoutes() }
        let client = try site.visitor()
        try await client.forgeSession(["k": "v"], user: "ada", in: site.middleware)
        #expect(await client.get("/").text == #"["k": "v"] ada"#)
        let late = try site.visitor()
        try await late.forgeSession(["k": "v"], createdAt: site.clock.now - 1_209_601, in: site.middleware)
        #expect(await late.get("/").text == "[:] nil")
    }
}
