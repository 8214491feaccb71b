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

    init(_ configuration: SessionConfiguration, store: any SessionStore, clock: SessionClock) {
        self.store = store
        self.clock = clock
        cookie = configuration.cookie
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

    /// More session cookies than this in one request are an attack.
    static let maximumCookies = 8
}
