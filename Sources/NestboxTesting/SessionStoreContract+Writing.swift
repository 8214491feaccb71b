import NestboxSessions

extension SessionStoreContract {
    /// Changes.
    static var updates: [Check] {
        [
            Check("what an update returns is what is loaded next", .nothing) { subject in
                var session = try await subject.create(["a": 1])
                for index in 2..<30 {
                    session = try await subject.update(session) { $0.values["a"] = .int(Int64(index)) }
                    try expect(session.record.values == ["a": .int(Int64(index))], "what update returned")
                    try expect(try await subject.load(session.token).record == session.record, "what was loaded")
                }
            },
            Check("every field of a record can be changed", .limits) { subject in
                let session = try await subject.create(["a": 1])
                let now = subject.clock.now
                let changed = try await subject.update(session) {
                    $0.user = "ada"
                    $0.isRemembered = true
                    $0.binding = "b"
                    $0.flashes = [SessionFlash("info", "hello")]
                    $0.createdAt = now - 1
                    $0.usedAt = now + 1
                    $0.renewedAt = now + 2
                    $0.expiresAt = now + 3
                    $0.idleTimeout = 4
                }
                try expect(try await subject.load(changed.token).record == changed.record, "other than it was")
                let back = try await subject.update(changed) {
                    $0 = SessionRecord(values: ["b": 2], createdAt: now)
                }
                try expect(try await subject.load(back.token).record == back.record, "other than it was")
                try expect(back.record.user == nil && back.record.values == ["b": 2], "remains")
            },
            Check("the version counts updates", .memory) { subject in
                var session = try await subject.create()
                let first = session.record.version
                for _ in 0..<5 { session = try await subject.update(session) { _ in } }
                try expect(session.record.version == first + 5, "\(session.record.version - first) of 5")
            },
            Check("a change sees what others wrote, not what was loaded", .memory) { subject in
                let session = try await subject.create(["a": 1])
                _ = try await subject.update(session) { $0.values["b"] = 2 }
                let both = try await subject.update(session) { $0.values["c"] = 3 }
                try expect(both.record.values == ["a": 1, "b": 2, "c": 3], "keys are lost: \(both.record)")
            },
            Check("a hundred increments at once count to a hundred", .memory) { subject in
                let session = try await subject.create(["n": 0])
                try await withThrowingTaskGroup { group in
                    for _ in 0..<100 {
                        group.addTask {
                            _ = try await subject.update(session) {
                                if case .int(let number)? = $0.values["n"] { $0.values["n"] = .int(number + 1) }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let record = try await subject.load(session.token).record
                try expect(record.values["n"] == 100, "increments are lost")
                try expect(record.version == session.record.version + 100, "versions are lost")
            },
            Check("writers of different keys do not disturb each other", .memory) { subject in
                let session = try await subject.create()
                let names = "abcdefghijklmnopqrstuvwxyz".map { String($0) }
                try await withThrowingTaskGroup { group in
                    for name in names {
                        group.addTask {
                            for count in 1...10 {
                                let value = SessionValue.string(String(repeating: name, count: count * 5))
                                _ = try await subject.update(session) { $0.values[name] = value }
                                let seen = try await subject.load(session.token).record.values[name]
                                try expect(seen == value, "\(name) is lost")
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let values = try await subject.load(session.token).record.values
                try expect(values.keys.sorted() == names, "keys are lost")
            },
        ]
    }

    /// The end of a session.
    static var deletions: [Check] {
        [
            Check("a deleted session is absent", .memory) { subject in
                let session = try await subject.create(["a": 1])
                try await subject.store.delete(session)
                try await subject.expectAbsent(session.token, "a deleted session")
            },
            Check("deleting what is deleted is no error", .nothing) { subject in
                let session = try await subject.create(["a": 1])
                try await subject.store.delete(session)
                try await subject.store.delete(session)
            },
            Check("nothing brings a deleted session back", .memory) { subject in
                let session = try await subject.create(["a": 1])
                try await subject.store.delete(session)
                try expect(try await subject.store.update(session) { $0.values["b"] = 2 } == nil, "updated")
                try expect(try await subject.store.touch(session, at: subject.clock.now + 1) == nil, "touched")
                let moved = try await subject.store.rotate(session, leaving: .forwards(until: .max)) { _ in }
                try expect(moved == nil, "moved")
                try await subject.expectAbsent(session.token, "a deleted session")
            },
            Check("a deletion among updates is final", .memory) { subject in
                let session = try await subject.create(["n": 0])
                try await withThrowingTaskGroup { group in
                    for index in 0..<50 {
                        group.addTask {
                            if index == 20 {
                                try await subject.store.delete(session)
                            } else {
                                _ = try await subject.store.update(session) { $0.values["\(index)"] = 1 }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                try await subject.expectAbsent(session.token, "a deleted session")
            },
            Check("one session's end is not another's", .memory) { subject in
                let (first, second) = (try await subject.create(["a": 1]), try await subject.create(["b": 2]))
                try await subject.store.delete(first)
                try expect(try await subject.load(second.token).record.values == ["b": 2], "the other one")
            },
        ]
    }

    /// The limits of a session's life.
    static var expiry: [Check] {
        [
            Check("a touch moves the time of last use and nothing else", .nothing) { subject in
                let session = try await subject.create(["a": 1])
                subject.clock.advance(by: 100)
                let touched = try require(
                    try await subject.store.touch(session, at: subject.clock.now), "the session is gone")
                var expected = session.record
                expected.usedAt += 100
                try expect(touched.record == expected, "what touch returned")
                try expect(try await subject.load(touched.token).record == expected, "what was loaded")
            },
            Check("a session that has expired may be loaded, and says so", .limits) { subject in
                for limit in [Int64(0), 1, 1000] {
                    var record = subject.record(["a": 1])
                    record.expiresAt = subject.clock.now + limit
                    let session = try await subject.store.create(record)
                    subject.clock.advance(by: limit)
                    let last = try await subject.load(session.token)
                    try expect(!last.record.isExpired(at: subject.clock.now), "expired at its last second")
                    subject.clock.advance(by: 1)
                    let found = try await subject.store.load(session.token)
                    let isExpired = found.session?.record.isExpired(at: subject.clock.now) ?? true
                    try expect(isExpired, "valid after its last second")
                }
            },
            Check("a session that has expired is not written", .memory) { subject in
                var absolute = subject.record(["a": 1])
                absolute.expiresAt = subject.clock.now + 10
                var idle = subject.record(["a": 1])
                idle.idleTimeout = 10
                for record in [absolute, idle] {
                    let now = subject.clock.now
                    let session = try await subject.store.create(record)
                    subject.clock.now = now + 10
                    let last = try await subject.store.update(session) { $0.values["b"] = 2 }
                    try expect(last != nil, "not written at its last second")
                    subject.clock.now = now + 11
                    try expect(try await subject.store.update(session) { $0.values["c"] = 3 } == nil, "updated")
                    try expect(try await subject.store.touch(session, at: now + 11) == nil, "touched")
                    let moved = try await subject.store.rotate(session, leaving: .retires(until: .max)) { _ in }
                    try expect(moved == nil, "moved")
                    subject.clock.now = now
                }
            },
            Check("a touch keeps an idle session alive", .memory) { subject in
                var record = subject.record(["a": 1])
                record.idleTimeout = 10
                let session = try await subject.store.create(record)
                for _ in 0..<5 {
                    subject.clock.advance(by: 10)
                    let touched = try await subject.store.touch(session, at: subject.clock.now)
                    try expect(touched != nil, "the session is gone")
                }
                try expect(try await subject.store.update(session) { _ in } != nil, "the session is gone")
            },
        ]
    }
}
