/// Makes signed tokens of JSON as the serializers of Python's itsdangerous 2.2 do.
///
///     let serializer = ItsDangerousSerializer(secrets: secrets, salt: "activate")
///     let token = serializer.dumps(json, at: now)
///     let (json, time) = try serializer.loads(token, within: .init(3600, now: now))
///
/// | itsdangerous             | here                                |
/// | ------------------------ | ----------------------------------- |
/// | `URLSafeTimedSerializer` | `.urlSafe`, calls with a time       |
/// | `URLSafeSerializer`      | `.urlSafe`, calls without a time    |
/// | `TimedSerializer`        | `.plain`, calls with a time         |
/// | `Serializer`             | `.plain`, calls without a time      |
///
/// It signs the bytes that it is given and returns the bytes that were signed: encoding and decoding JSON is the
/// caller's. A token is the payload, signed by ``ItsDangerousSigner``. A URL-safe payload is base64url without padding
/// of the JSON, or a `.` and base64url of the JSON in zlib format when that is shorter by two bytes or more. Everyone
/// can read it.
public struct ItsDangerousSerializer: Sendable {
    /// How the payload is written.
    public enum Encoding: Sendable, Hashable {
        /// In base64url, compressed where that pays.
        case urlSafe
        /// As it is.
        case plain
    }

    private let signer: ItsDangerousSigner
    private let encoding: Encoding
    private let inflationLimit: Int

    /// Creates a serializer; the defaults are those of `URLSafeSerializer` and `URLSafeTimedSerializer`.
    /// - Parameters:
    ///   - secrets: The newest signs, all verify.
    ///   - salt: What the tokens are for, so that one of another kind is not taken; no secret.
    ///   - keyDerivation: How the working keys are made.
    ///   - digest: The hash.
    ///   - encoding: How the payload is written.
    ///   - inflationLimit: How many bytes a compressed payload may have when it is inflated.
    public init(
        secrets: SessionSecrets, salt: String = "itsdangerous",
        keyDerivation: ItsDangerousSigner.KeyDerivation = .djangoConcat, digest: ItsDangerousSigner.Digest = .sha1,
        encoding: Encoding = .urlSafe, inflationLimit: Int = 65_536
    ) {
        signer = ItsDangerousSigner(secrets: secrets, salt: salt, keyDerivation: keyDerivation, digest: digest)
        self.encoding = encoding
        self.inflationLimit = inflationLimit
    }

    /// Makes a token of JSON.
    ///
    /// With ``Encoding/plain`` the JSON must be UTF-8, which JSON is; bytes that are not are replaced by U+FFFD.
    public func dumps(_ json: [UInt8]) -> String {
        String(decoding: signer.sign(bytes: payload(of: json)), as: UTF8.self)
    }

    /// Makes a token of JSON that tells when it was made, in seconds since 1970.
    public func dumps(_ json: [UInt8], at time: Int64) -> String {
        String(decoding: signer.sign(bytes: payload(of: json), at: time), as: UTF8.self)
    }

    /// The JSON of a token that was made without a time.
    ///
    /// It is inflated only after its signature was verified.
    /// - Throws: `badSignature` or `badPayload`. That it is JSON is not checked.
    public func loads(_ token: String) throws(ItsDangerousError) -> [UInt8] {
        try json(of: try signer.unsign(bytes: Array(token.utf8)))
    }

    /// The JSON of a token that was made with a time, and that time.
    /// - Parameters:
    ///   - token: The token.
    ///   - limit: How old it may be; any age when it is `nil`, the future as well.
    /// - Throws: `badSignature`, `expired` or `badPayload`, looked for in this order.
    public func loads(
        _ token: String, within limit: ItsDangerousSigner.AgeLimit?
    ) throws(ItsDangerousError) -> (json: [UInt8], time: Int64) {
        let (value, time) = try signer.unsign(bytes: Array(token.utf8), within: limit)
        return (try json(of: value), time)
    }

    private func payload(of json: [UInt8]) -> [UInt8] {
        switch encoding {
        case .plain: return Array(String(decoding: json, as: UTF8.self).utf8)
        case .urlSafe:
            if let compressed = Zlib.deflate(json), compressed.count < json.count - 1 {
                return [UInt8(ascii: ".")] + Array(Base64URL.encode(compressed).utf8)
            }
            return Array(Base64URL.encode(json).utf8)
        }
    }

    private func json(of payload: ArraySlice<UInt8>) throws(ItsDangerousError) -> [UInt8] {
        if encoding == .plain { return Array(payload) }
        let isCompressed = payload.first == UInt8(ascii: ".")
        guard let bytes = Base64URL.decode(isCompressed ? payload.dropFirst() : payload) else { throw .badPayload }
        guard isCompressed else { return bytes }
        guard let json = Zlib.inflate(bytes, limit: inflationLimit) else { throw .badPayload }
        return json
    }
}
