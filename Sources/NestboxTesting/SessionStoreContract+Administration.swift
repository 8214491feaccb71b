import NestboxSessions

extension SessionStoreContract {
    /// Lists and revocation.
    static var listings: [Check] {
        [
            Check("a list shows all sessions that have not expired", .listing) { subject in
                let store: any ListingSessionStore = try subject.needed()
                try expect(try await store.list(user: nil, limit: 10).isEmpty, "an empty store has sessions")
                var sessions: [StoredSession] = []
                for index in 0..<20 { sessions.append(try await subject.create(user: "user \(index % 2)")) }
                _ = try await subject.create(user: "user 0", expiresAt: subject.clock.now - 1)
                try await store.delete(sessions.removeFirst())
                let expected = sessions.compactMap { session in
                    session.key.map { SessionListing(key: $0, record: session.record) }
                }
                try expect(Set(try await store.list(user: nil, limit: 100)) == Set(expected), "other sessions")
                try expect(try await store.list(user: nil, limit: 5).count == 5, "more than the limit")
                try expect(try await store.list(user: nil, limit: 0).isEmpty, "more than the limit")
                let one = expected.filter { $0.user == "user 1" }
                try expect(Set(try await store.list(user: "user 1", limit: 100)) == Set(one), "of one user")
                try expect(try await store.list(user: "user 1", limit: 3).count == 3, "more than the limit")
                try expect(try await store.list(user: "../user 1", limit: 3).isEmpty, "of nobody")
            },
            Check("a list follows logins, logouts and new ids", .listing) { subject in
                let store: any ListingSessionStore = try subject.needed()
                let now = subject.clock.now
                let session = try await subject.create(["a": 1])
                try expect(try await store.list(user: "ada", limit: 9).isEmpty, "before the login")
                let moved = try require(
                    try await store.rotate(session, leaving: .retires(until: now + 10)) { $0.user = "ada" }, "gone")
                try expect(try await store.list(user: "ada", limit: 9).map(\.key) == [moved.key], "after the login")
                try expect(try await store.list(user: nil, limit: 9).map(\.key) == [moved.key], "the old id is listed")
                let again = try require(
                    try await store.rotate(moved, leaving: .forwards(until: now + 10)) { _ in }, "gone")
                try expect(try await store.list(user: "ada", limit: 9).map(\.key) == [again.key], "after a new id")
                let other = try await subject.update(again) { $0.user = "bob" }
                try expect(try await store.list(user: "ada", limit: 9).isEmpty, "after a change of user")
                try expect(try await store.list(user: "bob", limit: 9).map(\.key) == [other.key], "the new user")
                _ = try await subject.update(other) { $0.user = nil }
                try expect(try await store.list(user: "bob", limit: 9).isEmpty, "after the logout")
            },
            Check("a session is revoked by its key", .listing) { subject in
                let store: any ListingSessionStore = try subject.needed()
                let (first, second) = (try await subject.create(["a": 1]), try await subject.create(user: "ada"))
                for session in [first, second] {
                    let key = try require(session.key, "a session without a key")
                    try expect(try await store.revoke(key: key), "it was not there")
                    try expect(try await store.revoke(key: key) == false, "it was there twice")
                    try await subject.expectAbsent(session.token, "a revoked session")
                }
                for key in ["", "a", "../../x", String(repeating: "0", count: 64), first.token.value, "\0", "lock"] {
                    try expect(try await store.revoke(key: key) == false, "\(key.debugDescription) was there")
                }
            },
            Check("all sessions of a user are revoked but for one", .listing) { subject in
                let store: any ListingSessionStore = try subject.needed()
                var sessions: [StoredSession] = []
                for _ in 0..<5 { sessions.append(try await subject.create(user: "ada")) }
                let other = try await subject.create(user: "bob")
                let kept = sessions[2]
                let count = try await store.revokeAll(user: "ada", except: kept.key)
                try expect(count == 4, "\(count) of 4")
                for session in sessions where session.token != kept.token {
                    try await subject.expectAbsent(session.token, "a revoked session")
                }
                _ = try await subject.load(kept.token)
                _ = try await subject.load(other.token)
                try expect(try await store.revokeAll(user: "ada", except: nil) == 1, "the last one")
                try expect(try await store.revokeAll(user: "ada", except: nil) == 0, "none is left")
                try expect(try await store.revokeAll(user: "nobody", except: nil) == 0, "nobody")
                _ = try await subject.load(other.token)
            },
            Check("a new id does not escape from a revocation", .listing) { subject in
                let store: any ListingSessionStore = try subject.needed()
                let until = subject.clock.now + 10
                for _ in 0..<100 {
                    let session = try await subject.create(user: "ada")
                    try await withThrowingTaskGroup { group in
                        group.addTask { _ = try await store.rotate(session, leaving: .retires(until: until)) { _ in } }
                        group.addTask { _ = try await store.revokeAll(user: "ada", except: nil) }
                        try await group.waitForAll()
                    }
                    try expect(try await store.list(user: "ada", limit: 9).isEmpty, "a session is left")
                }
            },
        ]
    }

    /// Sweeping.
    static var sweeps: [Check] {
        [
            Check("a sweep deletes what has expired and nothing else", .sweeping) { subject in
                let store: any SweepingSessionStore = try subject.needed()
                let now = subject.clock.now
                var dead: [StoredSession] = []
                var alive: [StoredSession] = []
                for index in 0..<30 {
                    var record = subject.record(["n": .int(Int64(index))])
                    record.user = index % 3 == 0 ? "ada" : nil
                    record.expiresAt = now + Int64(index % 2 * 100)
                    let session = try await store.create(record)
                    if index % 2 == 0 { dead.append(session) } else { alive.append(session) }
                }
                for session in [try await subject.create(["a": 1]), try await subject.create(["a": 1])] {
                    alive.append(
                        try require(
                            try await store.rotate(session, leaving: .retires(until: now + 5)) { _ in }, "gone"))
                    dead.append(session)
                }
                let early = try await store.sweep(at: now)
                try expect(early.deleted == 0, "\(early.deleted) at their last second")
                subject.clock.now = now + 6
                let sweep = try await store.sweep(at: now + 6)
                try expect(sweep.deleted == dead.count, "\(sweep.deleted) of \(dead.count)")
                try expect(sweep.examined >= dead.count + alive.count, "\(sweep.examined) were looked at")
                for session in dead { try await subject.expectAbsent(session.token, "a swept session") }
                for session in alive { _ = try await subject.load(session.token) }
                try expect(try await store.sweep(at: now + 6).deleted == 0, "a second sweep found some")
            },
            Check("small sweeps reach everything in the end", .sweeping) { subject in
                let store: any SweepingSessionStore = try subject.needed()
                for _ in 0..<20 { _ = try await subject.create(user: "ada", expiresAt: subject.clock.now) }
                subject.clock.advance(by: 1)
                var deleted = 0
                // A part that chance picks of 256 is missed 20,000 times with a probability of 10 to the -34.
                for _ in 0..<20_000 where deleted < 20 {
                    deleted += try await store.sweepSome(at: subject.clock.now).deleted
                }
                try expect(deleted == 20, "\(deleted) of 20")
            },
            Check("a session that was used since is not swept", .sweeping) { subject in
                let store: any SweepingSessionStore = try subject.needed()
                var record = subject.record(["a": 1])
                record.idleTimeout = 10
                let session = try await store.create(record)
                subject.clock.advance(by: 10)
                _ = try await store.touch(session, at: subject.clock.now)
                subject.clock.advance(by: 10)
                try expect(try await store.sweep(at: subject.clock.now).deleted == 0, "it was swept")
                subject.clock.advance(by: 1)
                try expect(try await store.sweep(at: subject.clock.now).deleted == 1, "it was not swept")
            },
        ]
    }

    /// Sessions for one request at a time.
    static var locks: [Check] {
        [
            Check("a session's lock has one holder", .locking) { subject in
                let store: any LockingSessionStore = try subject.needed()
                let (first, second) = (try await subject.create(["a": 1]), try await subject.create(["b": 2]))
                let lock = try require(try await store.tryLock(first.token), "a free lock is held")
                try expect(try await store.tryLock(first.token) == nil, "it was given twice")
                let other = try require(try await store.tryLock(second.token), "another session's lock is held")
                _ = try await subject.update(first) { $0.values["c"] = 3 }
                lock.release()
                lock.release()
                let next = try require(try await store.tryLock(first.token), "a released lock is held")
                lock.release()
                try expect(try await store.tryLock(first.token) == nil, "released by one who had it before")
                next.release()
                other.release()
            },
            Check("a lock that is let go is free", .locking) { subject in
                let store: any LockingSessionStore = try subject.needed()
                let session = try await subject.create(["a": 1])
                for _ in 0..<3 { try expect(try await store.tryLock(session.token) != nil, "a free lock is held") }
            },
            Check("an old id has the lock of the session", .locking) { subject in
                let store: any LockingSessionStore = try subject.needed()
                let (session, now) = (try await subject.create(["a": 1]), subject.clock.now)
                let moved = try require(
                    try await store.rotate(session, leaving: .forwards(until: now + 10)) { _ in }, "gone")
                let lock = try require(try await store.tryLock(moved.token), "a free lock is held")
                try expect(try await store.tryLock(session.token) == nil, "it was given twice")
                lock.release()
            },
            Check("a token of no session has a lock all the same", .locking) { subject in
                let store: any LockingSessionStore = try subject.needed()
                for token in ["", "../x", String(repeating: "A", count: 43)] {
                    try expect(try await store.tryLock(SessionToken(token)) != nil, "a free lock is held")
                }
            },
        ]
    }
}

extension SessionStoreContract.Subject {
    /// The store as one of the kind that a check needs.
    func needed<Store>(_ kind: Store.Type = Store.self) throws(SessionStoreContract.Violation) -> Store {
        try SessionStoreContract.require(store as? Store, "\(type(of: store)) is no \(kind)")
    }
}
