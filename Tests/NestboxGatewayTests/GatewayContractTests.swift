import Logging
import NestboxGateway
import NestboxTesting
import Testing

@Suite("the FastCGI gateway", .timeLimit(.minutes(2)))
struct GatewayContractTests {
    /// Checks that count descriptors have a process of their own, further below.
    static let checks = GatewayContract.checks.filter { !$0.countsDescriptors }
    static let lonelyChecks = GatewayContract.checks.indices.filter { GatewayContract.checks[$0].countsDescriptors }

    enum Transport: String, CaseIterable, Sendable, Codable {
        case unix
        case tcp
    }

    @Test("keeps its contract", arguments: checks, Transport.allCases)
    func contract(check: GatewayContract.Check, transport: Transport) async throws {
        try await Self.run(check, transport)
    }

    @Test("keeps its contract in a process of its own", arguments: lonelyChecks, Transport.allCases)
    func contractAlone(index: Int, transport: Transport) async throws {
        await #expect(processExitsWith: .success) { [index, transport] in
            await reporting { try await Self.run(GatewayContract.checks[index], transport) }
        }
    }

    /// More at a time would only make each other late for their deadlines.
    private static let turnstile = Turnstile(width: 6)

    private static func run(_ check: GatewayContract.Check, _ transport: Transport) async throws {
        let gateway = try TestGateway(
            check.configuration, transport == .unix ? .unix : .tcp, responder: GatewayContract.responder)
        await turnstile.enter()
        defer { turnstile.leave() }
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await check.run { try gateway.connect() })
        } catch {
            outcome = .failure(error)
        }
        let isDrained = try await onOwnThread { gateway.stop() }
        try outcome.get()
        #expect(isDrained, "a request is still under way")
    }
}
