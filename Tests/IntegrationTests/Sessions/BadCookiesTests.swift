import NestboxSessions
import NestboxTesting
import Testing

extension Integration.SessionsTests {
    @Suite("cookies that are no session's")
    struct BadCookiesTests {
        /// A value of the cookie, and what it is.
        struct Bad: CustomTestStringConvertible, Sendable {
            var value: String
            var testDescription: String
        }

        /// The times of a token that is valid now, and of one that was.
        private static let now = SessionClock.system.now

        /// A token that the program has made, or would have made with another configuration.
        static func token(
            _ site: SessionSite, at time: Int64 = now, _ change: (inout SessionConfiguration) -> Void = { _ in }
        ) async throws -> String {
            var configuration = try site.configuration
            change(&configuration)
            let store = try configuration.makeStore(clock: SessionClock { time })
            var record = SessionRecord(values: ["who": "ada"], createdAt: time, expiresAt: time + 1_209_600)
            record.usedAt = time
            return try await store.create(record).token.value
        }

        /// Texts that no one has signed.
        static let garbage: [Bad] = [
            .init(value: "x", testDescription: "a letter"),
            .init(value: ".", testDescription: "a dot"),
            .init(value: "..", testDescription: "two dots"),
            .init(value: "../../../../etc/passwd", testDescription: "a path"),
            .init(value: "%2e%2e%2fetc%2fpasswd", testDescription: "an encoded path"),
            .init(value: "%00", testDescription: "an encoded zero"),
            .init(value: "%", testDescription: "a percent sign"),
            .init(value: "%zz%u0041", testDescription: "bad percent signs"),
            .init(value: "a\tb", testDescription: "a tab"),
            .init(value: "\"", testDescription: "a quote"),
            .init(value: "\"quoted\"", testDescription: "quotes"),
            .init(value: "\"open", testDescription: "a quote that is not closed"),
            .init(value: "\\\"\\", testDescription: "backslashes"),
            .init(value: "żółw🐢", testDescription: "letters beyond ASCII"),
            .init(value: "{\"who\":\"ada\"}", testDescription: "JSON"),
            .init(value: "null", testDescription: "null"),
            .init(value: "a,b", testDescription: "a comma"),
            .init(value: "a b", testDescription: "a blank"),
            .init(value: "a=b=", testDescription: "equals signs"),
            .init(value: "<script>alert(1)</script>", testDescription: "a script"),
            .init(value: "' OR 1=1 --", testDescription: "SQL"),
            .init(value: String(repeating: "A", count: 43), testDescription: "an id that no one has"),
            .init(value: String(repeating: "A", count: 4096), testDescription: "4 KiB of A"),
            .init(value: String(repeating: "%41.", count: 1024), testDescription: "4 KiB of signs"),
        ]

        /// The requests of these tests, with the lines of the log that each causes.
        private final class Inspector {
            let site: SessionSite
            private let connection: HTTPConnection
            private var seen = 0

            init(_ site: SessionSite) throws {
                self.site = site
                connection = try site.nginx.connect()
                seen = try site.programs[0].log().count
            }

            func ask(_ cookie: String) throws -> (answer: Door.Answer, lines: [String]) {
                let answer = try Door.request(on: connection, "GET", "/", cookie: cookie)
                let lines = try site.programs[0].log()
                defer { seen = lines.count }
                return (answer, Array(lines[seen...]))
            }

            /// Expects an empty session and one line.
            func expectNothing(
                _ value: String, event: String = "invalid", _ what: @autoclosure () -> String,
                sourceLocation: SourceLocation = #_sourceLocation
            ) throws {
                let (answer, lines) = try ask("session=\(value)")
                #expect(answer.status == 200, "\(what())", sourceLocation: sourceLocation)
                #expect(
                    answer.text.contains(#""data":{},"isNew":true"#), "\(what()): \(answer.text)",
                    sourceLocation: sourceLocation)
                #expect(
                    lines.count == 1 && lines.allSatisfy { $0.contains(" notice nestbox ") }
                        && lines.allSatisfy { $0.contains(" session.event=\(event)") }, "\(what()): \(lines)",
                    sourceLocation: sourceLocation)
                #expect(
                    value.utf8.count < 20 || !lines.contains { $0.contains(value.prefix(20)) }, "\(what()): \(lines)",
                    sourceLocation: sourceLocation)
                // The client is told to drop it.
                let cookies = answer.setCookies.filter { $0.name == "session" && $0[attribute: "max-age"] == "0" }
                #expect(cookies.count == 1, "\(what()): \(answer.fields)", sourceLocation: sourceLocation)
            }
        }

        @Test("are an empty session, a status of 200 and one line of the log", arguments: SessionSite.Kind.allCases)
        func garbage(kind: SessionSite.Kind) throws {
            let inspector = try Inspector(try SessionSite(kind))
            for bad in Self.garbage { try inspector.expectNothing(bad.value, bad.testDescription) }
            var generator = SeededGenerator(seed: 43)
            for length in [1, 16, 32, 33, 76, 200, 1000] {
                let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
                try inspector.expectNothing(Base64URL.text(bytes), "base64 of \(length) random bytes")
            }
        }

        @Test("with control characters are no cookies, and do not come as far", arguments: SessionSite.Kind.allCases)
        func controlCharacters(kind: SessionSite.Kind) async throws {
            let inspector = try Inspector(try SessionSite(kind))
            let good = try await Self.token(inspector.site)
            for value in ["a\u{1}b", "\u{7F}", "\u{1B}[31m", "\(good)\u{8}"] {
                let (answer, lines) = try inspector.ask("session=\(value)")
                #expect(answer.status == 200)
                #expect(answer.text.contains(#""data":{},"isNew":true"#), "\(answer.text)")
                #expect(answer.cookieLines.isEmpty)
                #expect(lines.isEmpty, "\(lines)")
            }
            #expect(try inspector.ask("x=\u{1}; session=\(good)").answer.text.contains("ada"))
        }

        @Test("may be real tokens of something else, or of another time", arguments: SessionSite.Kind.allCases)
        func foreign(kind: SessionSite.Kind) async throws {
            let site = try SessionSite(kind)
            let inspector = try Inspector(site)
            let good = try await Self.token(site)
            #expect(try inspector.ask("session=\(good)").answer.text.contains("ada"))
            let expired = try await Self.token(site, at: Self.now - 1_209_700)
            try inspector.expectNothing(expired, event: "expired", "an expired token")
            let early = try await Self.token(site, at: Self.now + 1000)
            try inspector.expectNothing(early, event: "expired", "a token of the future")
            if kind != .file {
                let otherSecret = try await Self.token(site) {
                    $0.secrets = try? SessionSecrets(["another secret of more than 32 bytes"])
                }
                try inspector.expectNothing(otherSecret, "another secret")
            }
            if kind == .encrypted {
                let otherName = try await Self.token(site) { $0.cookie.name = "other" }
                try inspector.expectNothing(otherName, "a token of another cookie")
                let otherApplication = try await Self.token(site) { $0.applicationID = "other" }
                try inspector.expectNothing(otherApplication, "a token of another application")
                let signed = try await Self.token(site) { $0.protection = .signed }
                try inspector.expectNothing(signed, "a signed token")
            }
            // None of these has done harm to the good one.
            #expect(try inspector.ask("session=\(good)").answer.text.contains("ada"))
        }

        @Test("may be a token with any character changed, or cut off anywhere", arguments: SessionSite.Kind.allCases)
        func changed(kind: SessionSite.Kind) async throws {
            let site = try SessionSite(kind)
            let inspector = try Inspector(site)
            let good = try await Self.token(site)
            let characters = Array(good)
            for index in characters.indices {
                var copy = characters
                copy[index] = copy[index] == "A" ? "B" : "A"
                try inspector.expectNothing(String(copy), "\(index) changed of \(characters.count)")
                if index > 0 {
                    try inspector.expectNothing(String(characters[..<index]), "cut off after \(index)")
                }
            }
            try inspector.expectNothing(good + "A", "one more")
            try inspector.expectNothing(good + "=", "padding")
            #expect(try inspector.ask("session=\(good)").answer.text.contains("ada"))
        }

        @Test("may be many: eight are tried, more are all ignored", arguments: SessionSite.Kind.allCases)
        func duplicates(kind: SessionSite.Kind) async throws {
            let site = try SessionSite(kind)
            let inspector = try Inspector(site)
            let good = try await Self.token(site)
            func ask(_ values: [String]) throws -> (isFound: Bool, events: [String]) {
                let cookies = values.map { "session=\($0)" }.joined(separator: "; ")
                let (answer, lines) = try inspector.ask(cookies)
                #expect(answer.status == 200)
                let events = lines.compactMap { line in
                    line.split(separator: " ").first { $0.hasPrefix("session.event=") }.map { String($0.dropFirst(14)) }
                }
                #expect(events.count == lines.count, "\(lines)")
                return (answer.text.contains("ada"), events)
            }
            #expect(try ask([good, "x"]) == (true, ["duplicate"]))
            #expect(try ask(["x", good]) == (true, ["duplicate", "invalid"]))
            #expect(try ask(["x", "y"]) == (false, ["duplicate", "invalid", "invalid"]))
            let many = (1...7).map { "x\($0)" }
            #expect(try ask(many + [good]).isFound)
            #expect(try ask(many + ["y", good]) == (false, ["duplicate"]))
            #expect(try ask([good] + (1...19).map { "x\($0)" }) == (false, ["duplicate"]))
        }

        @Test("may be as long as nginx lets them be", arguments: SessionSite.Kind.allCases)
        func long(kind: SessionSite.Kind) throws {
            let inspector = try Inspector(try SessionSite(kind))
            // large_client_header_buffers: a field of 8 KiB with its name, its colon and its line end.
            let most = 8192 - "Cookie: session=\r\n".utf8.count
            try inspector.expectNothing(String(repeating: "A", count: most), "8 KiB")
            let answer = try inspector.site.fastCGI.request(
                "GET", "/", cookie: "session=" + String(repeating: "A", count: most + 2))
            #expect(answer.status == 400)
        }
    }
}

/// Base64url, for values that look like tokens.
private enum Base64URL {
    static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var (text, bits, count) = ("", 0, 0)
        for byte in bytes {
            (bits, count) = ((bits << 8 | Int(byte)) & 0xFFFF, count + 8)
            while count >= 6 {
                count -= 6
                text.append(digits[bits >> count & 63])
            }
        }
        if count > 0 { text.append(digits[bits << (6 - count) & 63]) }
        return text
    }
}
