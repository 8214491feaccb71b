/// A type that is made of session values, and they of it, without a coder.
protocol DirectValue: Codable {
    /// Takes a value, or returns `nil` when it is none of this type.
    init?(sessionValue: SessionValue)

    func sessionValue() throws(SessionStoreError) -> SessionValue
}

extension DirectValue where Self: FixedWidthInteger {
    init?(sessionValue: SessionValue) {
        switch sessionValue {
        case .int(let value): self.init(exactly: value)
        case .double(let value): self.init(exactly: value)
        default: return nil
        }
    }

    func sessionValue() throws(SessionStoreError) -> SessionValue {
        guard let value = Int64(exactly: self) else {
            throw SessionStoreError(
                .invalidValue, "an integer of type \(Self.self) is beyond Int64. Store it as a string")
        }
        return .int(value)
    }
}

extension Int: DirectValue {}
extension Int8: DirectValue {}
extension Int16: DirectValue {}
extension Int32: DirectValue {}
extension Int64: DirectValue {}
extension UInt: DirectValue {}
extension UInt8: DirectValue {}
extension UInt16: DirectValue {}
extension UInt32: DirectValue {}
extension UInt64: DirectValue {}

extension Double: DirectValue {
    init?(sessionValue: SessionValue) {
        switch sessionValue {
        case .int(let value): self.init(value)
        case .double(let value): self = value
        default: return nil
        }
    }

    func sessionValue() throws(SessionStoreError) -> SessionValue {
        guard isFinite else {
            throw SessionStoreError(.invalidValue, "a number is infinite or not a number. Store finite numbers, or nil")
        }
        return .double(self)
    }
}

extension Float: DirectValue {
    init?(sessionValue: SessionValue) {
        guard let value = Double(sessionValue: sessionValue) else { return nil }
        self.init(value)
        guard isFinite else { return nil }
    }

    func sessionValue() throws(SessionStoreError) -> SessionValue { try Double(self).sessionValue() }
}

extension Bool: DirectValue {
    init?(sessionValue: SessionValue) {
        guard case .bool(let value) = sessionValue else { return nil }
        self = value
    }

    func sessionValue() -> SessionValue { .bool(self) }
}

extension String: DirectValue {
    init?(sessionValue: SessionValue) {
        guard case .string(let value) = sessionValue else { return nil }
        self = value
    }

    func sessionValue() -> SessionValue { .string(self) }
}

extension SessionValue: DirectValue {
    init?(sessionValue: SessionValue) { self = sessionValue }

    func sessionValue() -> SessionValue { self }
}

extension Optional: DirectValue where Wrapped: DirectValue {
    init?(sessionValue: SessionValue) {
        if case .null = sessionValue {
            self = .none
        } else if let value = Wrapped(sessionValue: sessionValue) {
            self = .some(value)
        } else {
            return nil
        }
    }

    func sessionValue() throws(SessionStoreError) -> SessionValue { try self?.sessionValue() ?? .null }
}

extension Array: DirectValue where Element: DirectValue {
    init?(sessionValue: SessionValue) {
        guard case .array(let values) = sessionValue else { return nil }
        self = []
        reserveCapacity(values.count)
        for value in values {
            guard let element = Element(sessionValue: value) else { return nil }
            append(element)
        }
    }

    func sessionValue() throws(SessionStoreError) -> SessionValue {
        .array(try map { element throws(SessionStoreError) in try element.sessionValue() })
    }
}

extension Dictionary: DirectValue where Key == String, Value: DirectValue {
    init?(sessionValue: SessionValue) {
        guard case .object(let values) = sessionValue else { return nil }
        self.init(minimumCapacity: values.count)
        for (name, value) in values {
            guard let element = Value(sessionValue: value) else { return nil }
            self[name] = element
        }
    }

    func sessionValue() throws(SessionStoreError) -> SessionValue {
        var values: [String: SessionValue] = [:]
        values.reserveCapacity(count)
        for (name, value) in self { values[name] = try value.sessionValue() }
        return .object(values)
    }
}
