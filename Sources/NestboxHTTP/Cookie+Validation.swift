extension Cookie {
    /// A beginning of a name that makes clients check attributes (RFC 6265bis §4.1.3), in any case of letters.
    enum Prefix: String, CaseIterable {
        case secure = "__Secure-"
        case host = "__Host-"

        init?(of name: String) {
            let lowered = name.prefix(9).lowercased()
            guard let prefix = Self.allCases.first(where: { lowered.hasPrefix($0.rawValue.lowercased()) }) else {
                return nil
            }
            self = prefix
        }
    }

    /// The most that clients keep of a name and a value together (RFC 6265bis §5.6).
    static let maximumLength = 4096
    /// The most that clients keep of one attribute (RFC 6265bis §5.6).
    static let maximumPathLength = 1024

    func validate() throws(CookieError) {
        guard !name.isEmpty, name.utf8.allSatisfy(\.isTokenCharacter) else {
            throw error(.invalidName, "a name is one or more of the letters, the digits and !#$%&'*+-.^_`|~")
        }
        try validateValue()
        try validatePath()
        try validateDomain()
        if let expires, !Self.expiresRange.contains(expires.unixSeconds) {
            throw error(.invalidExpires, "Expires is outside of the years 1601 to 9999; use maxAge for a lifetime")
        }
        try validateCombination()
    }

    func validateValue() throws(CookieError) {
        let encodedLength = name.utf8.count + encodedValue.utf8.count
        // What needs no encoding holds no control character.
        guard value == encodedValue || !value.utf8.contains(where: { $0.isASCIIControl }) else {
            throw error(.invalidValue, "the value has a control character; encode it first, for example as base64")
        }
        guard encodedLength <= Self.maximumLength else {
            throw error(
                .tooLong,
                "name and encoded value have \(encodedLength) bytes, clients drop more than \(Self.maximumLength)")
        }
    }

    private func validatePath() throws(CookieError) {
        guard let path else { return }
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw error(.invalidPath, "the path does not start with \"/\", which clients ignore")
        }
        guard path.utf8.allSatisfy({ $0 < 0x7F && $0 >= 0x20 && $0 != UInt8(ascii: ";") }) else {
            throw error(
                .invalidPath,
                "the path has a control character, \";\" or a character outside of ASCII; percent-encode it")
        }
        guard path.utf8.count <= Self.maximumPathLength else {
            throw error(
                .invalidPath,
                "the path has \(path.utf8.count) bytes, clients ignore more than \(Self.maximumPathLength)")
        }
    }

    private func validateDomain() throws(CookieError) {
        guard let domain else { return }
        let labels = domain.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isValid = labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "-") }
        }
        guard isValid, domain.utf8.count <= 253 else {
            throw error(.invalidDomain, "the domain is no host name such as example.com, without scheme and port")
        }
    }

    private func validateCombination() throws(CookieError) {
        if let prefix = Prefix(of: name) {
            guard secure else {
                throw error(.needsSecure, "names that start with \(prefix.rawValue) need secure: true")
            }
            guard prefix != .host || (path == "/" && domain == nil) else {
                throw error(.hostPrefix, "names that start with __Host- need the path \"/\" and no domain")
            }
        }
        guard secure || sameSite != .none else {
            throw error(.needsSecure, "SameSite=None needs secure: true, or clients drop the cookie")
        }
        guard secure || !partitioned else {
            throw error(.needsSecure, "Partitioned needs secure: true, or clients drop the cookie")
        }
    }

    /// 1601-01-01, before which RFC 6265 §5.1.1 reads no date, to 9999-12-31, after which no year has four digits.
    private static let expiresRange: ClosedRange<Int64> = -11_644_473_600...HTTPDate.latestFormatted

    private func error(_ code: CookieError.Code, _ reason: String) -> CookieError {
        CookieError(code: code, name: name, reason: reason)
    }
}
