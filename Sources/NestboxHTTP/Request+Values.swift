/// Names a value that middleware gives to what is behind it.
///
///     enum CurrentUser: RequestKey { typealias Value = User }
///
///     request[CurrentUser.self] = user      // in a middleware
///     let user = request[CurrentUser.self]  // in a handler
public protocol RequestKey {
    /// The type of the value.
    associatedtype Value: Sendable
}

/// The values of a request by key; most requests have none or one.
struct RequestValues: Sendable {
    private var entries: [(key: ObjectIdentifier, value: any Sendable)] = []

    subscript<Key: RequestKey>(key: Key.Type) -> Key.Value? {
        get { entries.first { $0.key == ObjectIdentifier(key) }?.value as? Key.Value }
        set {
            entries.removeAll { $0.key == ObjectIdentifier(key) }
            if let newValue { entries.append((ObjectIdentifier(key), newValue)) }
        }
    }
}

extension Request {
    /// The value that a middleware in front has set, or `nil`.
    public subscript<Key: RequestKey>(key: Key.Type) -> Key.Value? {
        get { values[key] }
        set { values[key] = newValue }
    }
}
