/// Where sessions live between requests.
///
/// Prove an implementation with `SessionStoreContract` from NestboxTesting. A store keeps these promises:
///
/// - Unknown, expired, malformed and tampered tokens are ``SessionLookup/absent``; errors are for a store that is out
///   of order.
/// - ``create(_:)`` makes the id itself, never takes one from a client, and never overwrites.
/// - ``update(_:_:)`` of a session that was deleted meanwhile does not bring it back.
/// - What it returned from a write is what every later ``load(_:)`` sees, from every thread and process.
public protocol SessionStore: Sendable {
    /// Looks up the session that a token names.
    ///
    /// A store may return a session that has expired: callers ask ``SessionRecord/isExpired(at:)``.
    func load(_ token: SessionToken) async throws(SessionStoreError) -> SessionLookup

    /// Stores a new session under an id of the store's own making.
    func create(_ record: SessionRecord) async throws(SessionStoreError) -> StoredSession

    /// Reads the session anew, changes it and writes it, in one step that no other writer gets between.
    ///
    /// The store counts ``SessionRecord/version`` up. A store that has nothing but the token changes the record that was loaded.
    /// - Returns: The session as it is now, or `nil` when it was deleted meanwhile or has expired.
    func update(
        _ session: StoredSession, _ change: (inout SessionRecord) -> Void
    ) async throws(SessionStoreError) -> StoredSession?

    /// Notes that the session is in use, without writing its data anew.
    /// - Returns: The session as it is now, or `nil` when it was deleted meanwhile or has expired.
    func touch(_ session: StoredSession, at now: Int64) async throws(SessionStoreError) -> StoredSession?

    /// Moves the session to a new id, changing it on the way as ``update(_:_:)`` does.
    ///
    /// The new id is there before the old one goes. A session that was loaded by an old id in its time of grace
    /// (``StoredSession/isReplaced``) is not moved again.
    /// - Parameters:
    ///   - session: The session under its old id.
    ///   - replacement: What becomes of the old id.
    ///   - change: The change.
    /// - Returns: The session under its new id, or `nil` when it was deleted or replaced meanwhile or has expired.
    func rotate(
        _ session: StoredSession, leaving replacement: SessionReplacement, _ change: (inout SessionRecord) -> Void
    ) async throws(SessionStoreError) -> StoredSession?

    /// Deletes a session.
    ///
    /// Deleting what is not there is no error.
    func delete(_ session: StoredSession) async throws(SessionStoreError)
}

/// What a store knows of a token.
public enum SessionLookup: Sendable, Equatable {
    /// The token names this session.
    case found(StoredSession)
    /// The token is an old one that was replaced moments ago and is worthless now.
    ///
    /// The visitor may have the new cookie already, so the response must not delete it.
    case retired
    /// There is no such session.
    case absent

    /// The session, if there is one.
    public var session: StoredSession? {
        if case .found(let session) = self { session } else { nil }
    }
}

/// A session and where it is stored.
public struct StoredSession: Sendable, Equatable {
    /// What goes in the cookie.
    public var token: SessionToken
    /// The data.
    public var record: SessionRecord
    /// The name by which `session list` and `session revoke` know it, which is no secret: 64 hexadecimal digits.
    ///
    /// `nil` in a store that keeps no list, such as that of cookies without revocation.
    public var key: String?
    /// Whether the token is an old one, in its time of grace after the id was renewed.
    public var isReplaced: Bool

    /// Creates a value.
    public init(token: SessionToken, record: SessionRecord, key: String? = nil, isReplaced: Bool = false) {
        self.token = token
        self.record = record
        self.key = key
        self.isReplaced = isReplaced
    }
}

/// What becomes of an old id when a session gets a new one.
///
/// Requests that were under way with the old id come in for some seconds more.
public enum SessionReplacement: Sendable, Hashable {
    /// Until that time the old id leads to the session under its new id: for renewals that only time has caused.
    case forwards(until: Int64)
    /// The old id is worthless at once; until that time it is remembered that it was replaced, so that a late response
    /// does not delete the visitor's new cookie: for logins.
    case retires(until: Int64)
}

/// A store whose tokens are the sessions themselves, so that a session with nothing in it is as good as none.
///
/// One that was emptied is deleted, and its cookie with it.
public protocol TokenSessionStore: SessionStore {}

/// A store that can give one request at a time a session of its own.
public protocol LockingSessionStore: SessionStore {
    /// Takes the lock of the session that a token names, or returns `nil` at once when another request has it.
    func tryLock(_ token: SessionToken) async throws(SessionStoreError) -> (any SessionLock)?
}

/// A lock that is held until it is released or goes.
public protocol SessionLock: AnyObject, Sendable {
    /// Lets the next one in.
    func release()
}

/// A store that knows the sessions it has.
public protocol ListingSessionStore: SessionStore {
    /// The sessions of a user, or all of them, at most `limit`; expired ones are left out.
    func list(user: String?, limit: Int) async throws(SessionStoreError) -> [SessionListing]

    /// Deletes the session that a key of ``SessionListing`` names.
    /// - Returns: Whether it was there.
    func revoke(key: String) async throws(SessionStoreError) -> Bool

    /// Deletes all sessions of a user, but for the one with the key `kept`.
    /// - Returns: How many there were.
    func revokeAll(user: String, except kept: String?) async throws(SessionStoreError) -> Int
}

/// What a list of sessions shows.
public struct SessionListing: Sendable, Hashable {
    /// The name of the session in the store.
    public var key: String
    /// Who is logged in.
    public var user: String?
    /// When it began.
    public var createdAt: Int64
    /// When it was used last.
    public var usedAt: Int64
    /// When it ends.
    public var expiresAt: Int64?

    /// Creates a line of a list.
    public init(key: String, record: SessionRecord) {
        self.key = key
        user = record.user
        createdAt = record.createdAt
        usedAt = record.usedAt
        expiresAt = record.expiresAt
    }
}

/// A store that has to be swept of what has expired.
public protocol SweepingSessionStore: SessionStore {
    /// Sweeps a part of the store, quickly: what a request can pay for.
    func sweepSome(at now: Int64) async throws(SessionStoreError) -> SessionSweep

    /// Sweeps the whole store.
    func sweep(at now: Int64) async throws(SessionStoreError) -> SessionSweep
}

/// What a sweep has done.
public struct SessionSweep: Sendable, Hashable {
    /// Sessions and remains that were looked at.
    public var examined = 0
    /// Those that were deleted.
    public var deleted = 0

    /// Creates an empty count.
    public init() {}
}
