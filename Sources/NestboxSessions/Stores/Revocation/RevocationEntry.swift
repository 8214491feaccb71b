/// What a list of revoked sessions has under the key of one.
///
/// Most sessions have no entry: those of visitors who are not logged in and who were never logged out.
public enum RevocationEntry: Sendable, Equatable {
    /// The session is in use and someone is logged in; the record has no data, only user and times.
    case active(SessionRecord)
    /// The session has a new name; until that time the old one leads to it, and afterwards it is worthless.
    case replaced(by: String, until: Int64, keptUntil: Int64)
    /// The session has a new name and the old one is worthless; until that time it counts as one that was renewed just now.
    case retired(until: Int64, keptUntil: Int64)
    /// The session has ended.
    case revoked(keptUntil: Int64)

    /// Whether a sweep may delete it, as every token that it is about has expired.
    public func isOver(at now: Int64) -> Bool {
        switch self {
        case .active(let record): record.isExpired(at: now)
        case .replaced(_, _, let end), .retired(_, let end), .revoked(let end): now > end
        }
    }

    /// Who is logged in.
    public var user: String? {
        if case .active(let record) = self { record.user } else { nil }
    }
}

extension RevocationEntry {
    /// The entry as a record, as files keep it: what became of a session is its data, and its limit how long it is kept.
    func record(at now: Int64) -> SessionRecord {
        switch self {
        case .active(let record): record
        case .replaced(let name, let until, let end):
            SessionRecord(values: ["replaced": .string(name), "until": .int(until)], createdAt: now, expiresAt: end)
        case .retired(let until, let end):
            SessionRecord(values: ["retired": true, "until": .int(until)], createdAt: now, expiresAt: end)
        case .revoked(let end): SessionRecord(values: ["revoked": true], createdAt: now, expiresAt: end)
        }
    }

    /// Reads a record; what is neither in use nor understood counts as revoked.
    init(_ record: SessionRecord) {
        let end = record.expiresAt ?? .max
        switch (record.values["replaced"], record.values["retired"], record.values["until"]) {
        case (.string(let name)?, nil, .int(let until)?): self = .replaced(by: name, until: until, keptUntil: end)
        case (nil, true?, .int(let until)?): self = .retired(until: until, keptUntil: end)
        default: self = record.values.isEmpty && record.user != nil ? .active(record) : .revoked(keptUntil: end)
        }
    }
}
