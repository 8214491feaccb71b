import Synchronization

/// A list in the memory of the process, for tests and for programs of one process that may forget logouts when they end.
public final class MemoryRevocationList: RevocationList {
    private let clock: SessionClock
    private let entries = Mutex<[String: RevocationEntry]>([:])

    /// Creates an empty list.
    public init(clock: SessionClock = .system) {
        self.clock = clock
    }

    /// The entry of a session.
    public func entry(_ key: String) async throws(SessionStoreError) -> RevocationEntry? {
        entries.withLock { $0[key] }
    }

    /// Changes the entry of a session.
    public func change<Result: Sendable>(
        _ key: String, _ body: (inout RevocationEntry?) -> Result
    ) async throws(SessionStoreError) -> Result {
        entries.withLock { body(&$0[key]) }
    }

    /// The sessions in use.
    public func list(user: String?, limit: Int) async throws(SessionStoreError) -> [SessionListing] {
        let now = clock.now
        return entries.withLock { entries in
            var listings: [SessionListing] = []
            for (key, entry) in entries where listings.count < limit && !entry.isOver(at: now) {
                guard case .active(let record) = entry, user == nil || record.user == user else { continue }
                listings.append(SessionListing(key: key, record: record))
            }
            return listings
        }
    }

    /// Sweeps the whole list.
    public func sweepSome(at now: Int64) async throws(SessionStoreError) -> SessionSweep { try await sweep(at: now) }

    /// Sweeps the whole list.
    public func sweep(at now: Int64) async throws(SessionStoreError) -> SessionSweep {
        entries.withLock { entries in
            var sweep = SessionSweep()
            sweep.examined = entries.count
            entries = entries.filter { !$0.value.isOver(at: now) }
            sweep.deleted = sweep.examined - entries.count
            return sweep
        }
    }
}
