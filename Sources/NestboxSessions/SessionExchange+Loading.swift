import HTTPTypes
import NestboxHTTP
import Synchronization

extension SessionExchange {
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
        let stored = session.state.withLock { $0.stored }
        endLoad { hasEnded in hasEnded ? .ended(stored) : .loaded(session) }
        return session
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
        endLoad { _ in .failed(error) }
        throw error
    }

    private func endLoad(_ end: (_ hasEnded: Bool) -> Phase) {
        let (waiters, hasEnded) = phase.withLock { phase -> ([CheckedContinuation<Void, Never>], Bool) in
            let hasEnded = self.hasEnded.load(ordering: .relaxed)
            guard case .loading(let waiters) = phase else { return ([], hasEnded) }
            phase = end(hasEnded)
            return (waiters, hasEnded)
        }
        // After the end of the request no one else would.
        if hasEnded { release() }
        for waiter in waiters { waiter.resume() }
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

    func release() {
        let lock = visit.withLock { visit in
            defer { visit.lock = nil }
            return visit.lock
        }
        lock?.release()
    }
}
