import NestboxTesting
import Testing

extension Integration.SessionsTests {
    @Suite("exclusive sessions")
    struct ExclusiveTests {
        @Test("reading, thinking and writing in two FastCGI processes and CGI programs loses nothing")
        func alone() async throws {
            let site = try SessionSite(
                .file, ["NESTBOX_SESSION_LOCKING": "exclusive", "NESTBOX_SESSION_LOCK_TIMEOUT": "60"], count: 2)
            var visitor = Visitor()
            #expect(try visitor.post("/add/n", at: site.fastCGI).text == "1\n")
            let targets = [String](repeating: "/add/n", count: 60)
            let doors = [site.fastCGI, site.fastCGI, site.cgi]
            let answers = try await Integration.SessionsTests.ask(targets, at: doors, cookie: visitor.field)
            #expect(answers.allSatisfy { $0.answer.status == 200 })
            // Each has seen the one before it.
            #expect(Set(answers.map(\.answer.text)) == Set((2...61).map { "\($0)\n" }))
            #expect(try visitor.look(at: site.fastCGI)["data"]?["n"] == 61)
            #expect(try site.events().isEmpty)
        }

        @Test("a request that waits too long is asked to come again, and can", arguments: [false, true])
        func timeout(isCGI: Bool) async throws {
            let site = try SessionSite(
                .file, ["NESTBOX_SESSION_LOCKING": "exclusive", "NESTBOX_SESSION_LOCK_TIMEOUT": "0.2"], count: 2)
            var visitor = Visitor()
            #expect(try visitor.post("/set/word/first", at: site.fastCGI).status == 200)
            let (door, before) = (site.fastCGI, visitor)
            async let slow = LateRequestsTests.request("/wait/word/second", at: door, before)
            #expect(site.gate.hasArrival())
            let refused = try visitor.post("/set/word/third", at: isCGI ? site.cgi : door)
            #expect(refused.status == 503)
            #expect(refused.text.contains("try again"), "\(refused.text)")
            #expect(refused.cookieLines.isEmpty)
            let log = isCGI ? refused.log.split(separator: "\n").map(String.init) : try site.events()
            #expect(log.filter { $0.contains("session.event=store_error") && $0.contains("lockTimeout") }.count == 1)
            // Someone else does not wait.
            var other = Visitor()
            #expect(try other.post("/set/word/other", at: door).status == 200)
            // Nor does a page without the session.
            #expect(try visitor.request("GET", "/noop", at: door).status == 200)
            site.gate.letPass()
            #expect(try await slow.status == 200)
            #expect(try visitor.look(at: door)["data"]?["word"] == "second")
            #expect(try visitor.post("/set/word/third", at: door).status == 200)
            #expect(try visitor.look(at: site.cgi)["data"]?["word"] == "third")
        }

        @Test("the lock of a killed process is free")
        func killed() async throws {
            let site = try SessionSite(
                .file, ["NESTBOX_SESSION_LOCKING": "exclusive", "NESTBOX_SESSION_LOCK_TIMEOUT": "30"])
            var visitor = Visitor()
            #expect(try visitor.post("/set/word/first", at: site.fastCGI).status == 200)
            var variables = Integration.CGITests.environment(
                "POST", path: "/wait/word/never", adding: site.environment)
            variables["HTTP_COOKIE"] = visitor.field
            let child = try ChildProcess(ExampleProgram.path("Notebook"), environment: variables)
            #expect(site.gate.hasArrival())
            child.terminate(9)
            #expect(try child.wait() == .signalled(9))
            #expect(try visitor.post("/set/word/second", at: site.fastCGI).status == 200)
            #expect(try visitor.look(at: site.fastCGI)["data"]?["word"] == "second")
        }
    }
}
