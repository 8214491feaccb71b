// Changes that requests can make at the same time without losing any: the outcome does not depend on their order.

extension Session {
    /// Adds to a whole number, which is 0 when there is none.
    ///
    /// A hundred requests that add 1 at the same time add 100.
    /// - Returns: The new number as this request sees it.
    /// - Throws: ``SessionError/Code/invalidValue`` when there is something else, or the sum has more than 64 bits.
    @discardableResult
    public func increment(_ key: SessionKey<Int>, by amount: Int = 1) throws(SessionError) -> Int {
        try increment(key.name, by: amount)
    }

    /// Adds to a whole number, which is 0 when there is none; see ``increment(_:by:)-(SessionKey<Int>,_)``.
    @discardableResult
    public func increment(_ key: String, by amount: Int = 1) throws(SessionError) -> Int {
        try changing { (state) throws(SessionError) -> Int in
            let old: Int64
            switch state.current.values[key] {
            case nil: old = 0
            case .int(let number)?: old = number
            case let other?:
                throw SessionError(.invalidValue, "\(key.debugDescription) is \(other) and cannot be incremented")
            }
            let sum = old.addingReportingOverflow(Int64(amount))
            guard !sum.overflow else {
                throw SessionError(.invalidValue, "\(key.debugDescription) would have more than 64 bits")
            }
            state.current.values[key] = .int(sum.partialValue)
            state.changes.apply(.increment(Int64(amount)), to: key)
            return Int(sum.partialValue)
        }
    }

    /// Appends an element to a list, which is empty when there is none.
    /// - Throws: ``SessionError/Code/invalidValue`` when there is something else, or the element cannot be stored.
    public func append<Element: Codable & Sendable>(
        _ element: Element, to key: SessionKey<[Element]>
    ) throws(SessionError) {
        try applyToList(.append(try Self.value(of: element)), key.name)
    }

    /// Appends an element to a list, which is empty when there is none.
    /// - Throws: ``SessionError/Code/invalidValue`` when there is something else.
    public func append(_ element: SessionValue, to key: String) throws(SessionError) {
        try applyToList(.append(element), key)
    }

    /// Removes all elements of a list that are equal to this one.
    /// - Throws: ``SessionError/Code/invalidValue`` when there is something else than a list.
    public func remove<Element: Codable & Sendable>(
        _ element: Element, from key: SessionKey<[Element]>
    ) throws(SessionError) {
        try applyToList(.removeElements(try Self.value(of: element)), key.name)
    }

    /// Removes all elements of a list that are equal to this one.
    /// - Throws: ``SessionError/Code/invalidValue`` when there is something else than a list.
    public func remove(_ element: SessionValue, from key: String) throws(SessionError) {
        try applyToList(.removeElements(element), key)
    }

    private static func value(of element: some Encodable) throws(SessionError) -> SessionValue {
        do throws(SessionStoreError) {
            return try SessionValue(encoding: element)
        } catch {
            throw SessionError(error)
        }
    }

    private func applyToList(_ operation: SessionChanges.Operation, _ key: String) throws(SessionError) {
        try changing { (state) throws(SessionError) -> Void in
            switch state.current.values[key] {
            case nil, .array?: break
            case let other?: throw SessionError(.invalidValue, "\(key.debugDescription) is \(other) and no list")
            }
            state.current.values[key] = operation.applied(to: state.current.values[key])
            state.changes.apply(operation, to: key)
        }
    }
}
