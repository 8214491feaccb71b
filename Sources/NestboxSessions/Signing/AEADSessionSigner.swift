import Crypto

/// Encrypts sessions with AES-256-GCM: `protection = encrypted`, the default.
///
/// The visitor can neither read nor change the session, and a token of one cookie name or application is worth nothing
/// in another. A token is base64url without padding of
///
/// | offset | bytes | content |
/// | --- | --- | --- |
/// | 0 | 1 | version, 1 |
/// | 1 | 32 | salt, random |
/// | 33 | n | ciphertext, a multiple of 32 bytes, at least 32 |
/// | 33 + n | 16 | tag of AES-256-GCM |
///
/// and the ciphertext is that of
///
/// | offset | bytes | content |
/// | --- | --- | --- |
/// | 0 | 8 | when it was made: seconds since 1970, signed, big-endian |
/// | 8 | 4 | p, the number of bytes of the session, big-endian |
/// | 12 | p | the session |
/// | 12 + p | 0–31 | zero bytes up to a multiple of 32, so that the length tells little |
///
/// The associated data is version‖salt‖c‖cookie name‖a‖application id, with c and a their numbers of bytes in UTF-8,
/// four bytes each, big-endian.
///
/// The key of a message is HMAC-SHA256(key, salt‖1), which is HKDF-Expand (RFC 5869 §2.3) with the salt as info and 32
/// bytes of output. The key in it is that of ``SessionSecrets/keys(for:cookieName:applicationID:)`` for session
/// encryption, itself made by HKDF-SHA256, so that HKDF-Extract has no more to do (RFC 5869 §3.3).
///
/// The nonce is twelve zero bytes. GCM (NIST SP 800-38D §8) needs that no pair of key and nonce is used for two
/// messages. Each message has a key of its own: two have the same only if their 32 random bytes of salt are the same
/// (or the HMAC collides), and for 2^64 messages the chance of that is below 2^-128. So no pair repeats, whatever the
/// nonce.
///
/// Nothing is compressed: the length of compressed data tells about secrets in it to someone who can add text of his
/// own (as the CRIME attack did).
public struct AEADSessionSigner: SessionSigner {
    private static let version: UInt8 = 1
    private static let saltCount = 32
    private static let tagCount = 16
    private static let headCount = 12
    private static let block = 32
    private static let nonceBytes = [UInt8](repeating: 0, count: 12)

    /// The keys, made once: newest first.
    private let keys: [KeyedHMAC]
    private let newest: KeyedHMAC
    /// c‖cookie name‖a‖application id.
    private let context: [UInt8]

    /// Creates a signer.
    /// - Parameters:
    ///   - secrets: The newest encrypts, all decrypt.
    ///   - cookieName: The name of the cookie that the tokens are for.
    ///   - applicationID: What tells applications with the same secrets apart.
    public init(secrets: SessionSecrets, cookieName: String = "session", applicationID: String = "") {
        self.init(
            keys: secrets.keys(for: .sessionEncryption, cookieName: cookieName, applicationID: applicationID),
            context: LengthPrefixed.encode(cookieName) + LengthPrefixed.encode(applicationID))
    }

    /// Creates one for another purpose, of which the keys know.
    init(keys: SessionKeys, context: [UInt8] = []) {
        newest = KeyedHMAC(.sha256, key: keys.newest)
        self.keys = [newest] + keys.older.reversed().map { KeyedHMAC(.sha256, key: $0) }
        self.context = context
    }

    /// Encrypts a payload of at most 16 MiB.
    /// - Throws: `tooLarge` above that, `unavailable` when the cipher fails.
    public func sign(_ payload: [UInt8], at time: Int64) throws(SessionStoreError) -> String {
        try sign(payload, at: time, context: context)
    }

    /// Encrypts a payload so that it can be read with the same context only.
    func sign(_ payload: [UInt8], at time: Int64, context: [UInt8]) throws(SessionStoreError) -> String {
        guard payload.count <= 1 << 24 else {
            throw SessionStoreError(
                .tooLarge, "the session has \(payload.count) bytes and cannot be encrypted as a cookie")
        }
        var plaintext: [UInt8] = []
        plaintext.reserveCapacity(Self.headCount + payload.count + Self.block)
        withUnsafeBytes(of: time.bigEndian) { plaintext += $0 }
        plaintext += LengthPrefixed.length(payload.count)
        plaintext += payload
        let excess = plaintext.count % Self.block
        if excess > 0 { plaintext += [UInt8](repeating: 0, count: Self.block - excess) }

        var head = [Self.version]
        head.reserveCapacity(1 + Self.saltCount + context.count)
        head += SystemRandom.bytes(Self.saltCount)
        do {
            let box = try AES.GCM.seal(
                plaintext, using: Self.key(newest, salt: head.dropFirst()), nonce: Self.nonce(),
                authenticating: head + context)
            var token = head
            token.reserveCapacity(head.count + plaintext.count + Self.tagCount)
            // All of it in one piece, and then without the nonce, is the cheapest that a box can be asked for.
            guard let sealed = box.combined else {
                throw SessionStoreError(.unavailable, "AES-GCM made a box with a nonce of another size")
            }
            token += sealed.dropFirst(Self.nonceBytes.count)
            return Base64URL.encode(token)
        } catch {
            throw SessionStoreError(.unavailable, "AES-GCM did not encrypt the session", underlying: error)
        }
    }

    /// The payload of a token and when it was made, however long ago; `nil` for every other token.
    ///
    /// The keys are tried from the newest to the oldest. How long it takes tells which of them fits, and nothing about
    /// a key or the session.
    public func verify(_ token: String) -> (payload: [UInt8], time: Int64)? { verify(token, context: context) }

    /// The payload of a token that was made with this context.
    func verify(_ token: String, context: [UInt8]) -> (payload: [UInt8], time: Int64)? {
        guard let bytes = Base64URL.decode(token), bytes.first == Self.version else { return nil }
        let body = 1 + Self.saltCount
        let cipherCount = bytes.count - body - Self.tagCount
        guard cipherCount >= Self.block, cipherCount % Self.block == 0 else { return nil }
        let head = bytes[..<body]
        guard let box = try? AES.GCM.SealedBox(combined: Self.nonceBytes + bytes[body...]) else { return nil }
        let associated = head + context
        for key in keys {
            if let plaintext = try? AES.GCM.open(
                box, using: Self.key(key, salt: head.dropFirst()), authenticating: associated)
            {
                return Self.parts(of: Array(plaintext))
            }
        }
        return nil
    }

    /// Takes a decrypted message apart.
    private static func parts(of plaintext: [UInt8]) -> (payload: [UInt8], time: Int64)? {
        guard plaintext.count >= headCount else { return nil }
        let time = plaintext[..<8].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        let count = plaintext[8..<headCount].reduce(0) { $0 << 8 | Int($1) }
        let padding = plaintext.count - headCount - count
        guard (0..<block).contains(padding) else { return nil }
        return (Array(plaintext[headCount..<(headCount + count)]), Int64(bitPattern: time))
    }

    private static func key(_ key: KeyedHMAC, salt: ArraySlice<UInt8>) -> SymmetricKey {
        SymmetricKey(data: key.code(for: salt + [1]))
    }

    private static func nonce() throws -> AES.GCM.Nonce {
        try AES.GCM.Nonce(data: nonceBytes)
    }
}
