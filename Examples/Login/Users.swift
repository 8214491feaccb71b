import Crypto
import CryptoExtras
import FoundationEssentials

/// Who may log in; elsewhere this is a table of a database.
struct Users: Sendable {
    /// What is kept of a password: nothing it could be read from.
    private struct Password: Sendable {
        var salt: String
        var hash: String
    }

    private let passwords = [
        "ada": Password(salt: "Ju6sn5HSU7n3aSuwlcwZqg==", hash: "+xgxBA1CQ38gNu/qA59K5wXm0vdUK/k+rTFU9YeaI0A=")
    ]
    /// Stands in for users that there are not, whom the time of an answer would give away.
    private let nobody = Password(salt: "RWuW5TN6ImYVvbRYVQfHqw==", hash: "")

    /// Whether the password is this user's.
    ///
    /// Away from the thread that serves other visitors: to be slow is what the hash is for.
    @concurrent
    func accept(_ name: String, password: String) async throws -> Bool {
        let known = passwords[name]
        let kept = known ?? nobody
        guard let salt = Data(base64Encoded: kept.salt), let hash = Data(base64Encoded: kept.hash) else { return false }
        let key = try KDF.Insecure.PBKDF2.deriveKey(
            from: Array(password.utf8), salt: salt, using: .sha256, outputByteCount: 32, rounds: 600_000)
        // Keys are compared in a time that does not depend on what they are.
        return key == SymmetricKey(data: hash) && known != nil
    }
}
