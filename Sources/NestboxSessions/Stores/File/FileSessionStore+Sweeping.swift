import CNestboxSystem

extension FileSessionStore: SweepingSessionStore {
    /// How old, in seconds, a file must be that was never finished.
    static let remainsAge: Int64 = 3600
    private static let entriesAtOnce = 1000
    private static let timeAtOnce = Duration.milliseconds(50)

    /// Sweeps one of the 256 shards: at most 1,000 of its files, from one of them on that chance decides, and for at most 50
    /// milliseconds.
    public func sweepSome(at now: Int64) async throws(SessionStoreError) -> SessionSweep {
        try requireMarker()
        var sweep = SessionSweep()
        let shard = SessionDirectory.shards[Int(nextShard())]
        var names = try directory.names(in: "v1/\(shard)")
        if names.count > Self.entriesAtOnce {
            let start = Int.random(in: 0..<names.count)
            names = Array((names[start...] + names[..<start]).prefix(Self.entriesAtOnce))
        }
        let end = ContinuousClock.now + Self.timeAtOnce
        for name in names {
            try examine(name, in: shard, at: now, &sweep)
            if ContinuousClock.now > end { break }
        }
        return sweep
    }

    /// Sweeps all shards, and the marks of users whose sessions are gone.
    public func sweep(at now: Int64) async throws(SessionStoreError) -> SessionSweep {
        try requireMarker()
        var sweep = SessionSweep()
        for shard in SessionDirectory.shards {
            for name in try directory.names(in: "v1/\(shard)") { try examine(name, in: shard, at: now, &sweep) }
        }
        for shard in SessionDirectory.shards {
            let shard = "\(Self.usersPath)/\(shard)"
            for user in try directory.names(in: shard) where SessionDirectory.isSessionName(user) {
                let users = "\(shard)/\(user)"
                for name in try directory.names(in: users) where SessionDirectory.isSessionName(name) {
                    try removeStaleMark(name, in: users)
                }
                directory.removeIfEmpty(users)
            }
        }
        return sweep
    }

    private func requireMarker() throws(SessionStoreError) {
        if try directory.hasMarker() { return }
        throw SessionStoreError(
            .unavailable,
            "\(directory.path) is not swept: the file nestbox-sessions, which marks it as a session directory, is gone. "
                + "Start the program again with an empty directory")
    }

    private func examine(
        _ name: String, in shard: String, at now: Int64, _ sweep: inout SessionSweep
    ) throws(SessionStoreError) {
        if isSession(name, in: shard) {
            sweep.examined += 1
            guard let file = try read(name), file.content.isOver(at: now) else { return }
            if try removeIfOver(name, at: now) { sweep.deleted += 1 }
        } else if name.hasPrefix("new-") {
            sweep.examined += 1
            let path = "v1/\(shard)/\(name)"
            guard let status = try directory.status(path), now - status.changed > Self.remainsAge else { return }
            if try directory.remove(path) { sweep.deleted += 1 }
        }
    }

    /// Looks again under the lock: the session may have been used since.
    private func removeIfOver(_ name: String, at now: Int64) throws(SessionStoreError) -> Bool {
        guard let file = try readLocked(name) else { return false }
        defer { extendLifetime(file) }
        guard file.content.isOver(at: now) else { return false }
        let removed = try directory.remove(SessionDirectory.sessionPath(name))
        if case .session(let record) = file.content, let user = record.user { try removeMark(name, of: user) }
        return removed
    }
}
