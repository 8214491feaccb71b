/// The secrets that sessions are signed and encrypted with, from the oldest to the newest.
///
/// The last one makes tokens, all of them read tokens: to renew the secret, append one, and drop the first when no
/// token made with it is in use any more. This is the order of itsdangerous; in Express, Rack, Django and gorilla the
/// *first* one signs.
///
/// There is always one secret at least, and none is empty. Printing shows how many there are and nothing of them.
public struct SessionSecrets: Sendable, Equatable {
    /// The secrets before the last one, oldest first.
    let older: [[UInt8]]
    /// The one that makes tokens.
    let newest: [UInt8]

    /// Takes secrets, oldest first; their UTF-8 is used as it is.
    /// - Throws: ``SessionSecretsError`` when there is none or one is empty.
    public init(_ secrets: [String]) throws(SessionSecretsError) {
        try self.init(secrets.map { Array($0.utf8) }, from: "the list of secrets")
    }

    init(_ secrets: [[UInt8]], from source: String) throws(SessionSecretsError) {
        guard let newest = secrets.last else {
            throw SessionSecretsError(.missing, "\(source) has no secret: put in one of 32 random bytes or more")
        }
        if let index = secrets.firstIndex(where: \.isEmpty) {
            throw SessionSecretsError(.empty, "secret \(index + 1) of \(source) is empty: give it a value or remove it")
        }
        older = secrets.dropLast()
        self.newest = newest
    }

    /// How many there are.
    public var count: Int { older.count + 1 }

    /// How many bytes the shortest has; below 32 it can be weak.
    public var weakest: Int { older.reduce(newest.count) { min($0, $1.count) } }

    /// A new secret: 48 bytes of the kernel's random source in 64 characters of base64url.
    public static func random() -> SessionSecrets { SessionSecrets(newest: Array(randomText().utf8)) }

    /// The text of a new secret.
    package static func randomText() -> String { Base64URL.encode(SystemRandom.bytes(48)) }

    private init(newest: [UInt8]) {
        older = []
        self.newest = newest
    }
}

extension SessionSecrets: CustomStringConvertible, CustomReflectable {
    /// How many there are.
    public var description: String { "SessionSecrets(\(count))" }
    /// Nothing, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Why there are no secrets to work with.
public struct SessionSecretsError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public struct Code: Sendable, Hashable {
        private let name: String
        /// There is no secret.
        public static let missing = Code(name: "missing")
        /// A secret has no characters.
        public static let empty = Code(name: "empty")
        /// Two variables have the same number.
        public static let ambiguous = Code(name: "ambiguous")
        /// A file of secrets cannot be read or written.
        public static let unavailable = Code(name: "unavailable")
        /// A file of secrets is not safe: others can read it, or it belongs to someone else or is no file.
        public static let unsafe = Code(name: "unsafe")
        /// A file of secrets is there already.
        public static let exists = Code(name: "exists")
        /// A file of secrets is too large.
        public static let tooLarge = Code(name: "tooLarge")
    }

    /// What kind of failure it is.
    public let code: Code
    /// What happened, where, and what to do about it; never a secret.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
