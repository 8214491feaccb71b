import NestboxSessions

extension SessionStoreContract {
    /// New ids.
    static var rotations: [Check] {
        [
            Check("a session moves to a new id with its data and the change", .nothing) { subject in
                var record = subject.record(["a": 1])
                record.flashes = [SessionFlash("info", "hello")]
                let session = try await subject.store.create(record)
                let now = subject.clock.now
                let moved = try require(
                    try await subject.store.rotate(session, leaving: .retires(until: now + 10)) {
                        $0.user = "ada"
                        $0.renewedAt = now
                    }, "the session is gone")
                try expect(moved.token != session.token, "the token is the old one")
                try expect(!moved.isReplaced, "the new session is an old one")
                let loaded = try await subject.load(moved.token)
                try expect(loaded.record == moved.record, "what was loaded")
                try expect(loaded.record.values == ["a": 1] && loaded.record.user == "ada", "data is lost")
                try expect(loaded.record.flashes == record.flashes, "flashes are lost")
                try expect(try await subject.store.update(moved) { $0.values["b"] = 2 } != nil, "not to be written")
            },
            Check("a retired id is worthless, and for a time not unknown", .memory) { subject in
                let (session, now) = (try await subject.create(["a": 1]), subject.clock.now)
                let moved = try require(
                    try await subject.store.rotate(session, leaving: .retires(until: now + 10)) { _ in }, "gone")
                try expect(try await subject.store.load(session.token) == .retired, "not retired")
                try expect(try await subject.store.update(session) { $0.values["b"] = 2 } == nil, "updated")
                try expect(try await subject.store.touch(session, at: now) == nil, "touched")
                let again = try await subject.store.rotate(session, leaving: .retires(until: now + 10)) { _ in }
                try expect(again == nil, "moved")
                try await subject.store.delete(session)
                try expect(try await subject.store.load(session.token) == .retired, "not retired after a deletion")
                try expect(try await subject.load(moved.token).record.values == ["a": 1], "the new one has changed")
                subject.clock.now = now + 10
                try expect(try await subject.store.load(session.token) == .retired, "not retired in the last second")
                subject.clock.now = now + 11
                try await subject.expectAbsent(session.token, "an id whose time is over")
            },
            Check("an old id leads to the session for a time", .memory) { subject in
                let (session, now) = (try await subject.create(["a": 1]), subject.clock.now)
                let moved = try require(
                    try await subject.store.rotate(session, leaving: .forwards(until: now + 10)) { _ in }, "gone")
                let old = try await subject.load(session.token)
                try expect(old.isReplaced && old.token == session.token, "not known as an old one")
                try expect(old.key == moved.key && old.record == moved.record, "another session")
                // Both what was loaded before the move and what was loaded after it.
                for (name, stale) in ["b": session, "c": old] {
                    let updated = try await subject.update(stale) { $0.values[name] = 1 }
                    try expect(updated.isReplaced && updated.token == session.token, "not known as an old one")
                }
                let values = try await subject.load(moved.token).record.values
                try expect(values == ["a": 1, "b": 1, "c": 1], "writes are lost")
                subject.clock.now = now + 5
                try expect(try await subject.store.touch(old, at: now + 5) != nil, "not touched")
                try expect(try await subject.load(moved.token).record.usedAt == now + 5, "not touched")
                subject.clock.now = now + 10
                _ = try await subject.load(session.token)
                subject.clock.now = now + 11
                try await subject.expectAbsent(session.token, "an id whose time is over")
                try expect(try await subject.store.update(session) { _ in } == nil, "updated")
                _ = try await subject.load(moved.token)
            },
            Check("an old id gets no new one", .memory) { subject in
                let (session, now) = (try await subject.create(["a": 1]), subject.clock.now)
                _ = try await subject.store.rotate(session, leaving: .forwards(until: now + 10)) { _ in }
                let old = try await subject.load(session.token)
                for stale in [session, old] {
                    let moved = try await subject.store.rotate(stale, leaving: .retires(until: now + 10)) { _ in }
                    try expect(moved == nil, "moved")
                }
            },
            Check("a deletion by the old id deletes the session", .memory) { subject in
                for loadsAgain in [false, true] {
                    let (session, now) = (try await subject.create(["a": 1]), subject.clock.now)
                    let moved = try require(
                        try await subject.store.rotate(session, leaving: .forwards(until: now + 10)) { _ in }, "gone")
                    try await subject.store.delete(loadsAgain ? try await subject.load(session.token) : session)
                    try await subject.expectAbsent(moved.token, "the session")
                    try await subject.expectAbsent(session.token, "the old id")
                }
            },
            Check("ids renewed one after the other all lead to the session", .memory) { subject in
                let (first, now) = (try await subject.create(["n": 0]), subject.clock.now)
                var sessions = [first]
                for _ in 0..<4 {
                    let last = sessions[sessions.count - 1]
                    sessions.append(
                        try require(
                            try await subject.store.rotate(last, leaving: .forwards(until: now + 10)) { _ in }, "gone"))
                }
                for session in sessions {
                    _ = try await subject.update(session) {
                        if case .int(let number)? = $0.values["n"] { $0.values["n"] = .int(number + 1) }
                    }
                }
                let record = try await subject.load(sessions[sessions.count - 1].token).record
                try expect(record.values["n"] == 5, "writes are lost")
            },
            Check("of many that renew an id at once one does", .memory) { subject in
                let (session, now) = (try await subject.create(["a": 1]), subject.clock.now)
                let moved = try await withThrowingTaskGroup(of: StoredSession?.self) { group in
                    for _ in 0..<20 {
                        group.addTask {
                            try await subject.store.rotate(session, leaving: .forwards(until: now + 10)) { _ in }
                        }
                    }
                    return try await group.reduce(into: []) { if let session = $1 { $0.append(session) } }
                }
                try expect(moved.count == 1, "\(moved.count) did")
            },
        ]
    }
}
