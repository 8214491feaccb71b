/// A list in files, one for each entry, in a directory like that of ``FileSessionStore`` and with all of its promises.
///
/// Any number of processes may use it. A session whose entry cannot be read counts as revoked.
public struct FileRevocationList: RevocationList {
    private let files: FileSessionStore

    /// Makes a list of a store of files, which nothing else is to use.
    public init(_ files: FileSessionStore) {
        self.files = files
        // An entry that is moved away or deleted is a logout that is forgotten.
        files.unusableFiles.leave()
    }

    /// The entry of a session, without a lock.
    public func entry(_ key: String) async throws(SessionStoreError) -> RevocationEntry? {
        guard SessionDirectory.isSessionName(key) else { return nil }
        if let record = try files.record(key) { return RevocationEntry(record) }
        guard try files.isThere(key) else { return nil }
        // It may have been made since it was looked for.
        return try files.record(key).map { RevocationEntry($0) } ?? Self.unreadable
    }

    /// Changes the entry of a session under the lock of its shard.
    public func change<Result: Sendable>(
        _ key: String, _ body: (inout RevocationEntry?) -> Result
    ) async throws(SessionStoreError) -> Result {
        guard SessionDirectory.isSessionName(key) else {
            throw SessionStoreError(.unavailable, "\(key.prefix(100).debugDescription) is no key of a session")
        }
        let isUnreadable = try await entry(key) == Self.unreadable
        return try files.change(key) { record in
            let old = record.map { RevocationEntry($0) } ?? (isUnreadable ? Self.unreadable : nil)
            var entry = old
            let result = body(&entry)
            if entry != old { record = entry?.record(at: files.clock.now) }
            return result
        }
    }

    private static let unreadable = RevocationEntry.revoked(keptUntil: .max)

    /// The sessions in use.
    public func list(user: String?, limit: Int) async throws(SessionStoreError) -> [SessionListing] {
        try files.listings(user: user, limit: limit) { $0.user != nil }
    }

    /// Sweeps one of the 256 shards.
    public func sweepSome(at now: Int64) async throws(SessionStoreError) -> SessionSweep {
        try await files.sweepSome(at: now)
    }

    /// Sweeps all shards.
    public func sweep(at now: Int64) async throws(SessionStoreError) -> SessionSweep {
        try await files.sweep(at: now)
    }
}
