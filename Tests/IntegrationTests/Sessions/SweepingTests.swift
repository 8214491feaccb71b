import NestboxSessions
import NestboxTesting
import Testing

extension Integration.SessionsTests {
    @Suite("expired sessions")
    struct SweepingTests {
        /// Leaves `count` sessions that have expired, and some that have not; returns a visitor who has one of those.
        private func prepare(_ site: SessionSite, expired count: Int) async throws -> (Visitor, live: Set<String>) {
            let now = SessionClock.system.now
            let former = try site.store(at: now - 5000)
            let record = SessionRecord(values: ["word": "old"], createdAt: now - 5000, expiresAt: now - 4000)
            var user = record
            user.user = "ada"
            for index in 0..<count { _ = try await former.create(index % 2 == 0 ? record : user) }
            let present = try site.store()
            var live: Set<String> = []
            var visitor = Visitor()
            for _ in 0..<20 {
                let stored = try await present.create(SessionRecord(values: ["word": "new"], createdAt: now))
                live.insert(try #require(stored.key))
                visitor = Visitor(session: stored.token.value)
            }
            return (visitor, live)
        }

        private func names(_ site: SessionSite) -> Set<String> {
            Set(site.sessionFiles.compactMap { $0.split(separator: "/").last }.map(String.init))
        }

        /// What is in the directory beside sessions, their locks and the marks of users.
        private func others(_ site: SessionSite) -> [String] {
            site.files.filter { !$0.hasPrefix("v1/") }
        }

        @Test("go with the requests of a CGI program, and nothing else does")
        func cgi() async throws {
            let site = try SessionSite(.file, ["NESTBOX_SESSION_GC_PROBABILITY": "1"], count: 0)
            var (visitor, live) = try await prepare(site, expired: 400)
            let before = others(site)
            var last = names(site)
            #expect(last.count == 420)
            for _ in 0..<8 {
                #expect(try visitor.look(at: site.cgi)["data"]?["word"] == "new")
                let left = names(site)
                #expect(left.isSubset(of: last) && left.isSuperset(of: live))
                last = left
            }
            // A request sweeps one of 256 parts: of so many files hardly eight find none.
            #expect(last.count < 420)
            #expect(last.count > 200)
            #expect(others(site) == before)
            #expect(before == ["nestbox-sessions"])
        }

        @Test("go with the requests of a FastCGI process, every second")
        func fastCGI() async throws {
            let site = try SessionSite(
                .file, ["NESTBOX_SESSION_GC_INTERVAL": "1", "NESTBOX_LOG_LEVEL": "debug"])
            var (visitor, live) = try await prepare(site, expired: 400)
            let before = others(site)
            let isSwept = try eventually(within: .seconds(30)) {
                let overview = try visitor.look(at: site.fastCGI)
                #expect(overview["data"]?["word"] == "new")
                return names(site).count < 420
            }
            #expect(isSwept)
            #expect(names(site).isSuperset(of: live))
            #expect(others(site) == before)
            #expect(try eventually { try site.events("gc").contains { $0.contains(" session files were deleted") } })
        }
    }
}
