import NestboxSessions
import Testing

@Suite("session records")
struct SessionRecordTests {
    @Test("a session is valid at the second of its limit and expired one later", arguments: [0, 1, 100, 1_000_000])
    func boundary(limit: Int64) {
        let absolute = SessionRecord(createdAt: 1_000, expiresAt: 1_000 + limit)
        #expect(!absolute.isExpired(at: 1_000 + limit))
        #expect(absolute.isExpired(at: 1_001 + limit))
        let idle = SessionRecord(createdAt: 1_000, idleTimeout: limit)
        #expect(!idle.isExpired(at: 1_000 + limit))
        #expect(idle.isExpired(at: 1_001 + limit))
    }

    @Test("printing shows keys and never values")
    func description() {
        let record = SessionRecord(values: ["card": "4111"], createdAt: 0)
        #expect("\(record)" == "SessionRecord(card)")
    }
}
