import NestboxTesting
import Testing

extension Integration.SessionsTests {
    @Suite("requests that end after others")
    struct LateRequestsTests {
        @Test("a request from before the logout does not bring the session back", arguments: [false, true])
        func logout(isCGI: Bool) async throws {
            let site = try SessionSite(.file)
            let door = isCGI ? site.cgi : site.fastCGI
            var visitor = Visitor()
            #expect(try visitor.post("/login/ada", at: door).status == 200)
            let before = visitor
            async let slow = Self.request("/wait/word/late", at: door, before)
            #expect(site.gate.hasArrival())
            #expect(try visitor.post("/logout", at: door).status == 200)
            #expect(visitor.session == nil)
            #expect(site.sessionFiles.isEmpty)
            site.gate.letPass()
            let answer = try await slow
            #expect(answer.status == 200)
            #expect(answer.cookieLines.isEmpty, "\(answer.fields)")
            #expect(site.sessionFiles.isEmpty)
            let logged = isCGI ? [answer.log] : try site.events("gone")
            #expect(logged.count == 1)
            #expect(logged.first?.contains("session.event=gone") == true, "\(logged)")
            // The old cookie is worth nothing, at no door.
            for other in [site.fastCGI, site.cgi] {
                var old = before
                let overview = try old.look(at: other)
                #expect(overview["isNew"] == true)
                #expect(overview["user"] == nil)
            }
        }

        @Test("of two that change the same key the later one wins, and the log says so")
        func conflict() async throws {
            let site = try SessionSite(.file, count: 2)
            var visitor = Visitor()
            _ = try visitor.post("/set/word/first", at: site.fastCGI)
            let before = visitor
            let door = site.fastCGI
            async let slow = Self.request("/wait/word/third", at: door, before)
            #expect(site.gate.hasArrival())
            #expect(try visitor.post("/set/word/second", at: site.fastCGI).status == 200)
            #expect(try site.events("conflict").isEmpty)
            site.gate.letPass()
            #expect(try await slow.status == 200)
            #expect(try visitor.look(at: site.fastCGI)["data"]?["word"] == "third")
            let conflicts = try site.events("conflict")
            #expect(conflicts.count == 1)
            #expect(conflicts.first?.contains(#""word""#) == true, "\(conflicts)")
        }

        static func request(_ target: String, at door: Door, _ visitor: Visitor) async throws -> Door.Answer {
            try door.request("POST", target, cookie: visitor.field)
        }
    }

    @Suite("one cookie at different doors")
    struct DoorsTests {
        @Test("works over FastCGI and CGI in turn", arguments: SessionSite.Kind.allCases)
        func inTurn(kind: SessionSite.Kind) throws {
            let site = try SessionSite(kind, wrappers: CGIWrapper.isInstalled ? 1 : 0)
            let doors = [site.fastCGI, site.cgi] + (CGIWrapper.isInstalled ? [site.wrapped] : [])
            var visitor = Visitor()
            for turn in 1...6 {
                let answer = try visitor.post("/increment/n", at: doors[turn % doors.count])
                #expect(answer.text == "\(turn)\n")
                let isWritten = kind != .file || turn == 1
                #expect(answer.setCookies.count == (isWritten ? 1 : 0))
                for door in doors { #expect(try visitor.look(at: door)["data"]?["n"] == .number(Double(turn))) }
            }
            #expect(try visitor.post("/login/ada", at: site.cgi).status == 200)
            #expect(try visitor.look(at: site.fastCGI)["user"] == "ada")
            #expect(try visitor.post("/logout", at: site.fastCGI).status == 200)
            #expect(visitor.session == nil)
            #expect(try site.events().isEmpty)
        }
    }
}
