import Crypto
import NestboxSessions

/// Secrets that everyone may know.
private let secrets =
    (try? SessionSecrets(["an older secret of this test", "the newest secret of this test"])) ?? .random()
private let time: Int64 = 1_800_000_000

extension FuzzTarget {
    /// Encrypted sessions: tokens as they come, and whatever decrypts to these bytes.
    static let encryptedToken = FuzzTarget("encrypted-token") { input in
        let text = String(decoding: input, as: UTF8.self)
        if let (payload, _) = encrypted.verify(text) {
            // Nobody guesses one: this is a file of the corpus.
            try expect((try? encrypted.sign(payload, at: time)) != nil, "what was decrypted can be encrypted")
            try expect(
                encrypted.verify(String(decoding: input.withOneChange(), as: UTF8.self)) == nil,
                "changed, it is refused")
        }
        let token = try encrypted.sign(input, at: time)
        let read = encrypted.verify(token)
        try expect(read?.payload == input && read?.time == time, "a token holds what was put in")
        try expect(encrypted.verify(changed(token)) == nil, "a changed token is refused")
        try expect(other.verify(token) == nil, "a token of another cookie is refused")
        try await load(token, CookieSessionStore(signer: encrypted, maxBytes: .max))

        // Behind the cipher: any plaintext in a box that the key fits.
        if let box = try? sealed(input), let (payload, _) = encrypted.verify(box) {
            let whole = input.count + (32 - input.count % 32) % 32
            try expect(payload.count <= max(32, whole) - 12, "a payload lies inside of its message")
        }
    }

    /// Signed sessions: tokens as they come, and whatever is signed with the right key.
    static let signedToken = FuzzTarget("signed-token") { input in
        let text = String(decoding: input, as: UTF8.self)
        for (signer, compatibility) in [(flat, "flat"), (blackSheep, "blackSheep")] {
            if signer.verify(text) != nil {
                // Nobody guesses one: this is a file of the corpus.
                try expect(signer.verify(changed(text)) == nil, "a changed token is refused")
            }
            let object = Array("{".utf8) + input
            let token = try signer.sign(object, at: time)
            let read = signer.verify(token)
            try expect(
                read?.payload == object && read?.time == time, "a token holds what was put in (\(compatibility))")
            try expect(signer.verify(changed(token)) == nil, "a changed token is refused (\(compatibility))")
            try await load(token, CookieSessionStore(signer: signer, maxBytes: .max))
        }
        // Behind the signature: any text, any payload, any zlib stream.
        let payload = Base64URL.encode(input)
        for signed in [text, "\(payload).a0kwfw", ".\(payload).a0kwfw", "e30.\(payload)"] {
            let token = inner.sign(signed)
            if let (json, _) = flat.verify(token) {
                try expect(json.first == UInt8(ascii: "{"), "a session is an object")
                try expect(json.count <= 65_536, "no session inflates beyond the limit")
            }
            try await load(token, CookieSessionStore(signer: flat, maxBytes: .max))
            if let bytes = try? serializer.loads(token) {
                try expect(bytes.count <= max(3 * text.utf8.count, 4096), "nothing inflates beyond the limit")
            }
        }
        try expect(try serializer.loads(serializer.dumps(input)) == input, "a serializer reads what it wrote")
        if let bytes = Base64URL.decode(text) {
            try expect(Base64URL.encode(bytes) == text, "one text only stands for these bytes")
        }
    }

    private static let encrypted = AEADSessionSigner(secrets: secrets)
    private static let other = AEADSessionSigner(secrets: secrets, cookieName: "other")
    private static let flat = ItsDangerousSessionSigner(secrets: secrets)
    private static let blackSheep = ItsDangerousSessionSigner(secrets: secrets, compatibility: .blackSheep)
    private static let inner = ItsDangerousSigner(secrets: secrets, salt: "itsdangerous")
    private static let serializer = ItsDangerousSerializer(secrets: secrets, inflationLimit: 4096)

    private static func changed(_ token: String) -> String {
        String(decoding: Array(token.utf8).withOneChange(), as: UTF8.self)
    }

    /// Reads a session out of a token and, if there is one, puts it into another.
    private static func load(_ token: String, _ store: CookieSessionStore) async throws {
        guard let found = try await store.load(SessionToken(token)).session else { return }
        var record = found.record
        record.usedAt = max(1, record.usedAt)
        guard let stored = try? await store.create(record) else { return }
        var again = try await store.load(stored.token).session?.record
        // Neither has a place in a cookie.
        again?.version = record.version
        try expect(again == record || token.utf8.count > 4096, "a session that was read can be written and read again")
    }

    private static let key: SymmetricKey = {
        let keys = secrets.keys(for: .sessionEncryption, cookieName: "session", applicationID: "")
        let code = HMAC<SHA256>.authenticationCode(
            for: [UInt8](repeating: 0, count: 32) + [1], using: SymmetricKey(data: keys.newest))
        return SymmetricKey(data: Array(code))
    }()

    /// A token whose message is these bytes, filled up to whole blocks.
    private static func sealed(_ message: [UInt8]) throws -> String {
        let head = [1] + [UInt8](repeating: 0, count: 32)
        let name = Array("session".utf8)
        let whole = message + [UInt8](repeating: 0, count: (32 - message.count % 32) % 32)
        let box = try AES.GCM.seal(
            whole, using: key, nonce: AES.GCM.Nonce(data: [UInt8](repeating: 0, count: 12)),
            authenticating: head + [0, 0, 0, UInt8(name.count)] + name + [0, 0, 0, 0])
        return Base64URL.encode(head + Array(box.ciphertext) + Array(box.tag))
    }
}
