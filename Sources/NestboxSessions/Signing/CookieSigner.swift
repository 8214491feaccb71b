/// Signs values of cookies with HMAC-SHA256.
///
/// A token is base64url without padding of
///
/// | offset | bytes | content |
/// | --- | --- | --- |
/// | 0 | 1 | version, 2 (1 is that of ``AEADSessionSigner``) |
/// | 1 | 8 | when it ends: seconds since 1970, signed, big-endian |
/// | 9 | n | the value |
/// | 9 + n | 32 | HMAC-SHA256 of context‖version‖end‖value |
///
/// where no context is the beginning of another.
struct CookieSigner: Sendable {
    private static let version: UInt8 = 2
    private static let headCount = 9
    private static let codeCount = 32

    /// Newest first.
    private let keys: [KeyedHMAC]
    private let newest: KeyedHMAC

    init(_ keys: SessionKeys) {
        newest = KeyedHMAC(.sha256, key: keys.newest)
        self.keys = [newest] + keys.older.reversed().map { KeyedHMAC(.sha256, key: $0) }
    }

    func sign(_ value: [UInt8], end: Int64, context: [UInt8]) -> String {
        var token = [Self.version]
        withUnsafeBytes(of: end.bigEndian) { token += $0 }
        token += value
        return Base64URL.encode(token + newest.code(for: (context + token)[...]))
    }

    func verify(_ token: String, context: [UInt8]) -> (payload: [UInt8], time: Int64)? {
        guard let bytes = Base64URL.decode(token), bytes.first == Self.version,
            bytes.count >= Self.headCount + Self.codeCount
        else { return nil }
        let (content, code) = (bytes.dropLast(Self.codeCount), Array(bytes.suffix(Self.codeCount)))
        guard keys.contains(where: { ConstantTime.equal($0.code(for: (context + content)[...]), code) }) else {
            return nil
        }
        let end = content[1..<Self.headCount].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        return (Array(content[Self.headCount...]), Int64(bitPattern: end))
    }
}
