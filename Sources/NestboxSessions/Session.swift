import Logging
import Synchronization

/// What an application remembers of a visitor from one request to the next.
///
///     let session = try await request.session
///     try session.increment(.visits)
///     session["example"] = "Lorem ipsum"
///
/// A session is read when it is first asked for, and written once, before the response goes out: what was changed is
/// applied to the session as it is then, so that requests that run at the same time lose nothing of each other's. A new
/// session is stored, and its cookie set, only when there is something in it. With a status of 500 or more changes are
/// dropped; logouts and new ids are kept.
///
/// After the session was written functions that change it throw ``SessionError/Code/committed``; what is assigned
/// by subscript is dropped and logged as an error, as Swift has no subscripts that throw when they are set.
///
/// Printing shows keys, never values.
public final class Session: Sendable {
    struct State: Sendable {
        /// Where the session is stored; `nil` while it is new.
        var stored: StoredSession?
        /// The session as this request sees it.
        var current: SessionRecord
        var changes = SessionChanges()
        var renewal = Renewal.none
        /// A session that this request has destroyed.
        var destroyed: StoredSession?
        var isCommitted = false
        /// Why a value that was assigned cannot be stored.
        var refusal: SessionStoreError?
        /// The keys whose values were found to be of another type, which is logged once each.
        var mistyped: Set<String> = []
    }

    enum Renewal: Sendable, Equatable {
        case none
        case periodic
        case id
        case login
    }

    let state: Mutex<State>
    /// The request's part of the session layer, which writes the session.
    let exchange: SessionExchange
    /// Whether there was no session when the request came.
    public let isNew: Bool

    init(_ stored: StoredSession?, new record: SessionRecord, exchange: SessionExchange, isCommitted: Bool) {
        isNew = stored == nil
        state = Mutex(State(stored: stored, current: stored?.record ?? record, isCommitted: isCommitted))
        self.exchange = exchange
    }
}

// MARK: Reading and writing values

extension Session {
    /// The value of a key; assigning `nil` removes it.
    ///
    /// A stored value that is of another type reads as `nil`, which is logged.
    public subscript<Value>(key: SessionKey<Value>) -> Value? {
        get { get(key.name, as: Value.self) }
        set { assign(newValue, to: key.name) }
    }

    /// The value of a key, or `default` when there is none.
    public subscript<Value>(key: SessionKey<Value>, default fallback: @autoclosure () -> Value) -> Value {
        get { get(key.name, as: Value.self) ?? fallback() }
        set { assign(newValue, to: key.name) }
    }

    /// The value of a key as it is stored; assigning `nil` removes it, assigning `.null` stores a null.
    public subscript(key: String) -> SessionValue? {
        get { state.withLock { $0.current.values[key] } }
        set {
            assigning { state in
                state.current.values[key] = newValue
                state.changes.set(key, to: newValue)
            }
        }
    }

    /// The value of a key, or `default` when there is none.
    public subscript(key: String, default fallback: @autoclosure () -> SessionValue) -> SessionValue {
        get { self[key] ?? fallback() }
        set { self[key] = newValue }
    }

    /// The value of a key as a Swift type, or `nil` when there is none or it is of another type.
    public func get<Value: Decodable>(_ key: String, as type: Value.Type = Value.self) -> Value? {
        guard let value = self[key] else { return nil }
        if let decoded = value.decode(as: type) { return decoded }
        let isFirst = state.withLock { $0.mistyped.insert(key).inserted }
        if isFirst { exchange.log.mistyped(key, value, type) }
        return nil
    }

    /// The value of a key as a Swift type, or `default` when there is none or it is of another type.
    public func get<Value: Decodable>(_ key: String, default fallback: @autoclosure () -> Value) -> Value {
        get(key, as: Value.self) ?? fallback()
    }

    /// The value of a key.
    /// - Throws: ``SessionError/Code/missingKey``.
    public func require(_ key: String) throws(SessionError) -> SessionValue {
        guard let value = self[key] else {
            throw SessionError(.missingKey, "the session has no \(key.debugDescription)")
        }
        return value
    }

    /// The value of a key.
    /// - Throws: ``SessionError/Code/missingKey`` when there is none or it is of another type.
    public func require<Value>(_ key: SessionKey<Value>) throws(SessionError) -> Value {
        guard let value = self[key] else {
            throw SessionError(.missingKey, "the session has no \(key.name.debugDescription) that is a \(Value.self)")
        }
        return value
    }

    /// Whether there is a value of this key.
    public func contains(_ key: String) -> Bool { self[key] != nil }

    /// Whether there is a value of this key, of whatever type.
    public func contains<Value>(_ key: SessionKey<Value>) -> Bool { self[key.name] != nil }

    /// The number of keys.
    public var count: Int { state.withLock { $0.current.values.count } }

    /// Whether there are no keys.
    public var isEmpty: Bool { count == 0 }

    /// The keys, in alphabetical order.
    public var keys: [String] { state.withLock { $0.current.values.keys.sorted() } }

    /// All values by key.
    public var dictionary: [String: SessionValue] { state.withLock { $0.current.values } }

    /// Whether this request has changed something that will be written.
    public var isModified: Bool {
        state.withLock { state in
            state.destroyed != nil || state.renewal != .none || !exchange.effectiveChanges(of: state).isEmpty
        }
    }

    /// The public name of the session in its store, as `session list` shows it; no secret, and no way into the session.
    ///
    /// `nil` for a new session, and in cookies without revocation.
    public var key: String? { state.withLock { $0.stored?.key } }

    /// Removes a key.
    public func remove(_ key: String) throws(SessionError) {
        try changing { state in
            state.current.values[key] = nil
            state.changes.set(key, to: nil)
        }
    }

    /// Removes a key.
    public func remove<Value>(_ key: SessionKey<Value>) throws(SessionError) { try remove(key.name) }

    /// Sets many keys at once.
    public func update(_ values: [String: SessionValue]) throws(SessionError) {
        try changing { state in
            for (key, value) in values {
                state.current.values[key] = value
                state.changes.set(key, to: value)
            }
        }
    }

    /// Removes all keys; who is logged in, and the id, stay.
    public func clear() throws(SessionError) {
        try changing { state in
            state.current.values = [:]
            state.changes.clear()
        }
    }
}

extension Session {
    /// Changes the state, or throws when it is too late.
    func changing<Result>(_ change: (inout sending State) throws(SessionError) -> sending Result) throws(SessionError)
        -> Result
    {
        do {
            return try state.withLock { (state) throws(SessionError) -> Result in
                guard !state.isCommitted else { throw SessionError.committed }
                return try change(&state)
            }
        } catch {
            throw error
        }
    }

    /// Changes the state where nothing can be thrown.
    private func assigning(_ change: (inout sending State) -> Void) {
        do {
            try changing { state in change(&state) }
        } catch {
            exchange.log.late(error)
        }
    }

    private func assign<Value: Encodable>(_ value: Value?, to key: String) {
        guard let value else { return self[key] = nil }
        do {
            self[key] = try SessionValue(encoding: value)
        } catch {
            // The response is not sent, and the error says why, when the session is to be written.
            state.withLock { $0.refusal = error }
        }
    }
}

extension Session: CustomStringConvertible, CustomReflectable {
    /// The keys, never the values.
    public var description: String { "Session(\(keys.joined(separator: ", ")))" }
    /// Nothing, so that `dump` shows neither values nor the request's cookies.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
