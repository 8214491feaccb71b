/// What a session's file holds: a session, or what is left of an id that was replaced.
///
/// A session is the object of ``SessionRecord`` without `used`. What is left of an id is `{v, until, to}` with the name of the
/// file that the session has now, or `{v, until}` where the old id is worth nothing any more.
enum SessionFileContent {
    case session(SessionRecord)
    case forwards(to: String, until: Int64)
    case retired(until: Int64)

    init?(_ object: [String: SessionValue], modified: Int64) {
        if case .int(let until)? = object["until"] {
            guard object["v"] == 1 else { return nil }
            switch object["to"] {
            case nil: self = .retired(until: until)
            case .string(let name) where SessionDirectory.isSessionName(name): self = .forwards(to: name, until: until)
            default: return nil
            }
        } else {
            guard let record = SessionRecord(object: object, usedAt: modified) else { return nil }
            self = .session(record)
        }
    }

    var object: [String: SessionValue] {
        switch self {
        case .session(let record): record.object(includingUse: false)
        case .forwards(let name, let until): ["v": 1, "until": .int(until), "to": .string(name)]
        case .retired(let until): ["v": 1, "until": .int(until)]
        }
    }

    /// Whether a sweep may delete it.
    func isOver(at now: Int64) -> Bool {
        switch self {
        case .session(let record): record.isExpired(at: now)
        case .forwards(_, let until), .retired(let until): now > until
        }
    }
}
