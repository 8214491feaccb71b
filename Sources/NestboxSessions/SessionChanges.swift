/// What one request has changed, so that it can be applied to the session as it is when it is written.
///
/// Requests that change different keys do not see each other; for one key the later writer wins, but for operations, which
/// are applied to whatever is there.
struct SessionChanges: Sendable {
    /// What happens to one key.
    enum Change: Sendable, Equatable {
        case set(SessionValue)
        case remove
        case operations([Operation])
    }

    /// A change whose outcome does not depend on when it is applied.
    enum Operation: Sendable, Equatable {
        case increment(Int64)
        case append(SessionValue)
        case removeElements(SessionValue)

        /// The value afterwards; what is of another kind counts as nothing.
        func applied(to value: SessionValue?) -> SessionValue {
            switch self {
            case .increment(let amount):
                guard case .int(let number)? = value else { return .int(amount) }
                let sum = number.addingReportingOverflow(amount)
                return .int(sum.overflow ? (amount < 0 ? .min : .max) : sum.partialValue)
            case .append(let element):
                guard case .array(let elements)? = value else { return .array([element]) }
                return .array(elements + [element])
            case .removeElements(let element):
                guard case .array(let elements)? = value else { return .array([]) }
                return .array(elements.filter { $0 != element })
            }
        }
    }

    private(set) var keys: [String: Change] = [:]
    /// Whether all keys were removed before those of ``keys`` were changed.
    private(set) var isCleared = false
    private(set) var addedFlashes: [SessionFlash] = []
    /// The messages that were read, of those that were there.
    private(set) var takenFlashes: [SessionFlash] = []
    /// The messages that this request has left and read itself.
    private var readFlashes: [SessionFlash] = []
    /// Who is logged in from now on.
    var user: String?
    var isRemembered = false
    var formSecret = FormSecret.kept

    /// What becomes of the secret that tokens in forms are made of.
    enum FormSecret: Sendable, Equatable {
        case kept
        case dropped
        case replaced(String)
    }

    mutating func set(_ key: String, to value: SessionValue?) {
        keys[key] = value.map { .set($0) } ?? .remove
    }

    mutating func apply(_ operation: Operation, to key: String) {
        switch keys[key] {
        case nil: keys[key] = .operations([operation])
        case .set(let value): keys[key] = .set(operation.applied(to: value))
        case .remove: keys[key] = .set(operation.applied(to: nil))
        case .operations(let operations): keys[key] = .operations(operations + [operation])
        }
    }

    mutating func clear() {
        keys = [:]
        isCleared = true
    }

    mutating func add(_ flash: SessionFlash) { addedFlashes.append(flash) }

    /// Takes note that all messages of a category were read; `known` of them were there before this request.
    mutating func takeFlashes(_ category: String, known: [SessionFlash]) {
        readFlashes += addedFlashes.filter { $0.category == category }
        addedFlashes.removeAll { $0.category == category }
        takenFlashes = takenFlashes.filter { $0.category != category } + known
    }

    mutating func keepFlashes() {
        takenFlashes = []
        addedFlashes = readFlashes + addedFlashes
        readFlashes = []
    }

    /// Leaves out what makes no difference to the session that was loaded.
    ///
    /// - Parameter counting: Whether a value that is set counts although an equal one was there.
    func effective(on loaded: SessionRecord, counting sameValues: Bool) -> SessionChanges {
        var changes = self
        if formSecret == .dropped, loaded.formSecret == nil { changes.formSecret = .kept }
        if isCleared, loaded.values.allSatisfy({ keys[$0.key] == .set($0.value) }) { changes.isCleared = false }
        guard !changes.isCleared else { return changes }
        for (key, change) in keys {
            let isEffective =
                switch change {
                case .set(let value): sameValues || loaded.values[key] != value
                case .remove: loaded.values[key] != nil
                case .operations(let operations):
                    loaded.values[key] != operations.reduce(loaded.values[key]) { $1.applied(to: $0) }
                }
            if !isEffective { changes.keys[key] = nil }
        }
        if user == loaded.user { changes.user = nil }
        if loaded.isRemembered { changes.isRemembered = false }
        return changes
    }

    var isEmpty: Bool {
        keys.isEmpty && !isCleared && addedFlashes.isEmpty && takenFlashes.isEmpty && user == nil && !isRemembered
            && formSecret == .kept
    }

    /// The keys that another request has changed since, and that this one overwrites.
    func conflicts(between loaded: SessionRecord, and fresh: SessionRecord) -> [String] {
        guard fresh.version != loaded.version else { return [] }
        return keys.keys.filter { key in
            if case .operations? = keys[key] { return false }
            return fresh.values[key] != loaded.values[key]
        }.sorted()
    }

    /// Changes a record.
    func apply(to record: inout SessionRecord) {
        if isCleared { record.values = [:] }
        for (key, change) in keys {
            switch change {
            case .set(let value): record.values[key] = value
            case .remove: record.values[key] = nil
            case .operations(let operations):
                record.values[key] = operations.reduce(record.values[key]) { $1.applied(to: $0) }
            }
        }
        // Another request may have taken them, too, and left others since, which are still to be read.
        for flash in takenFlashes {
            if let index = record.flashes.firstIndex(of: flash) { record.flashes.remove(at: index) }
        }
        record.flashes += addedFlashes
        applyStanding(to: &record)
    }

    /// Changes who is logged in and for how long, and what tokens in forms are made of.
    func applyStanding(to record: inout SessionRecord) {
        switch formSecret {
        case .kept: break
        case .dropped: record.formSecret = nil
        case .replaced(let secret): record.formSecret = secret
        }
        if let user { record.user = user }
        if isRemembered { record.isRemembered = true }
    }
}
