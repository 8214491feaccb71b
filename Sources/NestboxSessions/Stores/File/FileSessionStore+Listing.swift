extension FileSessionStore: ListingSessionStore {
    /// The sessions of a user by the user's marks, or all by looking at every file.
    public func list(user: String?, limit: Int) async throws(SessionStoreError) -> [SessionListing] {
        try listings(user: user, limit: limit) { _ in true }
    }

    /// The sessions of a user, or all, that `isListed` lets through.
    func listings(
        user: String?, limit: Int, where isListed: (SessionRecord) -> Bool
    ) throws(SessionStoreError) -> [SessionListing] {
        var listings: [SessionListing] = []
        let now = clock.now
        if let user {
            for name in try markedNames(user) where listings.count < limit {
                if let record = try record(name), record.user == user {
                    if !record.isExpired(at: now) { listings.append(SessionListing(key: name, record: record)) }
                } else {
                    try removeStaleMark(name, in: usersDirectory(user))
                }
            }
            return listings
        }
        for shard in SessionDirectory.shards {
            let names = listings.count < limit ? try directory.names(in: "v1/\(shard)") : []
            for name in names where listings.count < limit && isSession(name, in: shard) {
                guard let record = try record(name), !record.isExpired(at: now), isListed(record) else { continue }
                listings.append(SessionListing(key: name, record: record))
            }
        }
        return listings
    }

    /// Deletes a session by its key.
    public func revoke(key: String) async throws(SessionStoreError) -> Bool {
        SessionDirectory.isSessionName(key) ? try remove(key) : false
    }

    /// Deletes the sessions of a user.
    public func revokeAll(user: String, except kept: String?) async throws(SessionStoreError) -> Int {
        var count = 0
        // A session that gets a new id meanwhile has a new mark, which the first listing may have missed; its old mark is
        // then all that was found.
        for _ in 0..<3 {
            let names = try markedNames(user).filter { $0 != kept }
            if names.isEmpty { break }
            for name in names {
                guard let record = try record(name), record.user == user else {
                    try removeStaleMark(name, in: usersDirectory(user))
                    continue
                }
                if try remove(name) { count += 1 }
            }
        }
        return count
    }

    func isSession(_ name: String, in shard: String) -> Bool {
        name.hasPrefix(shard) && SessionDirectory.isSessionName(name)
    }

    func record(_ name: String) throws(SessionStoreError) -> SessionRecord? {
        guard let file = try read(name), case .session(let record) = file.content else { return nil }
        return record
    }
}
