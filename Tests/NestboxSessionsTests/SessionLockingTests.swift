import HTTPTypes
import Nestbox
import NestboxSessions
import NestboxTesting
import Testing

@Suite("requests of one visitor at the same time", .timeLimit(.minutes(5)))
struct SessionLockingTests {
    private func site(
        _ kind: Kind, _ locking: SessionConfiguration.Locking, timeout: Duration = .seconds(240)
    ) throws -> Site {
        try Site(kind) {
            $0.locking = locking
            $0.lockTimeout = timeout
        } _: { router in
            router.addRoutes()
            router.post("/count") { request in
                let session = try await request.session
                let count: Int = session.get("n", default: 0)
                // Others get a turn between reading and writing.
                await Task.yield()
                session["n"] = .int(Int64(count + 1))
                return "\(count + 1)"
            }
        }
    }

    @Test("requests that have the session for themselves lose nothing of each other", arguments: Kind.onServer)
    func exclusive(kind: Kind) async throws {
        let site = try site(kind, .exclusive)
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        await withTaskGroup { group in
            for _ in 0..<20 { group.addTask { #expect(await visitor.post("/count").status == .ok) } }
        }
        #expect(await visitor.get("/").text == #"["k": "v", "n": 20] nil"#)
    }

    @Test("a request that waits too long for the session is 503, and the next one is not", arguments: Kind.onServer)
    func timeout(kind: Kind) async throws {
        let site = try site(kind, .exclusive, timeout: .milliseconds(20))
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        let other = try site.visitor()
        other.cookies = visitor.cookies
        let stranger = try site.visitor()
        site.gate.slow {
            let locked = await other.get("/")
            #expect(locked.status == .serviceUnavailable)
            #expect(locked.setCookies.isEmpty)
            #expect(await stranger.post("/set?k=w").status == .ok)
            #expect(await other.get("/noop").status == .ok)
        }
        #expect(await visitor.post("/slow").status == .ok)
        #expect(site.events.contains("store_error"))
        site.gate.slow {}
        #expect(await other.get("/").text == #"["k": "v", "slow": ?] nil"#)
    }

    @Test("a request that fails lets the next one have the session", arguments: Kind.onServer)
    func failure(kind: Kind) async throws {
        let site = try site(kind, .exclusive, timeout: .milliseconds(20))
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        for path in ["/crash", "/throw/403", "/status/500", "/commit-early", "/rotate", "/login?user=ada", "/logout"] {
            #expect(await visitor.post(path).status != .serviceUnavailable)
            #expect(await visitor.get("/").status == .ok, "after \(path)")
        }
    }

    @Test("requests that merge keep both keys, and the log names what was overwritten", arguments: Kind.onServer)
    func merge(kind: Kind) async throws {
        let site = try site(kind, .merge)
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v&slow=0")
        let other = try site.visitor()
        other.cookies = visitor.cookies
        site.gate.slow { _ = await other.post("/set?other=1&slow=1") }
        _ = await visitor.post("/slow")
        #expect(await visitor.get("/").text == #"["k": "v", "other": "1", "slow": ?] nil"#)
        #expect(site.events.filter { $0 == "conflict" }.count == 1)
    }

    @Test("the last writer wins altogether where it is to", arguments: Kind.onServer)
    func lastWrite(kind: Kind) async throws {
        let site = try site(kind, .lastWrite)
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        let other = try site.visitor()
        other.cookies = visitor.cookies
        site.gate.slow { _ = await other.post("/set?other=1&k=w") }
        _ = await visitor.post("/slow")
        #expect(await visitor.get("/").text == #"["k": "v", "slow": ?] nil"#)
    }

    @Test(
        "operations and messages count once", arguments: Kind.allCases,
        [SessionConfiguration.Locking.merge, .lastWrite])
    func operations(kind: Kind, locking: SessionConfiguration.Locking) async throws {
        let site = try Site(kind) {
            $0.locking = locking
        } _: { router in
            router.post("/") { request in
                let session = try await request.session
                try session.increment("n")
                try session.append(1, to: "l")
                try session.flash("info", "hello")
                return "done"
            }
            router.get("/") { request in
                let session = try await request.session
                let list = session.get("l", default: [Int]())
                return "\(session.get("n", default: 0)) \(list) \(session.allFlashes.count)"
            }
        }
        let visitor = try site.visitor()
        for count in 1...3 {
            _ = await visitor.post("/")
            let list = Array(repeating: 1, count: count)
            #expect(await visitor.get("/").text == "\(count) \(list) \(count)")
        }
    }

    @Test(
        "messages that were read and kept stay, whatever else changes", arguments: Kind.allCases,
        [SessionConfiguration.Locking.merge, .lastWrite])
    func keptFlashes(kind: Kind, locking: SessionConfiguration.Locking) async throws {
        let site = try Site(kind) {
            $0.locking = locking
        } _: { router in
            router.addRoutes()
            router.post("/keep") { request in
                let session = try await request.session
                try session.remove("k")
                try session.flash("message", "New")
                _ = try session.flashes("message")
                try session.keepFlashes()
                return "kept"
            }
        }
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        _ = await visitor.post("/flash")
        _ = await visitor.post("/keep")
        #expect(await visitor.get("/").text == "[:] nil")
        #expect(await visitor.get("/flashes").text == #"["Hello", "Goodbye", "New"]"#)
    }

    @Test("a request that only reads overwrites nothing", arguments: SessionConfiguration.Locking.allCases)
    func reader(locking: SessionConfiguration.Locking) async throws {
        let site = try Site(.memory) {
            $0.locking = locking
            $0.idleTimeout = 100
        } _: { router in
            router.addRoutes()
            router.post("/write") { request in
                let session = try await request.session
                session["n"] = 1
                return "written"
            }
        }
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        site.clock.advance(by: 50)
        _ = await visitor.get("/")
        _ = await visitor.post("/write")
        #expect(await visitor.get("/").text == #"["k": "v", "n": 1] nil"#)
    }
}
