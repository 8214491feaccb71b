import HTTPTypes
import NestboxHTTP
import Synchronization

/// The session layer's part of one request: reads the session when it is first asked for, and writes it once.
final class SessionExchange: Sendable {
    private enum Phase: Sendable {
        case untouched
        case loading([CheckedContinuation<Void, Never>])
        case loaded(Session)
        case failed(SessionError)
        /// The response is on its way, and the session is as it was stored.
        case ended(StoredSession?)
    }

    let settings: SessionSettings
    let request: Request
    private let phase = Mutex(Phase.untouched)
    private let hasEnded = Atomic(false)
    private let visit = Mutex(Visit())

    /// What is known of the visitor's cookies, and what becomes of them.
    struct Visit: Sendable {
        /// The token that the session was found by.
        var token: SessionToken?
        /// Whether the client is to drop the cookie it sent if the request leaves it without a session.
        var hasStaleCookie = false
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

    /// The session, which is read once, whoever asks at the same time.
    func session() async throws(SessionError) -> Session {
        while true {
            let mine = phase.withLock { phase -> Phase in
                let before = phase
                if case .untouched = phase { phase = .loading([]) }
                return before
            }
            switch mine {
            case .loaded(let session): return session
            case .failed(let error): throw error
            case .ended(let stored): return makeSession(stored)
            case .untouched: return try await load()
            case .loading: await waitForLoad()
            }
        }
    }

    private func waitForLoad() async {
        await withCheckedContinuation { continuation in
            let isWaiting = phase.withLock { phase in
                guard case .loading(let waiters) = phase else { return false }
                phase = .loading(waiters + [continuation])
                return true
            }
            if !isWaiting { continuation.resume() }
        }
    }

    private func load() async throws(SessionError) -> Session {
        let result: Result<Session, SessionError>
        do throws(SessionStoreError) {
            let stored = try await find()
            result = .success(makeSession(stored))
        } catch {
            log.failed(error)
            if settings.toleratesFailures, error.code != .locked {
                visit.withLock { visit in
                    visit.isMakeshift = true
                    visit.hasStaleCookie = false
                }
                result = .success(makeSession(nil))
            } else {
                result = .failure(SessionError(error, isLogged: true))
            }
        }
        let waiters = phase.withLock { phase -> [CheckedContinuation<Void, Never>] in
            guard case .loading(let waiters) = phase else { return [] }
            switch result {
            case .success(let session):
                phase =
                    hasEnded.load(ordering: .relaxed) ? .ended(session.state.withLock { $0.stored }) : .loaded(session)
            case .failure(let error): phase = .failed(error)
            }
            return waiters
        }
        for waiter in waiters { waiter.resume() }
        return try result.get()
    }

    private func makeSession(_ stored: StoredSession?) -> Session {
        Session(stored, new: newRecord(), exchange: self, isCommitted: hasEnded.load(ordering: .relaxed))
    }

    /// Lets the next request have the session, and lets go of it, as it holds on to this.
    func end() {
        hasEnded.store(true, ordering: .relaxed)
        release()
        phase.withLock { phase in
            if case .loaded(let session) = phase { phase = .ended(session.state.withLock { $0.stored }) }
        }
    }

    /// Finds the session that the request's cookies name.
    private func find() async throws(SessionStoreError) -> StoredSession? {
        let name = settings.cookie.fullName(isSecure: request.isSecure)
        let values = request.cookies.filter { $0.name == name }.map(\.rawValue)
        guard !values.isEmpty else { return nil }
        if values.count > 1 { log.duplicates(values.count, limit: SessionSettings.maximumCookies) }
        var hasStaleCookie = true
        if values.count <= SessionSettings.maximumCookies {
            for value in values {
                let token = SessionToken(value.withoutQuotes)
                if settings.locking == .exclusive { try await lock(token) }
                switch try await settings.store.load(token) {
                case .found(let session):
                    if isAcceptable(session) {
                        visit.withLock { $0.token = token }
                        return session
                    }
                    if settings.binding.action == .destroy, isMoved(session) {
                        try await settings.store.delete(session)
                    }
                case .retired:
                    // The response to the request that renewed the id has set another cookie by now.
                    hasStaleCookie = false
                case .absent: log.invalid(token)
                }
                release()
            }
        }
        visit.withLock { $0.hasStaleCookie = hasStaleCookie }
        return nil
    }

    /// Whether a session that the store has is one for this request.
    private func isAcceptable(_ session: StoredSession) -> Bool {
        if settings.limits.isOver(session.record, at: now) {
            log.expired(session)
            return false
        }
        log.loaded(session)
        guard isMoved(session) else { return true }
        log.moved(session, settings.binding.action.rawValue)
        return settings.binding.action != .destroy
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

extension String {
    /// The text without a pair of quotes around it, which some clients add (RFC 6265 §4.1.1).
    fileprivate var withoutQuotes: String {
        guard utf8.count >= 2, utf8.first == UInt8(ascii: "\""), utf8.last == UInt8(ascii: "\"") else { return self }
        return String(dropFirst().dropLast())
    }
}

// MARK: Locking

extension SessionExchange {
    /// Waits for the session's lock.
    private func lock(_ token: SessionToken) async throws(SessionStoreError) {
        guard let store = settings.store as? any LockingSessionStore else { return }
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: settings.lockTimeout)
        var pause = Duration.microseconds(200)
        while true {
            if let lock = try await store.tryLock(token) { return visit.withLock { $0.lock = lock } }
            guard clock.now < deadline else {
                throw SessionStoreError(
                    .locked,
                    "another request has kept the session locked for \(settings.lockTimeout) (session.lockTimeout)")
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                throw SessionStoreError(.unavailable, "the request was cancelled", underlying: error)
            }
            pause = min(pause * 2, .milliseconds(10))
        }
    }

    private func release() {
        let lock = visit.withLock { visit in
            defer { visit.lock = nil }
            return visit.lock
        }
        lock?.release()
    }
}

// MARK: Writing

extension SessionExchange {
    /// Writes the session, once; later calls do nothing.
    ///
    /// Nothing is sent of what could not be stored.
    /// - Parameter status: The status of the response: with 500 and more only logouts and new ids count.
    func commit(status: Int) async throws(SessionError) {
        guard let session = touchedSession, let commit = try startCommit(of: session, status: status) else { return }
        do throws(SessionStoreError) {
            let stored = try await commit.write()
            session.state.withLock { $0.stored = stored }
        } catch {
            log.failed(error)
            throw SessionError(error, isLogged: true)
        }
    }

    /// Ends the time in which the session can be changed; `nil` when there is nothing to write.
    private func startCommit(of session: Session, status: Int) throws(SessionError) -> SessionCommit? {
        let keepsChanges = status < 500
        let (commit, refusal) = session.state.withLock { state -> (SessionCommit?, SessionStoreError?) in
            guard !state.isCommitted else { return (nil, nil) }
            state.isCommitted = true
            if keepsChanges, let refusal = state.refusal { return (nil, refusal) }
            return (SessionCommit(state, exchange: self, keepsChanges: keepsChanges), nil)
        }
        if let refusal { throw SessionError(refusal) }
        return knownVisit.isMakeshift ? nil : commit
    }

    /// Adds what the response says of the session.
    func finish(_ headers: inout HTTPFields) {
        let additions = additions(to: headers)
        if let vary = headers[.vary], additions[.vary] != nil { headers[.vary] = vary + ", Cookie" }
        for field in additions where field.name != .vary || headers[.vary] == nil { headers.append(field) }
    }

    /// The fields that are to stand beside those of a response.
    func additions(to headers: HTTPFields) -> HTTPFields {
        var additions = HTTPFields()
        let vary = headers[.vary]?.split(separator: ",").map { $0.filter { $0 != " " }.lowercased() } ?? []
        if !vary.contains("*"), !vary.contains("cookie") {
            additions.append(HTTPField(name: .vary, value: "Cookie"))
        }
        guard let cookie = visit.withLock({ $0.cookie }) else { return additions }
        additions.append(HTTPField(name: .setCookie, value: cookie.headerValue))
        if headers[.cacheControl] == nil { additions.append(HTTPField(name: .cacheControl, value: "no-store")) }
        return additions
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
