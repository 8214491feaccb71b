import NestboxSessions
import NestboxTesting
import Testing

extension Integration.SessionsTests {
    @Suite("what no file and no log holds")
    struct SecrecyTests {
        static let marker = "MARKER-7f3a9c51e2"

        @Test("cookies, secrets, and what is in encrypted sessions", arguments: SessionSite.Kind.allCases)
        func story(kind: SessionSite.Kind) async throws {
            let site = try SessionSite(kind, ["NESTBOX_LOG_LEVEL": "trace"])
            let everSet = try await Self.tellStory(site)
            #expect(everSet.count >= 6)
            let log = try site.programs[0].log()
            // The log is really as talkative as it gets.
            for event in [
                "created", "loaded", "rotated", "destroyed", "invalid", "expired", "too_large", "duplicate",
                "mistyped",
            ] {
                #expect(log.contains { $0.contains(" session.event=\(event)") }, "\(event)")
            }
            var texts = everSet.flatMap { token in
                // Whole, and each third of it.
                let third = token.utf8.count / 3
                return [token] + (0..<3).map { String(token.dropFirst($0 * third).prefix(third)) }
            }
            texts = texts.filter { $0.utf8.count >= 12 } + [SessionSite.secret]
            let logs = [
                site.programs[0].directory.path("log"), site.nginx.directory.path("error.log"),
                site.nginx.directory.path("access.log"),
            ]
            for path in logs { try Self.search(path, for: texts + [Self.marker]) }
            #expect(site.files.isEmpty == (kind != .file))
            for file in site.files {
                let directory = try #require(site.environment["NESTBOX_SESSION_FILE_DIRECTORY"])
                try Self.search("\(directory)/\(file)", for: texts)
                #expect(!texts.contains { file.contains($0) }, "\(file)")
            }
            if kind == .encrypted {
                for token in everSet { #expect(!token.contains(Self.marker)) }
            }
        }

        private static func search(_ path: String, for texts: [String]) throws {
            let content = try File.text(path)
            for text in texts { #expect(!content.contains(text), "\(path) holds \(text)") }
        }

        /// All that can happen to sessions; returns all values of cookies that were set or sent.
        private static func tellStory(_ site: SessionSite) async throws -> [String] {
            let door = site.fastCGI
            var visitor = Visitor()
            _ = try visitor.look(at: door)
            #expect(try visitor.post("/mark", at: door).status == 200)
            let anonymous = visitor
            #expect(try visitor.post("/login/ada-the-countess", at: door).status == 200)
            #expect(try visitor.look(at: door)["user"] == "ada-the-countess")
            #expect(try visitor.post("/mark-and-fail", at: door).status == 500)
            #expect(try visitor.post("/fill/huge/2000000", at: door).status == 500)
            // What is no number cannot be counted up, and reads as nothing where a number is expected.
            #expect(try visitor.post("/increment/mark", at: door).status == 500)
            #expect(try visitor.post("/add/mark", at: door).status == 200)
            #expect(try visitor.post("/mark", at: door).status == 200)
            var sent: [String] = []
            func send(_ value: String) throws {
                sent.append(value)
                #expect(try door.request("GET", "/", cookie: "session=\(value)").status == 200)
            }
            let token = try #require(visitor.session)
            try send(String(token.dropLast(3)) + "AAA")
            try send(String(token.reversed()))
            try send(String(token.dropFirst()))
            try send(try await BadCookiesTests.token(site, at: SessionClock.system.now - 2_000_000))
            let pair = "session=\(token); session=\(String(token.reversed()))"
            #expect(try door.request("GET", "/", cookie: pair).status == 200)
            // A field that nginx refuses, and a request that the application does.
            _ = try? door.request("GET", "/", cookie: "session=\(String(repeating: token, count: 400))")
            _ = try? door.request("GET", "/nowhere", cookie: "session=\(token)")
            let loggedIn = visitor
            #expect(try visitor.post("/logout", at: door).status == 200)
            for var old in [anonymous, loggedIn] {
                _ = try old.post("/mark", at: door)
                sent += old.everSet
            }
            return Array(Set(visitor.everSet + sent))
        }
    }
}
