import Crypto
import NestboxHTTP
import Synchronization

/// What the session layer knows before the first request comes.
final class SessionSettings: Sendable {
    let store: any SessionStore
    let cookie: SessionCookie
    let limits: SessionLimits
    let locking: SessionConfiguration.Locking
    let lockTimeout: Duration
    let toleratesFailures: Bool
    /// Whether a value counts as changed when an equal one is assigned.
    let countsEqualValues: Bool
    let binding: SessionBinding
    let sweeping: SessionSweeping?
    let clock: SessionClock
    let logKey: SymmetricKey
    private let secureTemplate: Cookie?
    private let plainTemplate: Cookie?

    init(_ configuration: SessionConfiguration, store: any SessionStore, clock: SessionClock) {
        self.store = store
        self.clock = clock
        cookie = configuration.cookie
        // What cannot be was refused before.
        secureTemplate = try? cookie.template(isSecure: true, basePath: "")
        plainTemplate = try? cookie.template(isSecure: false, basePath: "")
        limits = SessionLimits(configuration)
        locking = configuration.locking
        lockTimeout = configuration.lockTimeout
        toleratesFailures = configuration.onStoreFailure == .anonymous
        countsEqualValues = configuration.protection == .signed && configuration.compatibility == .blackSheep
        binding = configuration.binding
        logKey = configuration.logKey
        sweeping = (store as? any SweepingSessionStore).map {
            SessionSweeping(
                $0, clock: clock, interval: configuration.sweepInterval, probability: configuration.sweepProbability)
        }
    }

    /// The cookie of a request without a value, or `nil` when it must not go over a connection that is not encrypted.
    func cookieTemplate(for request: Request, isSecure: Bool) throws(CookieError) -> Cookie? {
        // All but the path are the same for all requests.
        if cookie.path == "auto" { return try cookie.template(isSecure: isSecure, basePath: request.basePath) }
        return isSecure ? secureTemplate : plainTemplate
    }

    /// More session cookies than this in one request are an attack.
    static let maximumCookies = 8
}
