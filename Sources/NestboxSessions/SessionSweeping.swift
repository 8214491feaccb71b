import NestboxHTTP
import Synchronization

/// Decides when a request sweeps a part of the store, so that no other program has to.
final class SessionSweeping: Sendable {
    private let store: any SweepingSessionStore
    private let clock: SessionClock
    /// Seconds between two sweeps of a process that stays.
    private let interval: Int64
    /// How likely a process that ends with its request sweeps.
    private let probability: Double
    private let next: Atomic<Int64>

    init(_ store: any SweepingSessionStore, clock: SessionClock, interval: Int64, probability: Double) {
        self.store = store
        self.clock = clock
        self.interval = interval
        self.probability = probability
        next = Atomic(clock.now &+ interval)
    }

    /// What is to be done once the response is sent, if it is this request's turn.
    func work(after request: Request, log: SessionLog) -> (@Sendable () async -> Void)? {
        guard isDue(isCGI: request.head.isCGI) else { return nil }
        return { [store, clock] in
            do throws(SessionStoreError) {
                log.swept(try await store.sweepSome(at: clock.now))
            } catch {
                log.failed(error)
            }
        }
    }

    private func isDue(isCGI: Bool) -> Bool {
        if isCGI { return Double.random(in: 0..<1) < probability }
        let now = clock.now
        let due = next.load(ordering: .relaxed)
        // Of several requests at this time one gets the turn.
        return now >= due
            && next.compareExchange(expected: due, desired: now &+ interval, ordering: .relaxed).exchanged
    }
}
