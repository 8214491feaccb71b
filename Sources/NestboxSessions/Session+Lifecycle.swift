import Synchronization

extension Session {
    /// Who is logged in.
    public var user: String? { state.withLock { $0.current.user } }

    /// Notes who is logged in, under a new id.
    ///
    /// The old id, which someone may have planted or seen before the login, is worthless from then on, and so are the tokens
    /// of forms. The session's lifetime begins anew; what is in it stays.
    /// - Parameter user: A name that does not change, such as a number in the database; at most 256 bytes.
    /// - Throws: ``SessionError/Code/replaced`` when another request has renewed the id a moment ago.
    public func login(_ user: String) throws(SessionError) {
        guard !user.isEmpty, user.utf8.count <= 256 else {
            throw SessionError(.invalidValue, "the name of a user must have 1 to 256 bytes")
        }
        try renew(.login)
        let now = exchange.now
        try changing { state in
            state.current.user = user
            state.current.createdAt = now
            state.changes.user = user
        }
    }

    /// Ends the session, as ``destroy()`` does.
    ///
    /// A message for the login page can be left afterwards: it begins a new session.
    public func logout() throws(SessionError) { try destroy() }

    /// Gives the session a new id; its data stay, and the tokens of forms made before are worthless.
    ///
    /// `login` does so by itself. Do it whenever the visitor gains rights.
    public func rotateID() throws(SessionError) { try renew(.id) }

    private func renew(_ renewal: Renewal) throws(SessionError) {
        try changing { (state) throws(SessionError) -> Void in
            if state.stored?.isReplaced == true {
                throw SessionError(
                    .replaced, "the id was renewed a moment ago, and this request still came with the old one")
            }
            if state.renewal != .login { state.renewal = renewal }
            state.current.formSecret = nil
            state.changes.formSecret = .dropped
        }
    }

    /// Removes the session, its data and its cookie.
    ///
    /// What is written afterwards begins a new session with a new id. A request that started before and ends later does
    /// not bring the old one back.
    public func destroy() throws(SessionError) {
        let fresh = exchange.newRecord()
        try changing { state in
            if let stored = state.stored { state.destroyed = stored }
            state.stored = nil
            state.current = fresh
            state.changes = SessionChanges()
            state.renewal = .none
            state.refusal = nil
        }
    }

    /// Lets the session live for `rememberMaxAge` since its beginning instead of `maxAge`: "keep me logged in".
    public func remember() throws(SessionError) {
        try changing { state in
            state.current.isRemembered = true
            state.changes.isRemembered = true
        }
    }

    /// Writes the session now, so that others see it before the response is sent.
    ///
    /// Nothing can be changed afterwards.
    /// - Returns: The session's ``key``.
    @discardableResult
    public func commit() async throws(SessionError) -> String? {
        try await exchange.commit(status: 200)
        return key
    }
}

// MARK: Other sessions of the same user

extension Session {
    /// Deletes all sessions of the user who is logged in, this one among them: "log out everywhere".
    /// - Returns: How many other sessions there were.
    /// - Throws: ``SessionError/Code/unsupported`` in a store that keeps no list: cookies without `revocation`.
    @discardableResult
    public func revokeAll() async throws(SessionError) -> Int {
        let count = try await revokeOthers()
        try destroy()
        return count
    }

    /// Deletes the other sessions of the user who is logged in.
    /// - Returns: How many there were.
    /// - Throws: ``SessionError/Code/unsupported`` in a store that keeps no list: cookies without `revocation`.
    @discardableResult
    public func revokeOthers() async throws(SessionError) -> Int {
        let listing = try exchange.listing()
        guard let user else { return 0 }
        let kept = key
        return try await exchange.storing { () async throws(SessionStoreError) -> Int in
            try await listing.revokeAll(user: user, except: kept)
        }
    }

    /// The sessions of the user who is logged in, this one among them once it is stored.
    /// - Parameter limit: At most so many, 100 by default.
    /// - Throws: ``SessionError/Code/unsupported`` in a store that keeps no list: cookies without `revocation`.
    public func siblings(limit: Int = 100) async throws(SessionError) -> [SessionListing] {
        let listing = try exchange.listing()
        guard let user else { return [] }
        return try await exchange.storing { () async throws(SessionStoreError) -> [SessionListing] in
            try await listing.list(user: user, limit: limit)
        }
    }
}
