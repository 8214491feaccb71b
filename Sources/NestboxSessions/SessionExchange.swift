import HTTPTypes
import NestboxHTTP
import Synchronization

/// The session layer's part of one request: reads the session when it is first asked for, and writes it once.
final class SessionExchange: Sendable {
    /// How far this request is with its session.
    enum Phase: Sendable {
        case untouched
        case loading([CheckedContinuation<Void, Never>])
        case loaded(Session)
        case failed(SessionError)
        /// The response is on its way, and the session is as it was stored.
        indirect case ended(StoredSession?)
    }

    let settings: SessionSettings
    let request: Request
    let phase = Mutex(Phase.untouched)
    let hasEnded = Atomic(false)
    let visit = Mutex(Visit())

    /// What is known of the visitor's cookies, and what becomes of them.
    struct Visit: Sendable {
        /// The token that the session was found by.
        var token: SessionToken?
        /// Whether the client is to drop the cookie it sent if the request leaves it without a session.
        var hasStaleCookie = false
        /// Whether the request came over HTTPS.
        var isSecure = false
        /// Whether the store failed and the session is a makeshift that is not written.
        var isMakeshift = false
        var lock: (any SessionLock)?
        /// The cookie of the response, once it is known.
        var cookie: Cookie?
    }

    init(settings: SessionSettings, request: Request) {
        self.settings = settings
        self.request = request
    }

    var now: Int64 { settings.clock.now }
    var log: SessionLog { SessionLog(exchange: self) }

    /// The session, if the handler has asked for it.
    var touchedSession: Session? {
        phase.withLock { if case .loaded(let session) = $0 { session } else { nil } }
    }

    /// Lets the next request have the session, and lets go of it, as it holds on to this.
    func end() {
        phase.withLock { phase in
            hasEnded.store(true, ordering: .relaxed)
            if case .loaded(let session) = phase { phase = .ended(session.state.withLock { $0.stored }) }
        }
        release()
    }

    /// Whether a session is bound to another client than that of this request.
    func isMoved(_ session: StoredSession) -> Bool {
        guard let bound = session.record.binding, let digest = settings.binding.digest(of: request) else {
            return false
        }
        return bound != digest
    }

    /// The record of a session that begins with this request.
    func newRecord() -> SessionRecord {
        var record = SessionRecord(createdAt: now)
        settings.limits.apply(to: &record, now: record.createdAt)
        record.binding = settings.binding.digest(of: request)
        return record
    }
}

// MARK: Writing

extension SessionExchange {
    /// Writes the session, once; later calls do nothing.
    ///
    /// Nothing is sent of what could not be stored.
    /// - Parameter status: The status of the response: with 500 and more only logouts and new ids count. So it is after the client
    ///   was told that the handler took too long, whatever that says later.
    func commit(status: Int) async throws(SessionError) {
        let status = request.head.hasTimedOut ? max(status, 503) : status
        guard let session = touchedSession, let (commit, refusal) = startCommit(of: session, status: status) else {
            return
        }
        do throws(SessionStoreError) {
            if !knownVisit.isMakeshift {
                let stored = try await commit.write()
                session.state.withLock { $0.stored = stored }
            }
        } catch {
            log.failed(error)
            throw SessionError(error, isLogged: true)
        }
        if let refusal { throw SessionError(refusal) }
    }

    /// Ends the time in which the session can be changed; `nil` when it has ended before.
    ///
    /// With a value that cannot be stored nothing is kept but logouts and new ids, and the error comes afterwards.
    @inline(never)
    private func startCommit(of session: Session, status: Int) -> (SessionCommit, SessionStoreError?)? {
        session.state.withLock { state in
            guard !state.isCommitted else { return nil }
            state.isCommitted = true
            let refusal = status < 500 ? state.refusal : nil
            return (SessionCommit(state, exchange: self, keepsChanges: status < 500 && refusal == nil), refusal)
        }
    }

    /// Adds what the response says of the session.
    static func finish(_ headers: inout HTTPFields, _ cookie: Cookie?) {
        headers.addVary("Cookie")
        guard let cookie else { return }
        headers.append(HTTPField(name: .setCookie, value: cookie.headerValue))
        if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
    }
}

// MARK: What the session asks

extension SessionExchange {
    var knownVisit: Visit { visit.withLock { $0 } }

    func setCookie(_ cookie: Cookie?) { visit.withLock { $0.cookie = cookie } }

    /// The changes that will be written.
    func effectiveChanges(of state: Session.State) -> SessionChanges {
        guard let stored = state.stored else { return state.changes }
        return state.changes.effective(on: stored.record, counting: settings.countsEqualValues)
    }

    /// The store as one that can list, or an error that says so.
    func listing() throws(SessionError) -> any ListingSessionStore {
        if let store = settings.store as? any ListingSessionStore { return store }
        throw SessionError(
            .unsupported,
            "this session store keeps no list of sessions; choose the file store, or set session.revocation")
    }

    /// Asks the store, logging its failure.
    func storing<Result: Sendable>(
        _ work: () async throws(SessionStoreError) -> Result
    ) async throws(SessionError) -> Result {
        do throws(SessionStoreError) {
            return try await work()
        } catch {
            log.failed(error)
            throw SessionError(error, isLogged: true)
        }
    }
}
