package import HTTPTypes

extension HTTPFields {
    /// Adds a name to `Vary` (RFC 9110 §12.5.5), unless it is there, or `*` is.
    package mutating func addVary(_ name: String) {
        guard let vary = self[.vary], !vary.isEmpty else { return self[.vary] = name }
        let names = vary.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
        if !names.contains("*"), !names.contains(name.lowercased()) { self[.vary] = "\(vary), \(name)" }
    }
}
