import Synchronization

/// Proof that a form was made for a session: the session's form secret, hidden behind another random mask each time.
///
/// A token is 32 bytes in base64url without padding: the mask (16), and the secret with the mask added bit by bit (16). With the
/// mask no page holds the same token twice, so that the length of compressed pages tells nothing of it (BREACH).
enum FormToken {
    /// The length of a secret: more than anyone can try.
    static let secretLength = 16

    /// A new secret as it is stored.
    static func makeSecret() -> String { Base64URL.encode(SystemRandom.bytes(secretLength)) }

    /// A token of a secret, or `nil` when what is stored is none.
    static func make(of secret: String) -> String? {
        guard let secret = Base64URL.decode(secret), secret.count == secretLength else { return nil }
        let mask = SystemRandom.bytes(secretLength)
        return Base64URL.encode(mask + zip(mask, secret).map { $0 ^ $1 })
    }

    /// Whether a text is a token of a secret.
    static func matches(_ token: String, secret: String) -> Bool {
        // What is longer is not decoded.
        guard token.utf8.count <= 64, let bytes = Base64URL.decode(token), bytes.count == 2 * secretLength,
            let secret = Base64URL.decode(secret), secret.count == secretLength
        else { return false }
        return ConstantTime.equal(zip(bytes, bytes[secretLength...]).map { $0 ^ $1 }, secret)
    }
}

extension Session {
    /// A token for a form; the first one makes the session's secret.
    /// - Throws: ``SessionError/Code/committed`` when there is no secret and it is too late for one.
    package func formToken() throws(SessionError) -> String {
        if let token = state.withLock({ $0.current.formSecret }).flatMap({ FormToken.make(of: $0) }) { return token }
        let secret = FormToken.makeSecret()
        try changing { state in
            state.current.formSecret = secret
            state.changes.formSecret = .replaced(secret)
        }
        return FormToken.make(of: secret) ?? ""
    }

    /// Whether there is a secret that a token could have been made of.
    package var hasFormSecret: Bool { state.withLock { $0.current.formSecret != nil } }

    /// Whether a text is a token that ``formToken()`` made for this session since its last login.
    package func acceptsFormToken(_ token: String) -> Bool {
        guard let secret = state.withLock({ $0.current.formSecret }) else { return false }
        return FormToken.matches(token, secret: secret)
    }
}
