/// What a serializer makes bytes of.
///
/// | name | value |
/// | --- | --- |
/// | `v` | 1, the version of this shape |
/// | `created`, `renewed`, `used` | seconds since 1970; `used` only where the store has no better place for it |
/// | `expires`, `idle` | the limits, where there are any |
/// | `version` | how often it was written |
/// | `user`, `binding`, `forms` | texts, where there are any |
/// | `remembered` | `true` where it is so |
/// | `flashes` | pairs of category and value, where there are any |
/// | `data` | what handlers stored |
extension SessionRecord {
    /// The record as an object.
    func object(includingUse: Bool) -> [String: SessionValue] {
        var object: [String: SessionValue] = [
            "v": 1, "created": .int(createdAt), "renewed": .int(renewedAt), "version": .int(version),
            "data": .object(values),
        ]
        if includingUse { object["used"] = .int(usedAt) }
        if let expiresAt { object["expires"] = .int(expiresAt) }
        if let idleTimeout { object["idle"] = .int(idleTimeout) }
        if let user { object["user"] = .string(user) }
        if let binding { object["binding"] = .string(binding) }
        if let formSecret { object["forms"] = .string(formSecret) }
        if isRemembered { object["remembered"] = true }
        if !flashes.isEmpty {
            object["flashes"] = .array(flashes.map { [.string($0.category), $0.value] })
        }
        return object
    }

    /// The record that an object stands for, or `nil` if it is none.
    /// - Parameters:
    ///   - object: What ``object(includingUse:)`` made.
    ///   - usedAt: When the session was used last, for stores that keep this elsewhere.
    init?(object: [String: SessionValue], usedAt: Int64? = nil) {
        guard object["v"] == 1, case .int(let created)? = object["created"],
            case .int(let renewed)? = object["renewed"], case .int(let version)? = object["version"],
            case .object(let values)? = object["data"]
        else { return nil }
        self.init(values: values, createdAt: created)
        renewedAt = renewed
        self.version = version
        if let usedAt {
            self.usedAt = usedAt
        } else {
            guard case .int(let used)? = object["used"] else { return nil }
            self.usedAt = used
        }
        do {
            expiresAt = try object.integer("expires")
            idleTimeout = try object.integer("idle")
            user = try object.text("user")
            binding = try object.text("binding")
            formSecret = try object.text("forms")
            isRemembered = try object.flag("remembered")
            flashes = try object.flashes("flashes")
        } catch {
            return nil
        }
    }
}

/// A value of another kind than the name promises.
private struct UnexpectedKind: Error {}

extension [String: SessionValue] {
    fileprivate func integer(_ name: String) throws(UnexpectedKind) -> Int64? {
        switch self[name] {
        case nil: nil
        case .int(let number): number
        default: throw UnexpectedKind()
        }
    }

    fileprivate func text(_ name: String) throws(UnexpectedKind) -> String? {
        switch self[name] {
        case nil: nil
        case .string(let text): text
        default: throw UnexpectedKind()
        }
    }

    fileprivate func flag(_ name: String) throws(UnexpectedKind) -> Bool {
        switch self[name] {
        case nil: false
        case .bool(let flag): flag
        default: throw UnexpectedKind()
        }
    }

    fileprivate func flashes(_ name: String) throws(UnexpectedKind) -> [SessionFlash] {
        guard let value = self[name] else { return [] }
        guard case .array(let pairs) = value else { throw UnexpectedKind() }
        var flashes: [SessionFlash] = []
        for pair in pairs {
            guard case .array(let parts) = pair, parts.count == 2, case .string(let category) = parts[0] else {
                throw UnexpectedKind()
            }
            flashes.append(SessionFlash(category, parts[1]))
        }
        return flashes
    }
}
