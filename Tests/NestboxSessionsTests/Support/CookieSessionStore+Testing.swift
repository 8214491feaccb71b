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
    /// What cannot be promised without the data on the server.
    private static let beyondCookies: Set<String> = [
        "the version counts updates",
        "a change sees what others wrote, not what was loaded",
        "a hundred increments at once count to a hundred",
        "writers of different keys do not disturb each other",
        "a session that has expired is not written",
        "an old id leads to the session for a time",
        "ids renewed one after the other all lead to the session",
    ]

    /// What a list of logins and logouts cannot promise, either: it does not know sessions without a user.
    private static let beyondLists: Set<String> = [
        "a session is revoked by its key",
        "a sweep deletes what has expired and nothing else",
        "a session that was used since is not swept",
    ]

    /// The checks that cookies with a list of logouts are held to, or those that they cannot pass.
    static func ofRevocableCookies(possible: Bool) -> [SessionStoreContract.Check] {
        let impossible = beyondCookies.union(beyondLists)
        return SessionStoreContract.checks.filter {
            $0.need != .locking && ($0.need == .limits || impossible.contains($0.name)) != possible
        }
    }
}
