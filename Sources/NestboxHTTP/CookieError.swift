/// A cookie that is not sent because clients would refuse or misread it.
public struct CookieError: Error, Sendable, Hashable {
    /// Which rule is broken.
    public let code: Code
    /// The name of the cookie as it was given.
    public let name: String
    /// What is wrong, for ``description``.
    let reason: String

    package init(code: Code, name: String, reason: String) {
        self.code = code
        self.name = name
        self.reason = reason
    }

    /// Which rule a cookie breaks.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the code.
        public let description: String

        /// The name is not a token.
        public static let invalidName = Code(description: "invalidName")
        /// The value has a control character.
        public static let invalidValue = Code(description: "invalidValue")
        /// The path does not start with `/`, is too long, or has characters that end it.
        public static let invalidPath = Code(description: "invalidPath")
        /// The domain is no host name.
        public static let invalidDomain = Code(description: "invalidDomain")
        /// `Expires` is outside of the years 1601 to 9999.
        public static let invalidExpires = Code(description: "invalidExpires")
        /// Name and value are longer than 4,096 bytes.
        public static let tooLong = Code(description: "tooLong")
        /// `Secure` is missing though `SameSite=None`, `Partitioned` or the name's prefix asks for it.
        public static let needsSecure = Code(description: "needsSecure")
        /// A name that starts with `__Host-` goes with a domain or with another path than `/`.
        public static let hostPrefix = Code(description: "hostPrefix")
    }
}

extension CookieError: CustomStringConvertible {
    /// Names the cookie, what is wrong and what to do; the value is not in it.
    ///
    /// Control characters of the name are escaped, and what is longer than 64 characters is cut.
    public var description: String {
        let start = String(name.unicodeScalars.prefix(64))
        return "cookie \(start.debugDescription)\(start == name ? "" : "…"): \(reason)"
    }
}
