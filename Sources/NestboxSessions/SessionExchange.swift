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
        indirect case ended(StoredSession?)
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

    /// The session, which is read once, whoever asks at the same time.
    func session() async throws(SessionError) -> Session {
        while true {
            switch startLoad() {
            case .loaded(let session): return session
            case .failed(let error): throw error
            case .ended(let stored): return makeSession(stored)
            case .untouched: return try await load()
            case .loading: await waitForLoad()
            }
        }
    }

    // What is large is dealt with in functions that are not asynchronous and not inlined: its temporaries are on the stack then,
    // and not in the memory of the task, which would be asked for anew in every request.

    /// How far the session is, before this call has begun to load it if no one else had.
    @inline(never)
    private func startLoad() -> Phase {
        phase.withLock { phase in
            let before = phase
            if case .untouched = phase { phase = .loading([]) }
            return before
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
        do throws(SessionStoreError) {
            for token in candidates() {
                if settings.locking == .exclusive { try await lock(token) }
                switch judge(try await settings.store.load(token), token) {
                case .accepted(let session): return endLoad(session)
                case .unwanted(let session): try await settings.store.delete(session)
                case .passed: break
                }
                release()
            }
            return endLoad(makeSession(nil))
        } catch {
            return try endLoad(failing: error)
        }
    }

    /// The tokens that the request's cookies hold.
    @inline(never)
    private func candidates() -> [SessionToken] {
        let isSecure = request.isSecure
        visit.withLock { $0.isSecure = isSecure }
        let name = settings.cookie.fullName(isSecure: isSecure)
        var tokens: [SessionToken] = []
        for cookie in request.cookies where cookie.name == name {
            tokens.append(SessionToken(cookie.rawValue.withoutQuotes))
        }
        if !tokens.isEmpty { visit.withLock { $0.hasStaleCookie = true } }
        if tokens.count > 1 { log.duplicates(tokens.count, limit: SessionSettings.maximumCookies) }
        return tokens.count > SessionSettings.maximumCookies ? [] : tokens
    }

    private enum Verdict {
        case accepted(Session)
        /// The next cookie is looked at.
        case passed
        /// The session is to be deleted, and the next cookie is looked at.
        indirect case unwanted(StoredSession)
    }

    /// What a request makes of a session that the store has for its token, or has not.
    @inline(never)
    private func judge(_ lookup: SessionLookup, _ token: SessionToken) -> Verdict {
        switch lookup {
        case .found(let session):
            guard isAcceptable(session) else {
                return settings.binding.action == .destroy && isMoved(session) ? .unwanted(session) : .passed
            }
            visit.withLock { visit in
                visit.token = token
                visit.hasStaleCookie = false
            }
            return .accepted(makeSession(session))
        case .retired:
            // The response to the request that renewed the id has set another cookie by now.
            visit.withLock { $0.hasStaleCookie = false }
            return .passed
        case .absent:
            log.invalid(token)
            return .passed
        }
    }

    @inline(never)
    private func makeSession(_ stored: StoredSession?) -> Session {
        Session(stored, new: newRecord(), exchange: self, isCommitted: hasEnded.load(ordering: .relaxed))
    }

    @inline(never)
    private func endLoad(_ session: Session) -> Session {
        let end =
            hasEnded.load(ordering: .relaxed)
            ? Phase.ended(session.state.withLock { $0.stored }) : .loaded(session)
        return endLoad(in: end, session)
    }

    private func endLoad(failing error: SessionStoreError) throws(SessionError) -> Session {
        log.failed(error)
        if settings.toleratesFailures, error.code != .locked {
            visit.withLock { visit in
                visit.isMakeshift = true
                visit.hasStaleCookie = false
            }
            return endLoad(makeSession(nil))
        }
        let error = SessionError(error, isLogged: true)
        endLoad(in: .failed(error), ())
        throw error
    }

    @discardableResult
    private func endLoad<Result>(in end: Phase, _ result: Result) -> Result {
        let waiters = phase.withLock { phase -> [CheckedContinuation<Void, Never>] in
            guard case .loading(let waiters) = phase else { return [] }
            phase = end
            return waiters
        }
        for waiter in waiters { waiter.resume() }
        return result
    }

    /// Lets the next request have the session, and lets go of it, as it holds on to this.
    func end() {
        hasEnded.store(true, ordering: .relaxed)
        release()
        phase.withLock { phase in
            if case .loaded(let session) = phase { phase = .ended(session.state.withLock { $0.stored }) }
        }
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
    @inline(never)
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
