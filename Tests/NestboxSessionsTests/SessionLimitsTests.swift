import Testing

@testable import NestboxSessions

@Suite("limits of sessions")
struct SessionLimitsTests {
    private func limits(_ change: (inout SessionConfiguration) -> Void = { _ in }) throws -> SessionLimits {
        var configuration = try SessionConfiguration(secret: "a secret of at least thirty-two bytes")
        configuration.maxAge = 100
        configuration.rememberMaxAge = 1000
        change(&configuration)
        return SessionLimits(configuration)
    }

    private let record = SessionRecord(createdAt: 1000)

    @Test("a session is valid at the second of its limit and over one later")
    func boundary() throws {
        let limits = try limits()
        #expect(!limits.isOver(record, at: 1100))
        #expect(limits.isOver(record, at: 1101))
        let idle = try self.limits { $0.idleTimeout = 10 }
        #expect(!idle.isOver(record, at: 1010))
        #expect(idle.isOver(record, at: 1011))
    }

    @Test("a remembered session has the longer limit of both")
    func remember() throws {
        var record = record
        record.isRemembered = true
        #expect(try limits().expiry(of: record) == 2000)
        #expect(try limits { $0.rememberMaxAge = 50 }.expiry(of: record) == 1100)
        #expect(try limits { $0.maxAge = nil }.expiry(of: record) == nil)
    }

    @Test("of the limits of now and those of then the shorter one holds")
    func both() throws {
        var record = record
        record.expiresAt = 1050
        #expect(try limits().isOver(record, at: 1051))
        record.expiresAt = 5000
        #expect(try limits().isOver(record, at: 1101))
        #expect(try !limits { $0.maxAge = nil }.isOver(record, at: 5000))
        #expect(try limits { $0.maxAge = nil }.isOver(record, at: 5001))
        record.idleTimeout = 5
        #expect(try limits().isOver(record, at: 1006))
    }

    @Test(
        "a session from the future is taken within a minute, as the clocks of machines differ",
        arguments: SessionConfiguration.Protection.allCases)
    func clockSkew(protection: SessionConfiguration.Protection) throws {
        let limits = try limits { $0.protection = protection }
        #expect(!limits.isOver(record, at: 940))
        #expect(limits.isOver(record, at: 939))
    }

    @Test("times at the ends of their range cause no overflow", arguments: [Int64.min, -1, 0, .max - 1, .max])
    func overflow(time: Int64) throws {
        for limits in [
            try limits {
                $0.maxAge = .max
                $0.idleTimeout = .max
                $0.rotateInterval = .max
            }, try limits { $0.idleTimeout = 10 },
        ] {
            for now in [Int64.min, 0, .max] {
                var record = SessionRecord(createdAt: time)
                _ = limits.isOver(record, at: now)
                _ = limits.isTouchDue(record, at: now)
                _ = limits.isRenewalDue(record, at: now)
                _ = limits.cookieMaxAge(of: record, at: now)
                limits.apply(to: &record, now: now)
                _ = record.isExpired(at: now)
            }
        }
        #expect(try limits { $0.maxAge = .max }.expiry(of: SessionRecord(createdAt: 1)) == nil)
    }

    @Test("the cookie lives as long as the session")
    func cookie() throws {
        #expect(try limits().cookieMaxAge(of: record, at: 1030) == 70)
        #expect(try limits().cookieMaxAge(of: record, at: 2000) == 0)
        #expect(try limits { $0.idleTimeout = 20 }.cookieMaxAge(of: record, at: 1030) == 20)
        #expect(try limits { $0.idleTimeout = 90 }.cookieMaxAge(of: record, at: 1030) == 70)
        #expect(try limits { $0.maxAge = nil }.cookieMaxAge(of: record, at: 1030) == nil)
    }

    @Test("use is noted every tenth of the limit, every five minutes at most, or as configured")
    func touches() throws {
        #expect(try limits { $0.idleTimeout = 1000 }.touchInterval == 100)
        #expect(try limits { $0.idleTimeout = 5 }.touchInterval == 1)
        #expect(try limits { $0.idleTimeout = 100_000 }.touchInterval == 300)
        let limits = try limits {
            $0.idleTimeout = 100
            $0.touchInterval = 7
        }
        #expect(!limits.isTouchDue(record, at: 1006))
        #expect(limits.isTouchDue(record, at: 1007))
        #expect(try !self.limits().isTouchDue(record, at: 5000))
    }
}
