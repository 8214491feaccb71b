import Crypto

/// What a derived key is for.
///
/// Keys for one purpose are worth nothing for another.
public struct SessionKeyPurpose: Sendable, Hashable {
    /// The name that goes into the derivation.
    let name: String

    /// Signatures of sessions in cookies, but for those of ``ItsDangerousSessionSigner``, whose keys are itsdangerous'
    /// own.
    public static let sessionSignature = SessionKeyPurpose(name: "session signature")
    /// Sessions that are encrypted in cookies.
    public static let sessionEncryption = SessionKeyPurpose(name: "session encryption")
    /// Codes behind session ids in cookies.
    public static let idMAC = SessionKeyPurpose(name: "id MAC")
    /// Cookies for other uses that are encrypted: ``ProtectedCookies``.
    public static let cookieEncryption = SessionKeyPurpose(name: "cookie encryption")
    /// Signatures of cookies for other uses: ``ProtectedCookies``.
    public static let cookieSignature = SessionKeyPurpose(name: "cookie signature")
    /// Files of sessions.
    public static let fileSealing = SessionKeyPurpose(name: "file sealing")
    /// Tokens in forms.
    public static let csrf = SessionKeyPurpose(name: "CSRF")
    /// The names of sessions in logs.
    public static let logTag = SessionKeyPurpose(name: "log tag")
}

/// Keys of 32 bytes that were derived of secrets, in their order.
public struct SessionKeys: Sendable, Equatable {
    /// The keys of all secrets but the last one, oldest first.
    public let older: [[UInt8]]
    /// The key to work with.
    public let newest: [UInt8]

    /// The keys to try when reading, the newest first.
    public var newestFirst: [[UInt8]] { [newest] + older.reversed() }
}

extension SessionKeys: CustomStringConvertible, CustomReflectable {
    /// How many there are.
    public var description: String { "SessionKeys(\(older.count + 1))" }
    /// Nothing, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension SessionSecrets {
    /// Derives a key of 32 bytes from each secret, by HKDF-SHA256 (RFC 5869) without salt.
    ///
    /// The info is p‖purpose‖c‖cookie name‖a‖application id, with p, c and a the numbers of bytes in UTF-8 of what
    /// follows them, four bytes each, big-endian.
    /// - Parameters:
    ///   - purpose: What the keys are for.
    ///   - cookieName: The name of the session's cookie.
    ///   - applicationID: What tells applications with the same secrets apart.
    public func keys(for purpose: SessionKeyPurpose, cookieName: String, applicationID: String) -> SessionKeys {
        let info = [purpose.name, cookieName, applicationID].flatMap(LengthPrefixed.encode)
        func key(_ secret: [UInt8]) -> [UInt8] {
            HKDF<SHA256>.deriveKey(inputKeyMaterial: SymmetricKey(data: secret), info: info, outputByteCount: 32)
                .withUnsafeBytes { Array($0) }
        }
        return SessionKeys(older: older.map(key), newest: key(newest))
    }
}
