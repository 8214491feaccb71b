extension SessionValue {
    /// About how many bytes the value takes in JSON.
    var estimatedSize: Int {
        switch self {
        case .null, .bool: 4
        case .int, .double: 8
        case .string(let text): text.utf8.count + 2
        case .array(let values): values.reduce(2) { $0 + $1.estimatedSize + 1 }
        case .object(let values): values.reduce(2) { $0 + $1.key.utf8.count + $1.value.estimatedSize + 4 }
        }
    }
}
