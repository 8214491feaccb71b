import Glibc
import Nestbox
import NestboxTesting
import Testing

@Suite("the cost of routing", .timeLimit(.minutes(1)))
struct RoutingCostTests {
    /// The processor time of one request, the least of several measurements.
    private func cost(routes: Int) async throws -> Double {
        var router = Router()
        for number in 0..<routes { router.get("/birds/b\(number)/{name}/eggs") { _ in "" } }
        let responder = try router.responder()
        let client = try TestClient(Application(responder: responder))
        var least = Double.infinity
        for _ in 0..<20 {
            let start = now()
            for _ in 0..<20 {
                guard await client.get("/birds/b\(routes - 1)/x/eggs").status == .ok else { return .infinity }
            }
            least = min(least, now() - start)
        }
        return least
    }

    private func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test("does not grow with the number of routes")
    func routes() async throws {
        let (few, many) = (try await cost(routes: 10), try await cost(routes: 20_000))
        // A search through a list would take 2,000 times as long; what a machine does beside this is far from 20 times.
        #expect(many < 20 * few)
    }
}
