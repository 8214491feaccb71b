/// How sessions are kept: which store, which cookie, how long.
///
/// The defaults are those of `session-…` keys of the configuration: an encrypted cookie for fourteen days. The handlers'
/// code is the same whatever is chosen here.
public struct SessionConfiguration: Sendable {
    /// Where sessions are kept.
    public enum Store: String, Sendable, CaseIterable {
        /// In the visitor's cookie, encrypted or signed.
        case cookie
        /// In files, below ``File-swift.struct/directory``.
        case file
        /// In the memory of one process, for tests: it ends with it.
        case memory
    }

    /// How a session in a cookie is protected.
    public enum Protection: String, Sendable, CaseIterable {
        /// No one can read or change it.
        case encrypted
        /// The visitor can read it; no one can change it. The format is that of itsdangerous.
        case signed
    }

    /// What happens when requests of one visitor run at the same time.
    public enum Locking: String, Sendable, CaseIterable {
        /// Their changes are merged key by key; the later writer of one key wins.
        case merge
        /// The later writer wins altogether.
        case lastWrite = "last_write"
        /// Requests that use the session wait for each other, up to `lockTimeout`.
        case exclusive
    }

    /// What a request gets whose session cannot be read.
    public enum FailurePolicy: String, Sendable, CaseIterable {
        /// The status 503.
        case error
        /// An empty session, of which nothing is kept.
        case anonymous
    }

    /// How logouts are remembered for sessions that are kept in cookies.
    public enum Revocation: String, Sendable, CaseIterable {
        /// Not at all: a copied cookie is valid until it expires.
        case none
        /// In files, below ``File-swift.struct/directory``; logins are noted there, too, so that they can be listed.
        case file
    }

    /// Settings of the store of files.
    public struct File: Sendable, Hashable {
        /// When files carry a message authentication code, so that planted ones are not read.
        public enum Signing: String, Sendable, CaseIterable {
            /// When there is a secret.
            case auto
            /// Always; a secret is required.
            case `true`
            /// Never.
            case `false`
        }

        /// The directory, which is made when it is not there; required.
        public var directory: String?
        /// When files are authenticated; default: when there is a secret.
        public var signing = Signing.auto
        /// What a write waits for; default: for the kernel.
        public var durability = FileSessionStore.Durability.none
        /// Whether the directory may lie below the web server's document root; default: no.
        public var isAllowedInDocumentRoot = false
    }

    /// Where sessions are kept; default: in the cookie.
    public var store = Store.cookie
    /// The secrets, oldest first, which cookies need: the last one signs and encrypts, all are tried.
    public var secrets: SessionSecrets?
    /// Where the secrets were found, for `session doctor`; `nil` for the program's code.
    package var secretsOrigin: String?
    /// A file of secrets, as `session keygen` makes it, which is read when the store is made.
    public var secretFile: String?
    /// Whether secrets of less than 32 bytes will do, with a warning; default: no.
    public var allowsWeakSecrets = false
    /// Whether cookies without a secret are protected by a random one, and end with the process; default: no.
    public var allowsMissingSecret = false
    /// Keeps the sessions of applications with the same secret apart; default: `nestbox`.
    public var applicationID = "nestbox"
    /// The cookie.
    public var cookie = SessionCookie()

    /// How many seconds a session lives since its beginning; `nil` for no limit; default: 1,209,600 (14 days).
    public var maxAge: Int64? = 1_209_600
    /// How many seconds a session lives without being used; `nil`, the default, for no limit.
    public var idleTimeout: Int64?
    /// How many seconds a session lives after `session.remember()`; default: 2,592,000 (30 days).
    public var rememberMaxAge: Int64 = 2_592_000
    /// How often the id is renewed, in seconds; `nil`, the default, for never.
    public var rotateInterval: Int64?
    /// How many seconds an old id is remembered after a renewal; default: 10.
    public var rotationGrace: Int64 = 10
    /// The seconds between two notes of use; default: 300, or a tenth of ``idleTimeout`` when that is less.
    public var touchInterval: Int64?

    /// How a session in a cookie is protected; default: encrypted.
    public var protection = Protection.encrypted
    /// The digest of signed cookies; default: `sha1`, as plain itsdangerous has it.
    public var digest = ItsDangerousSigner.Digest.sha1
    /// The salt of signed cookies; default: made of cookie name and application id, for BlackSheep `itsdangerous`.
    ///
    /// Python programs that are to read them without a salt of their own need `itsdangerous`.
    public var salt: String?
    /// The shape of signed cookies that are written; both are read; default: flat.
    public var compatibility = ItsDangerousSessionSigner.Compatibility.flat
    /// How logouts are remembered for sessions in cookies; default: not.
    public var revocation = Revocation.none

    /// The longest session, in bytes as it is stored; default: 3,800 in a cookie, else 1 MiB.
    public var maxBytes: Int?
    /// What happens when requests of one visitor run at the same time; default: merge.
    public var locking = Locking.merge
    /// How long a request waits for an exclusive session; default: 5 seconds.
    public var lockTimeout = Duration.seconds(5)
    /// What a request gets whose session cannot be read; default: 503.
    public var onStoreFailure = FailurePolicy.error
    /// What sessions are bound to; default: nothing.
    public var binding = SessionBinding()
    /// Settings of the store of files.
    public var file = File()
    /// How likely a CGI process sweeps some files when it ends; default: 0.01.
    public var sweepProbability = 0.01
    /// The seconds between two sweeps of a FastCGI process; default: 60.
    public var sweepInterval: Int64 = 60

    /// Creates the default configuration, which lacks a secret.
    public init() {}

    /// Creates the default configuration with one secret: sessions in encrypted cookies.
    /// - Parameter secret: At least 32 bytes that no one can guess; `session keygen` makes some.
    /// - Throws: ``SessionSecretsError`` when it is empty.
    public init(secret: String) throws(SessionSecretsError) {
        secrets = try SessionSecrets([secret])
    }
}
