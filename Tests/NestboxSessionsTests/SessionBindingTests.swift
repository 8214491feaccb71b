import HTTPTypes
import InMemoryLogging
import Nestbox
import NestboxSessions
import NestboxTesting
import Testing

@Suite("bound sessions", .timeLimit(.minutes(1)))
struct SessionBindingTests {
    private func site(
        _ kind: Kind, _ subject: SessionBinding.Subject, _ action: SessionBinding.Action = .destroy
    ) throws -> Site {
        try Site(kind) {
            $0.binding.subject = subject
            $0.binding.action = action
        } _: {
            $0.addRoutes()
        }
    }

    private static let page = #"["k": "v"] nil"#

    @Test("a session ends when another browser comes with it", arguments: Kind.allCases)
    func userAgent(kind: Kind) async throws {
        let site = try site(kind, .userAgent)
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v", headers: [.userAgent: "Lynx"])
        #expect(await visitor.get("/", headers: [.userAgent: "Lynx"]).text == Self.page)
        #expect(await visitor.get("/").text == Self.page, "a request without the field")
        let moved = await visitor.get("/", headers: [.userAgent: "Mosaic"])
        #expect(moved.text == "[:] nil")
        #expect(moved.sessionCookie?[attribute: "max-age"] == "0")
        #expect(site.events.contains("binding"))
        #expect(!site.log.entries.contains { "\($0.message)".contains("Mosaic") })
    }

    @Test("a session that began without a browser's name fits all", arguments: Kind.allCases)
    func noUserAgent(kind: Kind) async throws {
        let site = try site(kind, .userAgent)
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v")
        #expect(await visitor.get("/", headers: [.userAgent: "Mosaic"]).text == Self.page)
        #expect(!site.events.contains("binding"))
    }

    @Test(
        "a session ends when it comes from another network", arguments: Kind.allCases,
        [
            ("192.0.2.1", "192.0.2.254", true), ("192.0.2.1", "192.0.3.1", false),
            ("2001:db8:1:1::1", "2001:db8:1:ffff::2", true), ("2001:db8:1::1", "2001:db8:2::1", false),
            ("192.0.2.1", "2001:db8::1", false), ("192.0.2.1", nil, true), ("192.0.2.1", "unknown", true),
        ] as [(String, String?, Bool)])
    func network(kind: Kind, addresses: (String, String?, Bool)) async throws {
        let site = try site(kind, .addressPrefix)
        let visitor = try site.visitor { $0.remoteAddress = addresses.0 }
        _ = await visitor.post("/set?k=v")
        let moved = try site.visitor { $0.remoteAddress = addresses.1 }
        moved.cookies = visitor.cookies
        #expect((await moved.get("/").text == Self.page) == addresses.2)
    }

    @Test("a session that moved may go on, with a line in the log", arguments: Kind.allCases)
    func log(kind: Kind) async throws {
        let site = try site(kind, .userAgent, .log)
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v", headers: [.userAgent: "Lynx"])
        for _ in 0..<2 {
            let moved = await visitor.get("/", headers: [.userAgent: "Mosaic"])
            #expect(moved.text == Self.page)
            #expect(moved.setCookies.isEmpty)
        }
        #expect(site.events.filter { $0 == "binding" }.count == 2)
    }

    @Test("a session that moved may get a new id, once", arguments: Kind.allCases)
    func rotate(kind: Kind) async throws {
        let site = try site(kind, .userAgent, .rotate)
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v", headers: [.userAgent: "Lynx"])
        let moved = await visitor.get("/", headers: [.userAgent: "Mosaic"])
        #expect(moved.text == Self.page)
        #expect(moved.sessionCookie != nil)
        let again = await visitor.get("/", headers: [.userAgent: "Mosaic"])
        #expect(again.text == Self.page)
        #expect(again.setCookies.isEmpty)
    }

    @Test("without a binding a session goes wherever it is taken", arguments: Kind.allCases)
    func unbound(kind: Kind) async throws {
        let site = try site(kind, .none)
        let visitor = try site.visitor()
        _ = await visitor.post("/set?k=v", headers: [.userAgent: "Lynx"])
        #expect(await visitor.get("/", headers: [.userAgent: "Mosaic"]).text == Self.page)
    }
}
