public import NestboxSessions
import Synchronization

/// A store that passes everything on to another one, but for what a test wants to fail.
///
///     let store = FaultyStore(MemorySessionStore())
///     store.fail([.update, .create])
public final class FaultyStore: SessionStore {
    /// Something that a store does.
    public enum Operation: Sendable, Hashable, CaseIterable {
        /// ``SessionStore/load(_:)``
        case load
        /// ``SessionStore/create(_:)``
        case create
        /// ``SessionStore/update(_:_:)``
        case update
        /// ``SessionStore/touch(_:at:)``
        case touch
        /// ``SessionStore/rotate(_:leaving:_:)``
        case rotate
        /// ``SessionStore/delete(_:)``
        case delete
    }

    private struct State {
        var failing: Set<Operation> = []
        var calls: [Operation] = []
    }

    private let store: any SessionStore
    private let state = Mutex(State())

    /// Wraps a store; nothing fails yet.
    public init(_ store: any SessionStore) {
        self.store = store
    }

    /// Has these operations fail from now on with ``SessionStoreError/Code-swift.struct/unavailable``, and no others.
    public func fail(_ operations: Set<Operation>) {
        state.withLock { $0.failing = operations }
    }

    /// What was asked of the store, in order, whether it failed or not.
    public var calls: [Operation] { state.withLock { $0.calls } }

    private func enter(_ operation: Operation) throws(SessionStoreError) {
        let fails = state.withLock { state in
            state.calls.append(operation)
            return state.failing.contains(operation)
        }
        if fails { throw SessionStoreError(.unavailable, "\(operation) fails because the test wants it to") }
    }

    /// Looks up a session, or fails.
    public func load(_ token: SessionToken) async throws(SessionStoreError) -> SessionLookup {
        try enter(.load)
        return try await store.load(token)
    }

    /// Stores a new session, or fails.
    public func create(_ record: SessionRecord) async throws(SessionStoreError) -> StoredSession {
        try enter(.create)
        return try await store.create(record)
    }

    /// Changes a session, or fails.
    public func update(
        _ session: StoredSession, _ change: (inout SessionRecord) -> Void
    ) async throws(SessionStoreError) -> StoredSession? {
        try enter(.update)
        return try await store.update(session, change)
    }

    /// Notes that a session is in use, or fails.
    public func touch(_ session: StoredSession, at now: Int64) async throws(SessionStoreError) -> StoredSession? {
        try enter(.touch)
        return try await store.touch(session, at: now)
    }

    /// Moves a session to a new id, or fails.
    public func rotate(
        _ session: StoredSession, leaving replacement: SessionReplacement, _ change: (inout SessionRecord) -> Void
    ) async throws(SessionStoreError) -> StoredSession? {
        try enter(.rotate)
        return try await store.rotate(session, leaving: replacement, change)
    }

    /// Deletes a session, or fails.
    public func delete(_ session: StoredSession) async throws(SessionStoreError) {
        try enter(.delete)
        try await store.delete(session)
    }
}
