import Testing

@testable import NestboxGateway

@Suite("log entries that come in floods", .timeLimit(.minutes(1)))
struct LogIntervalTests {
    @Test("are written at once, and then once in the interval")
    func interval() {
        let interval = LogInterval(.seconds(5))
        let second: UInt64 = 1_000_000_000
        let written = [1, 1, 2, 5, 6, 6, 10, 11, 12, 100, 101].filter { interval.isDue(at: $0 * second) }
        #expect(written == [1, 6, 11, 100])
    }

    @Test("are written once by several threads", .timeLimit(.minutes(1)))
    func threads() async {
        let interval = LogInterval(.seconds(5))
        let written = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 { group.addTask { interval.isDue(at: 7) } }
            return await group.reduce(0) { $1 ? $0 + 1 : $0 }
        }
        #expect(written == 1)
    }
}
