/// A store that is the visitor's cookie: the whole session, encrypted or signed.
///
/// Nothing is kept on the server, so that some promises cannot be: a token that someone has copied is valid until it
/// expires, which ``RevocableCookieSessionStore`` mends; and of two requests that change the session at the same time the one
/// whose response comes last wins.
public struct CookieSessionStore: TokenSessionStore {
    private let signer: any SessionSigner
    private let serializer: any SessionSerializer
    private let maxBytes: Int

    /// Creates a store.
    /// - Parameters:
    ///   - signer: Makes and reads the tokens.
    ///   - serializer: Makes bytes of the session; JSON by default.
    ///   - maxBytes: The longest token, 3,800 bytes by default: clients drop cookies whose name and value have more than
    ///     4,096 bytes.
    public init(
        signer: any SessionSigner, serializer: any SessionSerializer = JSONSessionSerializer(), maxBytes: Int = 3800
    ) {
        self.signer = signer
        self.serializer = serializer
        self.maxBytes = maxBytes
    }

    /// Reads the session out of a token.
    public func load(_ token: SessionToken) async throws(SessionStoreError) -> SessionLookup {
        guard let (record, _) = read(token) else { return .absent }
        return .found(StoredSession(token: token, record: record))
    }

    /// Makes a token.
    public func create(_ record: SessionRecord) async throws(SessionStoreError) -> StoredSession {
        try stored(record)
    }

    /// Makes a token of the session that was loaded, with the change.
    public func update(
        _ session: StoredSession, _ change: (inout SessionRecord) -> Void
    ) async throws(SessionStoreError) -> StoredSession? {
        var record = session.record
        change(&record)
        return try stored(record)
    }

    /// Makes a token that tells the time.
    public func touch(_ session: StoredSession, at now: Int64) async throws(SessionStoreError) -> StoredSession? {
        try await update(session) { $0.usedAt = now }
    }

    /// Makes a new token; the old one stays valid.
    public func rotate(
        _ session: StoredSession, leaving replacement: SessionReplacement, _ change: (inout SessionRecord) -> Void
    ) async throws(SessionStoreError) -> StoredSession? {
        try await update(session, change)
    }

    /// Does nothing: the session goes with its cookie.
    public func delete(_ session: StoredSession) async throws(SessionStoreError) {}

    private func stored(_ record: SessionRecord) throws(SessionStoreError) -> StoredSession {
        StoredSession(token: try token(of: record, sid: nil), record: record)
    }

    /// The session in a token, and its name on a list of revoked ones when it has one.
    func read(_ token: SessionToken) -> (record: SessionRecord, sid: String?)? {
        guard token.value.utf8.count <= 8192, let (payload, time) = signer.verify(token.value),
            let object = serializer.deserialize(payload[...]),
            let record = SessionRecord(cookie: object, time: time)
        else { return nil }
        guard case .string(let sid)? = object["_sid"] else { return (record, nil) }
        return (record, sid)
    }

    /// Makes a token of a session.
    func token(of record: SessionRecord, sid: String?) throws(SessionStoreError) -> SessionToken {
        var object = record.cookieObject
        if let sid { object["_sid"] = .string(sid) }
        let token = try signer.sign(try serializer.serialize(object), at: record.usedAt)
        guard token.utf8.count <= maxBytes else {
            throw .tooLarge(bytes: token.utf8.count, limit: maxBytes, values: record.values)
        }
        return SessionToken(token)
    }
}
