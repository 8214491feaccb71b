import Crypto

/// A store that is the visitor's cookie, beside a list of the sessions that have ended and of those with a user.
///
/// Each token tells the random name of its session. A logout puts a hash of that name on the list, for as long as a copy of
/// the token could be used; a token that is on it names no session. Logins are noted, too, so that the sessions of a user can
/// be listed and ended. Visitors who are not logged in leave nothing on the server.
///
/// - A token without a name, made before there was a list or by another program, is taken. It is known by its own hash until
///   it is next written, when it gets a name; until then no list shows it, and copies of it stay usable until they expire.
/// - An id that was renewed by time leads to the new one for its time of grace: a late request writes a token of the new id.
///   As in all cookies, of two that are written at the same time the one whose response comes last wins.
/// - Without `maxAge` entries are kept for 400 days, the longest that browsers keep a cookie. When `maxAge` is raised, entries
///   that were made before are kept no longer than before.
public struct RevocableCookieSessionStore: TokenSessionStore {
    /// 400 days, in seconds.
    static let longestLifetime: Int64 = 34_560_000
    private static let maxForwards = 8

    private let cookies: CookieSessionStore
    let list: any RevocationList
    private let lifetime: Int64
    let clock: SessionClock

    /// Creates a store.
    /// - Parameters:
    ///   - cookies: Makes and reads the tokens.
    ///   - list: Where logins and logouts are noted.
    ///   - lifetime: The seconds that a session may live since its beginning; by default 400 days.
    ///   - clock: Tells when an entry is over.
    public init(
        _ cookies: CookieSessionStore, list: any RevocationList, lifetime: Int64 = 34_560_000,
        clock: SessionClock = .system
    ) {
        self.cookies = cookies
        self.list = list
        self.lifetime = lifetime
        self.clock = clock
    }

    /// How long an entry is kept that is made now; a token may come from up to a minute in the future.
    var keptUntil: Int64 {
        let end = clock.now.addingReportingOverflow(lifetime)
        let late = end.partialValue.addingReportingOverflow(60)
        return end.overflow || late.overflow ? .max : late.partialValue
    }

    private static func key(_ name: String) -> String { Hexadecimal.encode(SHA256.hash(data: Array(name.utf8))) }

    private static func makeName() -> String { Base64URL.encode(SystemRandom.bytes(16)) }

    /// What is known of the name of a token.
    private enum Standing {
        case valid(name: String)
        case retired
        case revoked
    }

    /// Goes where the entry of a name leads.
    private func standing(of first: String) async throws(SessionStoreError) -> Standing {
        var name = first
        let now = clock.now
        for _ in 0..<Self.maxForwards {
            switch try await list.entry(Self.key(name)) {
            case nil, .active?: return .valid(name: name)
            case .retired(let until, _)?: return now > until ? .revoked : .retired
            case .revoked?: return .revoked
            case .replaced(let next, let until, _)?:
                if now > until { return .revoked }
                name = next
            }
        }
        return .revoked
    }

    /// Notes that a session is in use, and whose it is.
    /// - Returns: Whether it has not been revoked meanwhile.
    private func note(
        _ record: SessionRecord, as name: String, before: SessionRecord?
    ) async throws(SessionStoreError) -> Bool {
        guard record.user != nil || before?.user != nil else { return true }
        var note = record
        note.values = [:]
        note.flashes = []
        return try await list.change(Self.key(name)) { entry in
            switch entry {
            case nil, .active?:
                entry = note.user == nil ? nil : .active(note)
                return true
            case .replaced?, .retired?, .revoked?: return false
            }
        }
    }
}

extension RevocableCookieSessionStore: SessionStore {
    /// Reads the session out of a token that is not on the list.
    public func load(_ token: SessionToken) async throws(SessionStoreError) -> SessionLookup {
        guard let (record, sid) = cookies.read(token) else { return .absent }
        let first = sid ?? token.value
        switch try await standing(of: first) {
        case .valid(let name):
            return .found(
                StoredSession(token: token, record: record, key: Self.key(name), isReplaced: name != first))
        case .retired: return .retired
        case .revoked: return .absent
        }
    }

    /// Makes a token under a new name.
    public func create(_ record: SessionRecord) async throws(SessionStoreError) -> StoredSession {
        let name = Self.makeName()
        let token = try cookies.token(of: record, sid: name)
        _ = try await note(record, as: name, before: nil)
        return StoredSession(token: token, record: record, key: Self.key(name))
    }

    /// Makes a token of the session that was loaded, with the change, unless it is on the list by now.
    public func update(
        _ session: StoredSession, _ change: (inout SessionRecord) -> Void
    ) async throws(SessionStoreError) -> StoredSession? {
        guard let (_, sid) = cookies.read(session.token),
            case .valid(let found) = try await standing(of: sid ?? session.token.value)
        else { return nil }
        var record = session.record
        change(&record)
        let name = sid == nil ? Self.makeName() : found
        let token = try cookies.token(of: record, sid: name)
        guard try await note(record, as: name, before: session.record) else { return nil }
        return StoredSession(
            token: token, record: record, key: Self.key(name), isReplaced: session.isReplaced || found != sid ?? found)
    }

    /// Makes a token that tells the time.
    public func touch(_ session: StoredSession, at now: Int64) async throws(SessionStoreError) -> StoredSession? {
        try await update(session) { $0.usedAt = max($0.usedAt, now) }
    }

    /// Makes a token under a new name, and puts the old name on the list.
    public func rotate(
        _ session: StoredSession, leaving replacement: SessionReplacement, _ change: (inout SessionRecord) -> Void
    ) async throws(SessionStoreError) -> StoredSession? {
        guard !session.isReplaced, let (_, sid) = cookies.read(session.token) else { return nil }
        var record = session.record
        change(&record)
        let name = Self.makeName()
        let token = try cookies.token(of: record, sid: name)
        _ = try await note(record, as: name, before: nil)
        let remains: RevocationEntry =
            switch replacement {
            case .forwards(let until): .replaced(by: name, until: until, keptUntil: keptUntil)
            case .retires(let until): .retired(until: until, keptUntil: keptUntil)
            }
        let isMine = try await list.change(Self.key(sid ?? session.token.value)) { entry in
            switch entry {
            case nil, .active?:
                entry = remains
                return true
            case .replaced?, .retired?, .revoked?: return false
            }
        }
        guard isMine else {
            if record.user != nil { try await list.change(Self.key(name)) { $0 = nil } }
            return nil
        }
        return StoredSession(token: token, record: record, key: Self.key(name))
    }

    /// Puts the session on the list, and the one that it was replaced by.
    public func delete(_ session: StoredSession) async throws(SessionStoreError) {
        guard let (_, sid) = cookies.read(session.token) else { return }
        _ = try await end(Self.key(sid ?? session.token.value))
    }

    /// Revokes what an entry stands for and what it leads to; a retired one stays, so that it is not unknown.
    /// - Returns: Whether one of them was noted as in use.
    func end(_ key: String) async throws(SessionStoreError) -> Bool {
        var key = key
        let (now, keptUntil) = (clock.now, keptUntil)
        for _ in 0..<Self.maxForwards {
            let old = try await list.change(key) { entry in
                let old = entry
                switch entry {
                case nil, .active?, .replaced?: entry = .revoked(keptUntil: keptUntil)
                case .retired?, .revoked?: break
                }
                return old
            }
            switch old {
            case .active?: return true
            case .replaced(let next, let until, _)? where now <= until: key = Self.key(next)
            case nil, .replaced?, .retired?, .revoked?: return false
            }
        }
        return false
    }
}
