import NestboxHTTP

extension SessionConfiguration {
    /// Refuses settings that cannot be, alone or together.
    func validate(store: any SessionStore) throws(SessionConfigurationError) {
        try cookie.validate()
        try Self.check("maxAge", maxAge)
        try Self.check("idleTimeout", idleTimeout)
        try Self.check("rememberMaxAge", rememberMaxAge)
        try Self.check("rotateInterval", rotateInterval)
        try Self.check("rotationGrace", rotationGrace)
        try Self.check("touchInterval", touchInterval)
        try Self.check("gcInterval", sweepInterval)
        if let maxBytes, maxBytes < 1 { throw .init("maxBytes", "\(maxBytes)", "give a number of bytes, 1 or more") }
        guard lockTimeout > .zero else {
            throw .init("lockTimeout", "\(lockTimeout)", "give a time that is longer than 0")
        }
        guard (0...1).contains(sweepProbability) else {
            throw .init("gcProbability", "\(sweepProbability)", "give a number from 0 to 1")
        }
        if let idleTimeout, let touchInterval, touchInterval >= idleTimeout {
            throw .init(
                "touchInterval", "\(touchInterval)",
                "sessions in use would expire: give less than session.idleTimeout=\(idleTimeout)")
        }
        if locking == .exclusive, !(store is any LockingSessionStore) {
            throw .init("locking", "exclusive", "a cookie cannot be locked; choose session.store=file")
        }
        if revocation == .file, self.store != .cookie {
            throw .init(
                "revocation", "file", "it is for session.store=cookie; other stores forget sessions by themselves")
        }
        if revocation == .file, store is CookieSessionStore {
            throw .init(
                "revocation", "file",
                "the store that the program makes has no list of logouts; wrap it in a RevocableCookieSessionStore, or leave "
                    + "the store to the configuration")
        }
        if store is any TokenSessionStore { try checkRoomForAttributes() }
    }

    private static func check(_ key: String, _ seconds: Int64?) throws(SessionConfigurationError) {
        guard let seconds, seconds < 1 else { return }
        throw SessionConfigurationError(key, "\(seconds)", "give a number of seconds, 1 or more, or leave it out")
    }

    /// Clients drop a cookie of more than 4,096 bytes; with its attributes ours is to stay below.
    private func checkRoomForAttributes() throws(SessionConfigurationError) {
        let limit = maxBytes ?? Self.maxCookieBytes
        let sample = try? cookie.template(isSecure: true, basePath: "")?.with(
            value: "", maxAge: Int(clamping: Int32.max))
        let attributes = sample?.headerValue.utf8.count ?? 0
        guard limit + attributes <= 4096 else {
            throw .init(
                "maxBytes", "\(limit)",
                "with its name and attributes the cookie would have up to \(limit + attributes) bytes, and clients drop "
                    + "more than 4096; give at most \(max(0, 4096 - attributes))")
        }
    }
}
