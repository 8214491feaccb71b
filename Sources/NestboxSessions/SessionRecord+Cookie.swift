// The layout of a session in a cookie: an object with the handlers' keys as they are, beside these of ours, each of which
// is left out when it has its default:
//
//     _c    when the session began, when that is not when the token was made
//     _n    when its id was last renewed, when that is not when the session began
//     _u    who is logged in
//     _r    true for a session that is remembered
//     _f    messages for the next page: [[category, value], …]
//     _b    a digest of what the session is bound to
//     _t    what tokens in forms are made of
//     _sid  the name of the session on a list of revoked ones, where there is such a list
//
// A handler's key that looks like one of these has one more underscore in front.

extension SessionRecord {
    private static let reserved: Set<String> = ["_c", "_n", "_u", "_r", "_f", "_b", "_t", "_sid"]

    /// Whether a key is one of ours, with `extra` more underscores in front than it has.
    private static func isReserved(_ key: String, extra: Bool) -> Bool {
        guard key.hasPrefix(extra ? "__" : "_") else { return false }
        return reserved.contains("_" + key.drop { $0 == "_" })
    }

    /// The session as an object, made when the token is.
    var cookieObject: [String: SessionValue] {
        var object = values
        for key in values.keys where Self.isReserved(key, extra: false) { object[key] = nil }
        for (key, value) in values where Self.isReserved(key, extra: false) { object["_" + key] = value }
        if createdAt != usedAt { object["_c"] = .int(createdAt) }
        if renewedAt != createdAt { object["_n"] = .int(renewedAt) }
        if let user { object["_u"] = .string(user) }
        if isRemembered { object["_r"] = true }
        if !flashes.isEmpty { object["_f"] = .array(flashes.map { [.string($0.category), $0.value] }) }
        if let binding { object["_b"] = .string(binding) }
        if let formSecret { object["_t"] = .string(formSecret) }
        return object
    }

    /// Reads an object; `nil` when one of our keys holds what it cannot.
    init?(cookie object: [String: SessionValue], time: Int64) {
        self.init(values: [:], createdAt: time)
        for (key, value) in object {
            switch (key, value) {
            case ("_c", .int(let time)): createdAt = time
            case ("_n", .int(let time)): renewedAt = time
            case ("_u", .string(let name)): user = name
            case ("_r", .bool(let isTrue)): isRemembered = isTrue
            case ("_f", .array(let messages)):
                for case .array(let pair) in messages {
                    guard case .string(let category)? = pair.first, pair.count == 2 else { return nil }
                    flashes.append(SessionFlash(category, pair[1]))
                }
            case ("_b", .string(let digest)): binding = digest
            case ("_t", .string(let secret)): formSecret = secret
            case ("_sid", _): break
            case _ where Self.reserved.contains(key): return nil
            case _ where Self.isReserved(key, extra: true): values[String(key.dropFirst())] = value
            default: values[key] = value
            }
        }
        if object["_n"] == nil { renewedAt = createdAt }
        usedAt = time
    }
}
