import Crypto

/// Signs texts as Python's itsdangerous 2.2 does: its `Signer` and, with a time, its `TimestampSigner`.
///
///     let signer = ItsDangerousSigner(secrets: secrets, salt: "unsubscribe")
///     let token = signer.sign("larry@example.test")
///     let address = try signer.unsign(token)
///
/// A token is the text, a `.`, with a time also the time and a `.`, and the signature: the HMAC of all that is before
/// the last `.`, in base64url without padding. A time is the big-endian seconds since 1970 without leading zero bytes,
/// in base64url. The text is readable by everyone.
///
/// What itsdangerous accepts and does not write is refused: stray characters, padding and left-over bits in the base64
/// of the signature or the time, an empty time and one with leading zero bytes.
public struct ItsDangerousSigner: Sendable {
    /// How the working key is made of a secret and the salt.
    public enum KeyDerivation: String, Sendable, Hashable, CaseIterable {
        /// The hash of the salt followed by the secret.
        case concat
        /// The hash of the salt, the word `signer` and the secret: what itsdangerous does unless told otherwise.
        case djangoConcat = "django-concat"
        /// The HMAC of the salt with the secret as key: what Flask uses.
        case hmac
        /// The secret itself; the salt has no effect.
        case none
    }

    /// The hash that derives keys and signs.
    public enum Digest: String, Sendable, Hashable, CaseIterable {
        /// SHA-1, the default of itsdangerous; in HMAC it is not known to be weak.
        case sha1
        /// SHA-256.
        case sha256
        /// SHA-512.
        case sha512
    }

    /// A time limit for tokens.
    public struct AgeLimit: Sendable, Hashable {
        /// How old a token may be, in seconds; at exactly that age it is still good.
        public var maxAge: Int64
        /// The present time, in seconds since 1970.
        public var now: Int64
        /// How many seconds a token may be ahead of `now`, for machines whose clocks differ.
        public var tolerance: Int64

        /// Creates a limit; without tolerance, as in itsdangerous.
        public init(_ maxAge: Int64, now: Int64, tolerance: Int64 = 0) {
            self.maxAge = maxAge
            self.now = now
            self.tolerance = tolerance
        }

        /// Whether a token of that time is still good.
        public func allows(_ time: Int64) -> Bool {
            let (age, isOverflow) = now.subtractingReportingOverflow(time)
            if isOverflow { return false }
            return age <= maxAge && (age >= 0 || age.magnitude <= max(0, tolerance).magnitude)
        }
    }

    /// The keys, made once: oldest first, and the newest again.
    private let keys: [KeyedHMAC]
    private let newest: KeyedHMAC

    /// Creates a signer.
    /// - Parameters:
    ///   - secrets: The newest signs, all verify.
    ///   - salt: What the tokens are for, so that one of another kind is not taken; no secret.
    ///   - keyDerivation: How the working keys are made.
    ///   - digest: The hash.
    public init(
        secrets: SessionSecrets, salt: String = "itsdangerous.Signer", keyDerivation: KeyDerivation = .djangoConcat,
        digest: Digest = .sha1
    ) {
        func key(_ secret: [UInt8]) -> KeyedHMAC {
            KeyedHMAC(digest, key: Self.derive(Array(salt.utf8), secret, keyDerivation, digest))
        }
        newest = key(secrets.newest)
        keys = secrets.older.map(key) + [newest]
    }

    /// Signs a text.
    public func sign(_ text: String) -> String {
        String(decoding: sign(bytes: Array(text.utf8)), as: UTF8.self)
    }

    /// Signs a text and a time, in seconds since 1970.
    ///
    /// A time before the first second of 1970 is written as that second, which the format can say.
    public func sign(_ text: String, at time: Int64) -> String {
        String(decoding: sign(bytes: Array(text.utf8), at: time), as: UTF8.self)
    }

    /// The text of a token that was signed without a time.
    /// - Throws: `badSignature`.
    public func unsign(_ token: String) throws(ItsDangerousError) -> String {
        String(decoding: try unsign(bytes: Array(token.utf8)), as: UTF8.self)
    }

    /// The text and the time of a token that was signed with a time.
    /// - Parameters:
    ///   - token: The token.
    ///   - limit: How old it may be; any age when it is `nil`, the future as well.
    /// - Throws: `badSignature`, also for a token without a time, or `expired`.
    public func unsign(
        _ token: String, within limit: AgeLimit?
    ) throws(ItsDangerousError) -> (text: String, time: Int64) {
        let (value, time) = try unsign(bytes: Array(token.utf8), within: limit)
        return (String(decoding: value, as: UTF8.self), time)
    }
}

extension ItsDangerousSigner {
    private static let separator = UInt8(ascii: ".")

    private static func derive(
        _ salt: [UInt8], _ secret: [UInt8], _ derivation: KeyDerivation, _ digest: Digest
    ) -> [UInt8] {
        func hash(_ bytes: [UInt8]) -> [UInt8] {
            switch digest {
            case .sha1: Array(Insecure.SHA1.hash(data: bytes))
            case .sha256: Array(SHA256.hash(data: bytes))
            case .sha512: Array(SHA512.hash(data: bytes))
            }
        }
        return switch derivation {
        case .concat: hash(salt + secret)
        case .djangoConcat: hash(salt + Array("signer".utf8) + secret)
        case .hmac: KeyedHMAC(digest, key: secret).code(for: salt[...])
        case .none: secret
        }
    }

    func sign(bytes value: [UInt8]) -> [UInt8] {
        value + [Self.separator] + Array(Base64URL.encode(newest.code(for: value[...])).utf8)
    }

    func sign(bytes value: [UInt8], at time: Int64) -> [UInt8] {
        sign(bytes: value + [Self.separator] + Array(ItsDangerousTimestamp.encode(time).utf8))
    }

    /// What was signed.
    ///
    /// Every key is tried, also after one has matched: the time it takes depends on the token's length only.
    func unsign(bytes token: [UInt8]) throws(ItsDangerousError) -> ArraySlice<UInt8> {
        guard let end = token.lastIndex(of: Self.separator) else { throw .badSignature }
        let value = token[..<end]
        guard let signature = Base64URL.decode(token[(end + 1)...]) else { throw .badSignature }
        var isValid = false
        for key in keys {
            let isSame = ConstantTime.equal(key.code(for: value), signature)
            isValid = isValid || isSame
        }
        guard isValid else { throw .badSignature }
        return value
    }

    func unsign(
        bytes token: [UInt8], within limit: AgeLimit?
    ) throws(ItsDangerousError) -> (value: ArraySlice<UInt8>, time: Int64) {
        let signed = try unsign(bytes: token)
        guard let end = signed.lastIndex(of: Self.separator),
            let time = ItsDangerousTimestamp.decode(signed[(end + 1)...])
        else { throw .badSignature }
        if let limit, !limit.allows(time) { throw .expired }
        return (signed[..<end], time)
    }
}
