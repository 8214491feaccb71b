/// Where ``RevocableCookieSessionStore`` notes which sessions have ended, and which are whose.
///
/// Keys are those of ``StoredSession/key``: 64 hexadecimal digits.
public protocol RevocationList: Sendable {
    /// The entry of a session, or `nil` when it has none.
    func entry(_ key: String) async throws(SessionStoreError) -> RevocationEntry?

    /// Changes the entry of a session in one step that no other writer gets between; `nil` removes it.
    func change<Result: Sendable>(
        _ key: String, _ body: (inout RevocationEntry?) -> Result
    ) async throws(SessionStoreError) -> Result

    /// The sessions in use of a user, or of all users, at most `limit`; expired ones are left out.
    func list(user: String?, limit: Int) async throws(SessionStoreError) -> [SessionListing]

    /// Sweeps a part of the list of what is over, quickly.
    func sweepSome(at now: Int64) async throws(SessionStoreError) -> SessionSweep

    /// Sweeps the whole list of what is over.
    func sweep(at now: Int64) async throws(SessionStoreError) -> SessionSweep
}
