import InMemoryLogging
import Nestbox
import NestboxSessions
import NestboxTesting
import Testing

extension SessionKey where Value == Int {
    fileprivate static var visits: Self { Self("visits") }
}
extension SessionKey where Value == [String] {
    fileprivate static var names: Self { Self("names") }
}
extension SessionKey where Value == Bird {
    fileprivate static var bird: Self { Self("bird") }
}

private struct Bird: Codable, Sendable, Equatable {
    var name: String
    var age: Int
}

@Suite("values of sessions", .timeLimit(.minutes(1)))
struct SessionValuesTests {
    /// Runs `write` in one request and `read` in the next.
    private func check(
        _ kind: Kind, write: @escaping @Sendable (Session) throws -> Void,
        read: @escaping @Sendable (Session) throws -> Void
    ) async throws -> Site {
        let site = try Site(kind) { router in
            router.post("/") { request in
                try write(try await request.session)
                return "written"
            }
            router.get("/") { request in
                try read(try await request.session)
                return "read"
            }
        }
        let visitor = try site.visitor()
        let written = await visitor.post("/")
        #expect(written.status == .ok, "\(written)")
        let answer = await visitor.get("/")
        #expect(answer.status == .ok, "\(answer)")
        return site
    }

    @Test("typed keys are there again on the next visit", arguments: Kind.allCases)
    func typedKeys(kind: Kind) async throws {
        _ = try await check(kind) { session in
            #expect(session.isNew)
            #expect(session[.visits] == nil)
            session[.visits, default: 0] += 1
            session[.visits, default: 0] += 1
            session[.bird] = Bird(name: "wren", age: 2)
            #expect(session.isModified)
        } read: { session in
            #expect(!session.isNew)
            #expect(session[.visits] == 2)
            #expect(session[.bird] == Bird(name: "wren", age: 2))
            #expect(!session.isModified)
            session[.visits] = 2
            #expect(!session.isModified)
        }
    }

    @Test("everything that the model's page shows works", arguments: Kind.allCases)
    func model(kind: Kind) async throws {
        _ = try await check(kind) { session in
            session["example"] = "Lorem ipsum"
            #expect(session["foo"] == nil)
            #expect(session.get("foo", default: 100) == 100)
            #expect(throws: SessionError.self) { try session.require("foo") }
            #expect(session.contains("example"))
            #expect(!session.contains("something"))
            session["gone"] = 1
            try session.remove("gone")
            try session.update(["a": 1, "b": 2])
        } read: { session in
            let example = try session.require("example")
            #expect(example == "Lorem ipsum")
            #expect(session.get("example") == "Lorem ipsum")
            #expect(session.keys == ["a", "b", "example"])
            #expect(session.count == 3)
            #expect(session.dictionary == ["a": 1, "b": 2, "example": "Lorem ipsum"])
        }
    }

    static let values: [SessionValue] = [
        nil, true, false, 0, -1, .int(.max), .int(.min), 1.5, .double(.leastNonzeroMagnitude), "", "a;b,c=d \"e\"",
        "ü✨漢字😀",
        "a\u{0}b\r\n", [], [1, "a", [2]], [:], ["a": ["b": nil]],
    ]

    @Test("every value survives", arguments: Kind.allCases, values)
    func roundTrip(kind: Kind, value: SessionValue) async throws {
        _ = try await check(kind) { session in
            session["k"] = value
        } read: { session in
            #expect(session["k"] == value)
            #expect(session.contains("k"))
        }
    }

    @Test(
        "keys may look like the store's own", arguments: Kind.allCases,
        ["_c", "__c", "___c", "_u", "_sid", "__sid", "_flashes", "_", "", " ", "$x", "_r", "v", "data", "é"])
    func keys(kind: Kind, key: String) async throws {
        _ = try await check(kind) { session in
            session[key] = 1
            session["_f"] = "mine"
            try session.flash("a", "b")
        } read: { session in
            #expect(session.dictionary == [key: 1, "_f": "mine"])
            #expect(session.user == nil)
        }
    }

    @Test("a value of another type reads as nil, and the log says so once", arguments: Kind.allCases)
    func mistyped(kind: Kind) async throws {
        let site = try await check(kind) { session in
            session["visits"] = "many"
            session["names"] = ["Ada"]
        } read: { session in
            #expect(session[.visits] == nil)
            #expect(session[.visits, default: 7] == 7)
            #expect(throws: SessionError.self) { try session.require(.visits) }
            #expect(session[.names] == ["Ada"])
        }
        #expect(site.events.count { $0 == "mistyped" } == 1)
        #expect(!site.log.entries.contains { "\($0.message)".contains("many") })
    }

    @Test("lists and numbers change by operations", arguments: Kind.allCases)
    func operations(kind: Kind) async throws {
        _ = try await check(kind) { session in
            let one = try session.increment(.visits)
            let sum = try session.increment(.visits, by: 41)
            #expect([one, sum] == [1, 42])
            try session.append("Ada", to: .names)
            try session.append("Grace", to: .names)
            try session.append("Ada", to: .names)
            try session.remove("Ada", from: .names)
            try session.append(3, to: "numbers")
        } read: { session in
            #expect(session[.visits] == 42)
            #expect(session[.names] == ["Grace"])
            #expect(session["numbers"] == [3])
            #expect(throws: SessionError.self) { try session.increment("names") }
            #expect(throws: SessionError.self) { try session.append(1, to: "visits") }
            session["big"] = .int(.max)
            #expect(throws: SessionError.self) { try session.increment("big") }
        }
    }

    @Test("clearing removes the values and keeps the session", arguments: Kind.allCases)
    func clear(kind: Kind) async throws {
        let site = try Site(kind) { router in
            router.post("/set") { request in
                try await request.session["a"] = 1
                return "set"
            }
            router.post("/clear") { request in
                let session = try await request.session
                try session.clear()
                #expect(session.isEmpty)
                return "cleared"
            }
            router.get("/") { request in "\(try await request.session.keys)" }
        }
        let visitor = try site.visitor()
        _ = await visitor.post("/set")
        let cleared = await visitor.post("/clear")
        // A cookie with nothing in it is no cookie.
        #expect((cleared.sessionCookie?[attribute: "max-age"] == "0") == kind.isCookie)
        #expect(await visitor.get("/").text == "[]")
        _ = await visitor.post("/set")
        #expect(await visitor.get("/").text == #"["a"]"#)
    }

    @Test("a value that cannot be stored fails the request and keeps what was there", arguments: Kind.allCases)
    func unencodable(kind: Kind) async throws {
        let site = try Site(kind) { router in
            router.post("/good") { request in
                try await request.session["a"] = 1
                return "good"
            }
            router.post("/bad") { request in
                let session = try await request.session
                session["a"] = 2
                session[SessionKey<Double>("b")] = .infinity
                return "bad"
            }
            router.post("/deep") { request in
                var value = SessionValue.array([])
                for _ in 0..<40 { value = [value] }
                try await request.session["deep"] = value
                return "deep"
            }
            router.get("/") { request in "\(try await request.session.dictionary["a"] == 1)" }
        }
        let visitor = try site.visitor()
        _ = await visitor.post("/good")
        for path in ["/bad", "/deep"] {
            let bad = await visitor.post(path)
            #expect(bad.status == .internalServerError)
            #expect(bad.setCookies.isEmpty)
            #expect(await visitor.get("/").text == "true")
        }
    }

    @Test(
        "values and messages may be nested 32 levels deep, and no deeper", arguments: Kind.allCases,
        ["value", "message", "list"])
    func depth(kind: Kind, place: String) async throws {
        let site = try Site(kind) { router in
            router.post("/{levels}") { request in
                let session = try await request.session
                let levels = try request.parameters.require("levels", as: Int.self)
                let value = (1..<levels).reduce(SessionValue.array([])) { value, level in
                    level % 2 == 0 ? [value] : ["a": value]
                }
                switch (place, value) {
                case ("list", .array(let elements)): for element in elements { try session.append(element, to: "deep") }
                case ("message", _): try session.flash("deep", value)
                default: session["deep"] = value
                }
                return "deep"
            }
            router.get("/") { request in
                let session = try await request.session
                return "\(session.count + session.allFlashes.count)"
            }
        }
        let visitor = try site.visitor()
        let refused = await visitor.post("/33")
        #expect(refused.status == .internalServerError)
        #expect("\(refused.error.map { "\($0)" } ?? "")".contains("32 levels"))
        #expect(await visitor.get("/").text == "0")
        #expect(await visitor.post(place == "list" ? "/31" : "/32").status == .ok)
        #expect(await visitor.get("/").text == "1")
    }

    @Test("printing a token shows how long it is")
    func token() {
        let token = SessionToken("secret")
        var dumped = ""
        dump(token, to: &dumped)
        #expect("\(token)" == "SessionToken(6 bytes)")
        #expect(!dumped.contains("secret"), "\(dumped)")
    }

    @Test("printing a session shows keys and never values", arguments: Kind.allCases)
    func description(kind: Kind) async throws {
        _ = try await check(kind) { session in
            session["card"] = "4111"
            #expect("\(session)" == "Session(card)")
        } read: { session in
            #expect(String(reflecting: session).contains("4111") == false)
            var dumped = ""
            dump(session, to: &dumped)
            #expect(dumped.hasPrefix("- Session(card)"), "\(dumped)")
            #expect(dumped.count { $0 == "\n" } == 1)
        }
    }
}
