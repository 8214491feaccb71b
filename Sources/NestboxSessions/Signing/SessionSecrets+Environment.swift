extension SessionSecrets {
    /// Takes secrets from environment variables, or returns `nil` when there are none.
    ///
    /// The variables are `APP_SECRET`, `APP_SECRET_1`, `APP_SECRET2` and so on, and the same without the underscores of
    /// the prefix (`APPSECRET_1`). They are ordered by number; one without a number is the oldest, and the highest
    /// number makes tokens. Other names that begin alike, such as `APP_SECRET_FILE`, are left alone.
    /// - Parameters:
    ///   - environment: Variables by name.
    ///   - prefix: What stands in place of `APP_SECRET`.
    /// - Throws: ``SessionSecretsError`` when one is empty or two have the same number.
    public init?(environment: [String: String], prefix: String = "APP_SECRET") throws(SessionSecretsError) {
        let plain = prefix.filter { $0 != "_" }
        let found = environment.compactMap { name, value -> (name: String, number: Number, value: String)? in
            let rest =
                if name.hasPrefix(prefix) {
                    name.dropFirst(prefix.count)
                } else if name.hasPrefix(plain) {
                    name.dropFirst(plain.count)
                } else {
                    nil as Substring?
                }
            return rest.flatMap(Number.init).map { (name, $0, value) }
        }.sorted { ($0.number, $0.name) < ($1.number, $1.name) }
        if found.isEmpty { return nil }
        for variable in found where variable.value.isEmpty {
            throw SessionSecretsError(.empty, "\(variable.name) is empty: give it a secret or unset it")
        }
        for (one, next) in zip(found, found.dropFirst()) where one.number == next.number {
            throw SessionSecretsError(
                .ambiguous, "\(one.name) and \(next.name) have the same number: unset one of them")
        }
        try self.init(found.map { Array($0.value.utf8) }, from: "the environment")
    }

    /// What follows the prefix: nothing, or an optional underscore and digits, as many as there are.
    private struct Number: Comparable {
        /// Without leading zeros; `nil` for no number, which is before all of them.
        let digits: [UInt8]?

        init?(_ rest: Substring) {
            if rest.isEmpty {
                digits = nil
                return
            }
            let text = (rest.first == "_" ? rest.dropFirst() : rest).utf8
            guard !text.isEmpty, text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
                return nil
            }
            digits = Array(text.drop { $0 == UInt8(ascii: "0") })
        }

        static func < (one: Number, other: Number) -> Bool {
            guard let left = one.digits, let right = other.digits else {
                return one.digits == nil && other.digits != nil
            }
            return left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
        }
    }
}
