import Synchronization

/// Keeps sessions in the memory of the process, for tests and for programs of one process that may forget.
///
/// Nothing outlives the process, and no other process sees it: under CGI, or with several FastCGI processes, every visit
/// would be the first. A full store refuses new sessions rather than forget those it has.
public final class MemorySessionStore: Sendable {
    private enum Entry {
        case session(SessionRecord)
        case forwards(to: String, until: Int64)
        case retired(until: Int64)

        func isOver(at now: Int64) -> Bool {
            switch self {
            case .session(let record): record.isExpired(at: now)
            case .forwards(_, let until), .retired(let until): now > until
            }
        }
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var locked: Set<String> = []
        var purgedAt: Int64?
    }

    private let maxSessions: Int
    private let maxBytes: Int
    private let serializer: any SessionSerializer
    private let clock: SessionClock
    private let makeID: SessionID.Generator
    private let state = Mutex(State())

    /// Creates an empty store.
    /// - Parameters:
    ///   - maxSessions: How many sessions it keeps; the remains of replaced ids count.
    ///   - maxBytes: How many bytes a session may have when `serializer` has made bytes of it.
    ///   - serializer: Decides which values can be stored, and how large they are.
    ///   - clock: Tells when a session has expired.
    ///   - ids: Makes the ids.
    public init(
        maxSessions: Int = 100_000, maxBytes: Int = 1_048_576,
        serializer: any SessionSerializer = JSONSessionSerializer(),
        clock: SessionClock = .system, ids: SessionID.Generator = .system
    ) {
        self.maxSessions = maxSessions
        self.maxBytes = maxBytes
        self.serializer = serializer
        self.clock = clock
        makeID = ids
    }

    /// How many sessions and remains of replaced ids there are.
    public var count: Int { state.withLock { $0.entries.count } }

    private func check(_ record: SessionRecord) throws(SessionStoreError) {
        let bytes = try serializer.serialize(record.object(includingUse: true)).count
        if bytes > maxBytes { throw .tooLarge(bytes: bytes, limit: maxBytes, values: record.values) }
    }

    /// Puts a record under a new id.
    private func insert(_ record: SessionRecord, _ state: inout State) throws(SessionStoreError) -> StoredSession {
        let now = clock.now
        if state.entries.count >= maxSessions, state.purgedAt != now {
            state.purgedAt = now
            state.entries = state.entries.filter { !$0.value.isOver(at: now) }
        }
        if state.entries.count >= maxSessions {
            throw SessionStoreError(
                .unavailable, "the memory store is full with \(maxSessions) sessions. Raise maxSessions, or use files")
        }
        for _ in 0..<3 {
            let id = makeID()
            let key = id.key
            guard state.entries[key] == nil else { continue }
            state.entries[key] = .session(record)
            return StoredSession(token: id.token, record: record, key: key)
        }
        throw SessionStoreError(.unavailable, "three new ids in a row were taken. Check the generator of ids")
    }

    /// The key under which a session is now: that of its token, or where the token leads.
    private func resolve(_ key: String, _ state: State, at now: Int64) -> (key: String, entry: Entry)? {
        var key = key
        for _ in 0..<8 {
            guard let entry = state.entries[key] else { return nil }
            guard case .forwards(let next, let until) = entry else { return (key, entry) }
            if now > until { return nil }
            key = next
        }
        return nil
    }

    private func key(of session: StoredSession) -> String? { session.key ?? SessionID(session.token)?.key }

    /// The record of a session that is still there and has not expired.
    private func current(_ session: StoredSession, _ state: State, at now: Int64) -> StoredSession? {
        guard let key = key(of: session), let found = resolve(key, state, at: now),
            case .session(let record) = found.entry, !record.isExpired(at: now)
        else { return nil }
        return StoredSession(
            token: session.token, record: record, key: found.key, isReplaced: session.isReplaced || found.key != key)
    }
}

extension MemorySessionStore: SessionStore {
    /// Looks up a session.
    public func load(_ token: SessionToken) async throws(SessionStoreError) -> SessionLookup {
        guard let key = SessionID(token)?.key else { return .absent }
        let now = clock.now
        return state.withLock { state in
            guard let found = resolve(key, state, at: now) else { return .absent }
            switch found.entry {
            case .session(let record):
                return .found(
                    StoredSession(token: token, record: record, key: found.key, isReplaced: found.key != key))
            case .retired(let until): return now > until ? .absent : .retired
            case .forwards: return .absent
            }
        }
    }

    /// Stores a new session.
    public func create(_ record: SessionRecord) async throws(SessionStoreError) -> StoredSession {
        try check(record)
        return try state.withLock { state throws(SessionStoreError) in try insert(record, &state) }
    }

    /// Changes a session.
    public func update(
        _ session: StoredSession, _ change: (inout SessionRecord) -> Void
    ) async throws(SessionStoreError) -> StoredSession? {
        try state.withLock { state throws(SessionStoreError) in
            guard var found = current(session, state, at: clock.now), let key = found.key else { return nil }
            change(&found.record)
            found.record.version &+= 1
            try check(found.record)
            state.entries[key] = .session(found.record)
            return found
        }
    }

    /// Notes that a session is in use.
    public func touch(_ session: StoredSession, at now: Int64) async throws(SessionStoreError) -> StoredSession? {
        state.withLock { state in
            guard var found = current(session, state, at: now), let key = found.key else { return nil }
            found.record.usedAt = max(found.record.usedAt, now)
            state.entries[key] = .session(found.record)
            return found
        }
    }

    /// Moves a session to a new id.
    public func rotate(
        _ session: StoredSession, leaving replacement: SessionReplacement, _ change: (inout SessionRecord) -> Void
    ) async throws(SessionStoreError) -> StoredSession? {
        try state.withLock { state throws(SessionStoreError) in
            guard let found = current(session, state, at: clock.now), !found.isReplaced, let key = found.key else {
                return nil
            }
            var record = found.record
            change(&record)
            record.version &+= 1
            try check(record)
            let new = try insert(record, &state)
            switch replacement {
            case .forwards(let until): state.entries[key] = .forwards(to: new.key ?? "", until: until)
            case .retires(let until): state.entries[key] = .retired(until: until)
            }
            return new
        }
    }

    /// Deletes a session.
    public func delete(_ session: StoredSession) async throws(SessionStoreError) {
        guard let key = key(of: session) else { return }
        state.withLock { _ = Self.delete(key, &$0) }
    }

    /// Deletes a session and what leads to it; a retired id stays, so that it is not unknown.
    private static func delete(_ key: String, _ state: inout State) -> Bool {
        var key = key
        for _ in 0..<8 {
            switch state.entries[key] {
            case .session:
                state.entries[key] = nil
                return true
            case .forwards(let next, _):
                state.entries[key] = nil
                key = next
            case .retired, nil: return false
            }
        }
        return false
    }
}

extension MemorySessionStore: ListingSessionStore {
    /// The sessions of a user, or all.
    public func list(user: String?, limit: Int) async throws(SessionStoreError) -> [SessionListing] {
        let now = clock.now
        return state.withLock { state in
            var listings: [SessionListing] = []
            for (key, entry) in state.entries where listings.count < limit {
                guard case .session(let record) = entry, user == nil || record.user == user,
                    !record.isExpired(at: now)
                else { continue }
                listings.append(SessionListing(key: key, record: record))
            }
            return listings
        }
    }

    /// Deletes a session by its key.
    public func revoke(key: String) async throws(SessionStoreError) -> Bool {
        state.withLock { Self.delete(key, &$0) }
    }

    /// Deletes the sessions of a user.
    public func revokeAll(user: String, except kept: String?) async throws(SessionStoreError) -> Int {
        state.withLock { state in
            let keys = state.entries.compactMap { key, entry in
                if case .session(let record) = entry, record.user == user, key != kept { key } else { nil }
            }
            for key in keys { state.entries[key] = nil }
            return keys.count
        }
    }
}

extension MemorySessionStore: SweepingSessionStore {
    /// Sweeps the whole store.
    public func sweepSome(at now: Int64) async throws(SessionStoreError) -> SessionSweep { try await sweep(at: now) }

    /// Sweeps the whole store.
    public func sweep(at now: Int64) async throws(SessionStoreError) -> SessionSweep {
        state.withLock { state in
            var sweep = SessionSweep()
            sweep.examined = state.entries.count
            state.entries = state.entries.filter { !$0.value.isOver(at: now) }
            sweep.deleted = sweep.examined - state.entries.count
            return sweep
        }
    }
}

extension MemorySessionStore: LockingSessionStore {
    /// Takes a session's lock.
    public func tryLock(_ token: SessionToken) async throws(SessionStoreError) -> (any SessionLock)? {
        // What is no id has no session that others could hold.
        guard let key = SessionID(token)?.key else { return Lock(store: self, name: nil) }
        let now = clock.now
        let name: String? = state.withLock { state in
            let name = resolve(key, state, at: now)?.key ?? key
            return state.locked.insert(name).inserted ? name : nil
        }
        return name.map { Lock(store: self, name: $0) }
    }

    private func unlock(_ name: String) {
        state.withLock { _ = $0.locked.remove(name) }
    }

    private final class Lock: SessionLock {
        private let store: MemorySessionStore
        private let name: Mutex<String?>

        init(store: MemorySessionStore, name: String?) {
            self.store = store
            self.name = Mutex(name)
        }

        func release() {
            guard let held = name.withLock({ $0.take() }) else { return }
            store.unlock(held)
        }

        deinit { release() }
    }
}
