import NestboxSessions

extension SessionStoreContract {
    /// Tokens that name nothing.
    static var tokens: [Check] {
        [
            Check("a token that no store made is absent", .nothing) { subject in
                _ = try await subject.create(["a": 1])
                for token in hostileTokens {
                    try await subject.expectAbsent(SessionToken(token), token.prefix(60).debugDescription)
                }
            },
            Check("the key of a session is no token for it", .memory) { subject in
                let session = try await subject.create(["a": 1])
                let key = try require(session.key, "a session without a key")
                try expect(key.utf8.count == 64, "the key has \(key.utf8.count) digits")
                try await subject.expectAbsent(SessionToken(key), "the key")
                try await subject.expectAbsent(SessionToken(String(key.prefix(43))), "a part of the key")
            },
            Check("what can be done with a session can be asked of one that never was", .memory) { subject in
                for token in hostileTokens {
                    let session = StoredSession(token: SessionToken(token), record: subject.record())
                    try expect(try await subject.store.update(session) { _ in } == nil, "updated")
                    try expect(try await subject.store.touch(session, at: subject.clock.now) == nil, "touched")
                    let moved = try await subject.store.rotate(session, leaving: .retires(until: .max)) { _ in }
                    try expect(moved == nil, "moved")
                    try await subject.store.delete(session)
                }
            },
            Check("two sessions have two tokens", .nothing) { subject in
                var tokens: Set<String> = []
                for index in 0..<50 { tokens.insert(try await subject.create(["n": .int(Int64(index))]).token.value) }
                try expect(tokens.count == 50, "\(tokens.count) tokens for 50 sessions")
            },
        ]
    }

    private static let hostileTokens: [String] = [
        "", " ", "a", String(repeating: "A", count: 42), String(repeating: "A", count: 43),
        String(repeating: "A", count: 44), String(repeating: "=", count: 43), String(repeating: "/", count: 43),
        "../../../../../../../../../../etc/passwd", String(repeating: "../", count: 14) + "a",
        String(repeating: ".", count: 43), "\0" + String(repeating: "A", count: 42),
        String(repeating: "A", count: 42) + "\0", String(repeating: "A", count: 43) + "\r\n",
        String(repeating: "ä", count: 43), String(repeating: "A", count: 42) + "é", "\u{FEFF}" + "🦊", "null", "{}",
        "eyJmb28iOjF9.ZVPxAA.JUUshZI9PlYjM_BUO7dRtsHFwjA", String(repeating: "A", count: 1_000_000),
    ]

    /// What comes back.
    static var records: [Check] {
        [
            Check("every kind of value comes back as it was", .nothing) { subject in
                let session = try await subject.create(values)
                try expect(session.record.values == values, "what create returned")
                let loaded = try await subject.load(session.token)
                for (name, value) in values {
                    try expect(loaded.record.values[name] == value, "\(name) came back otherwise")
                }
                try expect(loaded.record.values.count == values.count, "other keys: \(loaded.record)")
            },
            Check("all that a record tells comes back as it was", .limits) { subject in
                let now = subject.clock.now
                var record = SessionRecord(
                    values: ["a": 1], createdAt: now - 100, expiresAt: now + 1000, idleTimeout: 500)
                record.usedAt = now - 50
                record.renewedAt = now - 70
                record.user = "émile \"7\"\n"
                record.isRemembered = true
                record.binding = "0123abcd"
                record.flashes = [
                    SessionFlash("error", "no"), SessionFlash("", ["deep": [1, nil]]), SessionFlash("error", nil),
                ]
                let session = try await subject.store.create(record)
                let loaded = try await subject.load(session.token)
                try expect(loaded.record == record, "other than it was")
                try expect(loaded.token == session.token && !loaded.isReplaced, "another token")
                try expect(loaded.key == session.key, "another key")
            },
            Check("names of values that stores use themselves are free", .nothing) { subject in
                let names = ["v", "created", "expires", "user", "data", "_c", "_u", "__proto__", "", "until", "to"]
                let values = Dictionary(uniqueKeysWithValues: names.map { ($0, SessionValue.string("mine")) })
                let session = try await subject.create(values)
                try expect(try await subject.load(session.token).record.values == values, "other values")
                try expect(try await subject.load(session.token).record.user == nil, "a user")
            },
            Check("a session without data can be stored", .nothing) { subject in
                let session = try await subject.create()
                try expect(try await subject.load(session.token).record.values.isEmpty, "values")
            },
        ]
    }

    private static let values: [String: SessionValue] = [
        "null": nil, "true": true, "false": false, "zero": 0, "minus": -1, "large": .int(.max), "small": .int(.min),
        "beyond": .int(9_007_199_254_740_993), "half": 0.5, "one": .double(1), "tiny": .double(.leastNonzeroMagnitude),
        "huge": .double(.greatestFiniteMagnitude), "third": .double(1.0 / 3), "empty": "", "text": "Grüße, 世界 🦊",
        "quotes": "\"\\/\u{8}\u{c}\n\r\t", "nul": "a\0b", "lines": "\u{2028}\u{2029}\u{7f}", "markup": "</script><!--",
        "array": [1, "two", nil, [3.5, [true]]], "nothing": [], "object": ["a": ["b": ["c": [:]]]], "ключ": "value",
        "": "no name",
    ]

    /// What does not fit, and what cannot be stored.
    static var sizes: [Check] {
        [
            Check("a session that is too large is refused, and the old one stays", .nothing) { subject in
                let large = SessionValue.string(String(repeating: "x", count: Subject.maxBytes + 1))
                try await expectError(.tooLarge) { _ = try await subject.create(["large": large]) }
                let session = try await subject.create(["a": 1])
                try await expectError(.tooLarge) {
                    _ = try await subject.store.update(session) { $0.values["large"] = large }
                }
                try expect(try await subject.load(session.token).record.values == ["a": 1], "the old one is gone")
            },
            Check("a session may grow and shrink within the limit", .nothing) { subject in
                var session = try await subject.create(["a": 1])
                for count in [100, 1000, 2500, 10, 2000, 0, 500, 1500, 1] {
                    let text = String(repeating: "x", count: count)
                    session = try await subject.update(session) { $0.values["text"] = .string(text) }
                    let loaded = try await subject.load(session.token)
                    try expect(loaded.record.values == ["a": 1, "text": .string(text)], "\(count) bytes")
                }
            },
            Check("numbers that are not finite are refused, and the old session stays", .nothing) { subject in
                for number in [Double.nan, .infinity, -.infinity] {
                    try await expectError(.invalidValue) { _ = try await subject.create(["n": [.double(number)]]) }
                    let session = try await subject.create(["a": 1])
                    try await expectError(.invalidValue) {
                        _ = try await subject.store.update(session) { $0.values["n"] = .double(number) }
                    }
                    try expect(try await subject.load(session.token).record.values == ["a": 1], "the old one is gone")
                }
            },
        ]
    }

    private static func expectError(
        _ code: SessionStoreError.Code, _ body: () async throws -> Void
    ) async throws {
        do {
            try await body()
        } catch let error as SessionStoreError {
            return try expect(error.code == code, "\(error)")
        }
        throw Violation(description: "no error")
    }
}
