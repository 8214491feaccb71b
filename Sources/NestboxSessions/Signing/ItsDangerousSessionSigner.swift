/// Signs sessions in the wire format of itsdangerous' `URLSafeTimedSerializer`: `protection = signed`.
///
/// The visitor can read the session, not change it; ``AEADSessionSigner`` hides it as well. Python programs with the
/// same secret can read and write it, as BlackSheep and, with salt and key derivation of its own, Flask do. The format
/// is that of ``ItsDangerousSerializer``; what is in it says ``Compatibility``.
///
/// The signature does not cover the cookie's name: two cookies with the same secrets need two salts.
public struct ItsDangerousSessionSigner: SessionSigner {
    /// What is signed.
    ///
    /// Reading takes both shapes and no other JSON.
    public enum Compatibility: Sendable, Hashable {
        /// The JSON object itself: `{"foo":"bar"}`.
        case flat
        /// A JSON string with the JSON object in base64, with `+`, `/` and padding (RFC 4648 §4):
        /// `"eyJmb28iOiJiYXIifQ=="`.
        case blackSheep
    }

    private let serializer: ItsDangerousSerializer
    private let compatibility: Compatibility

    /// Creates a signer; the defaults are those of itsdangerous.
    /// - Parameters:
    ///   - secrets: The newest signs, all verify.
    ///   - salt: What the tokens are for.
    ///   - keyDerivation: How the working keys are made.
    ///   - signature: The hash.
    ///   - compatibility: The shape that is written.
    ///   - inflationLimit: How many bytes a compressed session may have when it is inflated.
    public init(
        secrets: SessionSecrets, salt: String = "itsdangerous",
        keyDerivation: ItsDangerousSigner.KeyDerivation = .djangoConcat,
        signature: ItsDangerousSigner.Digest = .sha1, compatibility: Compatibility = .flat,
        inflationLimit: Int = 65_536
    ) {
        serializer = ItsDangerousSerializer(
            secrets: secrets, salt: salt, keyDerivation: keyDerivation, digest: signature,
            inflationLimit: inflationLimit)
        self.compatibility = compatibility
    }

    /// Makes a token of a JSON object.
    /// - Throws: `invalidValue` when the payload does not start as a JSON object, because reading would refuse it.
    public func sign(_ payload: [UInt8], at time: Int64) throws(SessionStoreError) -> String {
        guard payload.first == UInt8(ascii: "{") else {
            throw SessionStoreError(
                .invalidValue, "a signed session has to be a JSON object; use a serializer that writes one")
        }
        switch compatibility {
        case .flat: return serializer.dumps(payload, at: time)
        case .blackSheep:
            let quote = UInt8(ascii: "\"")
            return serializer.dumps([quote] + Base64.encode(payload) + [quote], at: time)
        }
    }

    /// The JSON object of a token and when it was made, however long ago; `nil` for every other token.
    ///
    /// That the object is well-formed is for the ``SessionSerializer`` to see.
    public func verify(_ token: String) -> (payload: [UInt8], time: Int64)? {
        guard let (json, time) = try? serializer.loads(token, within: nil), let object = Self.object(in: json) else {
            return nil
        }
        return (object, time)
    }

    /// The JSON object in either shape.
    private static func object(in json: [UInt8]) -> [UInt8]? {
        let brace = UInt8(ascii: "{")
        let quote = UInt8(ascii: "\"")
        if json.first == brace { return json }
        guard json.count >= 2, json.first == quote, json.last == quote,
            let object = Base64.decode(json.dropFirst().dropLast()), object.first == brace
        else { return nil }
        return object
    }
}
