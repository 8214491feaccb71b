public import NestboxSessions

/// What may be expected of a session store, as checks for any of them.
///
///     @Test("keeps the contract", arguments: SessionStoreContract.checks)
///     func contract(check: SessionStoreContract.Check) async throws {
///         try await check.run { setup in MemorySessionStore(maxBytes: setup.maxBytes, clock: setup.clock) }
///     }
///
/// A store that has no memory of its own, such as one of cookies, is held to the checks whose ``Check/need`` is
/// ``Need/nothing`` only.
public enum SessionStoreContract {
    /// What a store must be able to do so that a check can be run.
    public enum Need: Sendable, Hashable, CaseIterable {
        /// What every store does.
        case nothing
        /// It keeps the limits of a session with it; in cookies the configuration alone decides about them.
        case limits
        /// It remembers what was deleted and what was replaced, and what others have written.
        case memory
        /// It is a ``LockingSessionStore``.
        case locking
        /// It is a ``ListingSessionStore``.
        case listing
        /// It is a ``SweepingSessionStore``.
        case sweeping
    }

    /// How the store under test is to be made.
    public struct Setup: Sendable {
        /// The clock that it is to go by.
        public let clock: SessionClock
        /// How many bytes a session may have.
        public let maxBytes: Int
    }

    /// One expectation.
    public struct Check: Sendable, CustomStringConvertible {
        /// The expectation in a sentence.
        public let name: String
        /// What the store must be able to do.
        public let need: Need
        private let body: @Sendable (Subject) async throws -> Void

        init(_ name: String, _ need: Need, _ body: @escaping @Sendable (Subject) async throws -> Void) {
            self.name = name
            self.need = need
            self.body = body
        }

        /// The name.
        public var description: String { name }

        /// Holds a store to the expectation.
        /// - Parameter makeStore: Makes an empty store; it is called once.
        /// - Throws: ``Violation``, or what the store throws.
        public func run(_ makeStore: (Setup) async throws -> any SessionStore) async throws {
            let clock = TestClock()
            let setup = Setup(clock: clock.sessionClock, maxBytes: Subject.maxBytes)
            try await body(Subject(store: try await makeStore(setup), clock: clock))
        }
    }

    /// A store did not do what a check expects.
    public struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
        /// What was expected, and what was seen instead.
        public let description: String
    }

    /// All checks.
    public static var checks: [Check] {
        tokens + records + updates + deletions + rotations + expiry + sizes + listings + sweeps + locks
    }

    /// The store under test and what a check does with it.
    struct Subject: Sendable {
        static let maxBytes = 3000

        let store: any SessionStore
        let clock: TestClock

        /// A record that begins now.
        func record(_ values: [String: SessionValue] = [:]) -> SessionRecord {
            SessionRecord(values: values, createdAt: clock.now)
        }

        func create(_ values: [String: SessionValue] = [:]) async throws -> StoredSession {
            try await store.create(record(values))
        }

        func create(user: String, expiresAt: Int64? = nil) async throws -> StoredSession {
            var record = record(["of": .string(user)])
            record.user = user
            record.expiresAt = expiresAt
            return try await store.create(record)
        }

        /// The session that a token names; that there is none violates the contract.
        func load(_ token: SessionToken) async throws -> StoredSession {
            let found = try await store.load(token)
            guard let session = found.session else { throw Violation(description: "no session but \(found)") }
            return session
        }

        func expectAbsent(_ token: SessionToken, _ what: String) async throws {
            let found = try await store.load(token)
            try expect(found == .absent, "\(what) is \(kind(found))")
        }

        func kind(_ lookup: SessionLookup) -> String {
            switch lookup {
            case .found: "found"
            case .retired: "retired"
            case .absent: "absent"
            }
        }

        func update(
            _ session: StoredSession, _ change: (inout SessionRecord) -> Void
        ) async throws -> StoredSession {
            try require(try await store.update(session, change), "the session that is to be updated is gone")
        }
    }

    static func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws(Violation) {
        if !condition { throw Violation(description: message()) }
    }

    static func require<Value>(_ value: Value?, _ message: @autoclosure () -> String) throws(Violation) -> Value {
        guard let value else { throw Violation(description: message()) }
        return value
    }
}
