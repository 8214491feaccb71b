import Crypto

/// The random name of a session in a store: 32 bytes of the kernel's random source, as 43 characters of base64url.
///
/// The visitor's cookie is the only place where it is written; stores keep ``key``.
public struct SessionID: Sendable, Hashable {
    /// Makes ids; tests make them predictable.
    public struct Generator: Sendable {
        private let make: @Sendable () -> [UInt8]

        /// Creates a generator that takes its 32 bytes from `make`; fewer are filled up with zeros and more cut off.
        public init(_ make: @escaping @Sendable () -> [UInt8]) {
            self.make = make
        }

        /// The kernel's random source; the process ends when it fails.
        public static let system = Generator {
            var random = SystemRandomNumberGenerator()
            return (0..<4).flatMap { _ in withUnsafeBytes(of: random.next() as UInt64) { Array($0) } }
        }

        /// A new id.
        public func callAsFunction() -> SessionID {
            let bytes = make().prefix(32)
            return SessionID(text: Base64URL.encode(bytes + [UInt8](repeating: 0, count: 32 - bytes.count)))
        }
    }

    /// The id as the cookie has it.
    let text: String

    private init(text: String) {
        self.text = text
    }

    /// Takes a token that looks like an id: 43 letters, digits, `-` and `_`.
    public init?(_ token: SessionToken) {
        let bytes = token.value.utf8
        guard bytes.count == 43, bytes.allSatisfy(Base64URL.isDigit) else { return nil }
        text = token.value
    }

    /// What the cookie holds.
    public var token: SessionToken { SessionToken(text) }

    /// The name in the store: SHA-256 of the id in 64 lower-case hexadecimal digits.
    ///
    /// Whoever reads a backup of the store cannot make a cookie of it, and case does not count in it.
    public var key: String { Hexadecimal.encode(SHA256.hash(data: Array(text.utf8))) }
}

extension SessionID: CustomStringConvertible {
    /// Nothing of the id.
    public var description: String { "SessionID" }
}
