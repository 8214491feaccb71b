extension SessionValue {
    /// Whether arrays and objects are nested in more levels than these.
    func isNested(deeperThan levels: Int) -> Bool {
        switch self {
        case .null, .bool, .int, .double, .string: false
        case .array(let values): levels < 1 || values.contains { $0.isNested(deeperThan: levels - 1) }
        case .object(let values): levels < 1 || values.values.contains { $0.isNested(deeperThan: levels - 1) }
        }
    }
}
