import Glibc
import Nestbox
import NestboxTesting
import Testing

extension Integration {
    @Suite("workers")
    struct WorkersTests {
        @Test("two handlers that are resumed at once and block do so side by side")
        func resumedAtOnce() async throws {
            let (rounds, counts) = ((0..<20).map { _ in Event() }, (0..<20).map { _ in Progress() })
            let application = try LocalApplication {
                $0.workers = 4
            } routes: { router in
                router.get("/{round}") { request in
                    let round = try request.parameters.require("round", as: Int.self)
                    counts[round].add(1)
                    await rounds[round].wait()
                    counts[round].add(10)
                    // Each blocks its thread until the other one has come as far.
                    return eventually(within: .seconds(3)) { counts[round].count == 22 } ? "together\n" : "alone\n"
                }
            }
            let address = application.socket
            for round in 0..<20 {
                async let first = Self.ask(address, round)
                async let second = Self.ask(address, round)
                #expect(eventually { counts[round].count == 2 })
                rounds[round].happen()
                #expect(try await [first, second] == ["together\n", "together\n"])
            }
        }

        private static func ask(_ address: LoopbackAddress, _ round: Int) async throws -> String {
            try FastCGIConnection(to: address, timeout: .seconds(20)).perform(FastCGIRequest(target: "/\(round)")).cgi
                .text
        }
    }
}
