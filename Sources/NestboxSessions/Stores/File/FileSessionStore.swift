import CNestboxSystem
public import Crypto
public import Logging

/// Keeps each session in a file of its own, on a local file system.
///
///     let store = try FileSessionStore(directory: "/var/lib/guestbook/sessions", logger: logger)
///
/// Any number of threads and processes may use a directory at the same time. A reader, a killed writer and a lost power
/// supply find a session as it was before a write or as it is after it, never a part of one. The name of a file is a hash of
/// the session's id, so that nobody who sees the directory can make a cookie of it. A file that is damaged, that others planted
/// or that was copied from elsewhere is put aside in `corrupt/`, and its session does not exist.
///
/// The layout of the directory and of the files is described in `SessionDirectory.swift` and `SessionSlots.swift`.
public final class FileSessionStore: Sendable {
    /// Whether a write waits for the disk.
    public enum Durability: Sendable, Hashable {
        /// The kernel writes when it sees fit: sessions of the last seconds may be gone when the power was cut.
        case none
        /// Each write is on the disk before it is answered, which takes a thousand times as long.
        case sync
    }

    static let maxForwards = 8

    let directory: SessionDirectory
    let sealingKey: SymmetricKey?
    /// Whose files are read.
    let owner: UInt32
    let formerSealingKeys: [SymmetricKey]
    let maxBytes: Int
    let durability: Durability
    let serializer: any SessionSerializer
    let clock: SessionClock
    let makeID: SessionID.Generator
    let nextShard: @Sendable () -> UInt8
    let logger: Logger
    /// What becomes of files that are no sessions.
    package let unusableFiles = UnusableFiles()

    /// Opens a directory of sessions, or makes a new one; the directory above it has to be there.
    ///
    /// - Parameters:
    ///   - directory: An absolute path. The directory must be empty or a former one of sessions, must belong to the user who
    ///     runs the program, must not be a symbolic link, and nobody else may write in it.
    ///   - sealingKey: Seals the files, so that one who can write in the directory cannot make up sessions.
    ///   - formerSealingKeys: Keys whose files are still read, the newest first; a write seals a file with `sealingKey`.
    ///   - maxBytes: How many bytes a session may have when `serializer` has made bytes of it.
    ///   - durability: Whether a write waits for the disk.
    ///   - documentRoot: Where the web server finds the files that it shows; a directory inside of it is refused.
    ///   - allowsDocumentRoot: Takes a directory inside of the document root all the same, with an `.htaccess` that has
    ///     Apache deny access. No other web server minds that file.
    ///   - serializer: Makes bytes of sessions.
    ///   - clock: Tells when a session has expired.
    ///   - ids: Makes the ids.
    ///   - nextShard: Which of the 256 parts of the store ``sweepSome(at:)`` sweeps.
    ///   - logger: Is told of files that were put aside.
    /// - Throws: ``SessionStoreError`` with the path and what to do, when the directory is not fit for sessions.
    public init(
        directory: String, sealingKey: SymmetricKey? = nil, formerSealingKeys: [SymmetricKey] = [],
        maxBytes: Int = 1_048_576, durability: Durability = .none,
        documentRoot: String? = nil, allowsDocumentRoot: Bool = false,
        serializer: any SessionSerializer = JSONSessionSerializer(), clock: SessionClock = .system,
        ids: SessionID.Generator = .system,
        nextShard: @escaping @Sendable () -> UInt8 = { .random(in: .min ... .max) }, logger: Logger
    ) throws(SessionStoreError) {
        self.directory = try .opening(
            directory, documentRoot: documentRoot, allowsDocumentRoot: allowsDocumentRoot)
        self.sealingKey = sealingKey
        self.formerSealingKeys = formerSealingKeys
        self.maxBytes = maxBytes
        self.durability = durability
        self.serializer = serializer
        self.clock = clock
        makeID = ids
        self.nextShard = nextShard
        self.logger = logger
        owner = nestbox_user()
    }

    /// The name of a session's file, as far as the caller knows.
    func name(of session: StoredSession) -> String? {
        guard let key = session.key else { return SessionID(session.token)?.key }
        return SessionDirectory.isSessionName(key) ? key : nil
    }

    /// What is to be done with a file that was found under its lock.
    enum Step<Result> {
        case done(Result)
        /// The session has another file now.
        case follow(String)
    }

    /// Does something with a session's file under its lock, and goes where the file leads.
    func following<Result>(
        _ name: String, orElse missing: Result,
        _ body: (String, borrowing SessionFile) throws(SessionStoreError) -> Step<Result>
    ) throws(SessionStoreError) -> Result {
        var name = name
        for _ in 0..<Self.maxForwards {
            guard let file = try readLocked(name) else { return missing }
            defer { extendLifetime(file) }
            switch try body(name, file) {
            case .done(let result): return result
            case .follow(let next): name = next
            }
        }
        return missing
    }
}

extension FileSessionStore: SessionStore {
    /// Looks up a session, without a lock.
    public func load(_ token: SessionToken) async throws(SessionStoreError) -> SessionLookup {
        guard let first = SessionID(token)?.key else { return .absent }
        var name = first
        for _ in 0..<Self.maxForwards {
            guard let file = try read(name) else { return .absent }
            switch file.content {
            case .session(let record):
                return .found(StoredSession(token: token, record: record, key: name, isReplaced: name != first))
            case .retired(let until): return clock.now > until ? .absent : .retired
            case .forwards(let next, let until):
                if clock.now > until { return .absent }
                name = next
            }
        }
        return .absent
    }

    /// Stores a new session in a new file.
    public func create(_ record: SessionRecord) async throws(SessionStoreError) -> StoredSession {
        try insert(record, try encode(.session(record)))
    }

    /// Changes a session under the lock of its file.
    public func update(
        _ session: StoredSession, _ change: (inout SessionRecord) -> Void
    ) async throws(SessionStoreError) -> StoredSession? {
        guard let first = name(of: session) else { return nil }
        return try following(first, orElse: nil) { name, file throws(SessionStoreError) in
            switch file.content {
            case .retired: return .done(nil)
            case .forwards(let next, let until): return clock.now > until ? .done(nil) : .follow(next)
            case .session(var record):
                if record.isExpired(at: clock.now) { return .done(nil) }
                let user = record.user
                change(&record)
                record.version &+= 1
                let content = try encode(.session(record))
                let newUser = record.user == user ? nil : record.user
                try marking(name, of: newUser) { () throws(SessionStoreError) in
                    try write(content, modified: record.usedAt, over: file, name)
                }
                if let user, user != record.user { try removeMark(name, of: user) }
                return .done(
                    StoredSession(
                        token: session.token, record: record, key: name,
                        isReplaced: session.isReplaced || name != first))
            }
        }
    }

    /// Sets the time of the session's file.
    public func touch(_ session: StoredSession, at now: Int64) async throws(SessionStoreError) -> StoredSession? {
        guard let first = name(of: session) else { return nil }
        return try following(first, orElse: nil) { name, file throws(SessionStoreError) in
            switch file.content {
            case .retired: return .done(nil)
            case .forwards(let next, let until): return now > until ? .done(nil) : .follow(next)
            case .session(var record):
                if record.isExpired(at: now) { return .done(nil) }
                if now > record.usedAt {
                    record.usedAt = now
                    try file.descriptor.setModified(now, directory.full(SessionDirectory.sessionPath(name)))
                }
                return .done(
                    StoredSession(
                        token: session.token, record: record, key: name,
                        isReplaced: session.isReplaced || name != first))
            }
        }
    }

    /// Moves a session to a new file, and leaves a small one.
    public func rotate(
        _ session: StoredSession, leaving replacement: SessionReplacement, _ change: (inout SessionRecord) -> Void
    ) async throws(SessionStoreError) -> StoredSession? {
        guard !session.isReplaced, let name = name(of: session), let file = try readLocked(name) else { return nil }
        defer { extendLifetime(file) }
        guard case .session(var record) = file.content, !record.isExpired(at: clock.now) else { return nil }
        let user = record.user
        change(&record)
        record.version &+= 1
        // The new file needs no lock: nobody knows its name yet.
        let new = try insert(record, try encode(.session(record)))
        guard let key = new.key else { return nil }
        do throws(SessionStoreError) {
            let remains: SessionFileContent =
                switch replacement {
                case .forwards(let until): .forwards(to: key, until: until)
                case .retires(let until): .retired(until: until)
                }
            try write(try encode(remains), modified: clock.now, over: file, name)
        } catch {
            _ = try? directory.remove(SessionDirectory.sessionPath(key))
            if let user = record.user { try? removeMark(key, of: user) }
            throw error
        }
        if let user { try removeMark(name, of: user) }
        return new
    }

    /// Deletes the session's file.
    public func delete(_ session: StoredSession) async throws(SessionStoreError) {
        if let name = name(of: session) { _ = try remove(name) }
    }

    /// Deletes a session and what leads to it; a retired id stays, so that it is not unknown.
    func remove(_ name: String) throws(SessionStoreError) -> Bool {
        try following(name, orElse: false) { name, file throws(SessionStoreError) in
            let path = SessionDirectory.sessionPath(name)
            switch file.content {
            case .retired: return .done(false)
            case .forwards(let next, let until):
                try directory.remove(path)
                return clock.now > until ? .done(false) : .follow(next)
            case .session(let record):
                let wasThere = try directory.remove(path)
                if durability == .sync { try syncDirectory(SessionDirectory.shard(of: name)) }
                if let user = record.user { try removeMark(name, of: user) }
                return .done(wasThere)
            }
        }
    }
}
