extension RevocableCookieSessionStore: ListingSessionStore {
    /// The sessions of a user, or of all users; those of visitors who are not logged in are not known.
    public func list(user: String?, limit: Int) async throws(SessionStoreError) -> [SessionListing] {
        try await list.list(user: user, limit: limit)
    }

    /// Ends the session that a key names.
    ///
    /// One without a user is not known; its key is put on the list all the same.
    /// - Returns: Whether it was known.
    public func revoke(key: String) async throws(SessionStoreError) -> Bool {
        SessionDirectory.isSessionName(key) ? try await end(key) : false
    }

    /// Ends the sessions of a user, but for the one with the key `kept`.
    public func revokeAll(user: String, except kept: String?) async throws(SessionStoreError) -> Int {
        var count = 0
        // A session that gets a new id meanwhile has a new entry, which one listing may miss, although it finds the old one
        // replaced: so only a second one that finds nothing is believed.
        var emptyListings = 0
        for _ in 0..<10 where emptyListings < 2 {
            let listings = try await list.list(user: user, limit: .max).filter { $0.key != kept }
            emptyListings = listings.isEmpty ? emptyListings + 1 : 0
            for listing in listings {
                if try await end(listing.key) { count += 1 }
            }
        }
        return count
    }
}

extension RevocableCookieSessionStore: SweepingSessionStore {
    /// Sweeps a part of the list of what is over.
    public func sweepSome(at now: Int64) async throws(SessionStoreError) -> SessionSweep {
        try await list.sweepSome(at: now)
    }

    /// Sweeps the whole list of what is over.
    public func sweep(at now: Int64) async throws(SessionStoreError) -> SessionSweep { try await list.sweep(at: now) }
}
