import NestboxSessions
import NestboxTesting

extension CookieSessionStore {
    /// A store of encrypted cookies with a secret of its own.
    static func testing(maxBytes: Int = 3800) throws -> CookieSessionStore {
        let secrets = try SessionSecrets(["a secret of at least thirty-two bytes"])
        let signer = AEADSessionSigner(secrets: secrets, cookieName: "session", applicationID: "test")
        return CookieSessionStore(signer: signer, maxBytes: maxBytes)
    }
}

extension SessionStoreContract.Check {
    /// What no cookie can promise: it has neither the limits, which the configuration decides, nor what others wrote.
    static let beyondCookies: Set<String> = [
        "all that a record tells comes back as it was",
        "every field of a record can be changed",
        "the version counts updates",
        "a change sees what others wrote, not what was loaded",
        "a hundred increments at once count to a hundred",
        "writers of different keys do not disturb each other",
        "a session that has expired is not written",
        "an old id leads to the session for a time",
        "ids renewed one after the other all lead to the session",
        "a session that has expired may be loaded, and says so",
    ]

    /// What a list of logins and logouts cannot promise, either: it does not know sessions without a user.
    static let beyondLists: Set<String> = [
        "a session is revoked by its key",
        "a sweep deletes what has expired and nothing else",
        "a session that was used since is not swept",
    ]

    /// The checks that cookies with a list of logouts are held to, or those that they cannot pass.
    static func ofRevocableCookies(possible: Bool) -> [SessionStoreContract.Check] {
        SessionStoreContract.checks.filter {
            $0.need != .locking && beyondCookies.union(beyondLists).contains($0.name) != possible
        }
    }
}
