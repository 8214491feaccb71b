import HTTPTypes
import NestboxHTTP
import Synchronization

extension SessionExchange {
    /// Writes the session, once; later calls do nothing.
    ///
    /// Nothing is sent of what could not be stored.
    /// - Parameter status: The status of the response: with 500 and more only logouts and new ids count.
    func commit(status: Int) async throws(SessionError) {
        guard let session = touchedSession else { return }
        let state = session.state.withLock { state -> Session.State? in
            guard !state.isCommitted else { return nil }
            state.isCommitted = true
            return state
        }
        guard var state else { return }
        let visit = knownVisit
        if status >= 500 {
            state.changes = SessionChanges()
            state.current = SessionRecord(createdAt: state.current.createdAt)
        } else if let refusal = state.refusal {
            throw SessionError(refusal)
        }
        guard !visit.isMakeshift else { return }
        do throws(SessionStoreError) {
            let stored = try await write(state, visit)
            session.state.withLock { $0.stored = stored }
        } catch {
            log.failed(error)
            throw SessionError(error)
        }
    }

    /// What becomes of a session.
    private func write(_ state: Session.State, _ visit: Visit) async throws(SessionStoreError) -> StoredSession? {
        if let destroyed = state.destroyed {
            try await settings.store.delete(destroyed)
            log.destroyed(destroyed)
        }
        guard let stored = state.stored else { return try await create(state, visit) }
        let changes = effectiveChanges(of: state)
        if isEmptied(state, changes) {
            try await settings.store.delete(stored)
            log.destroyed(stored)
            try deleteCookie(visit)
            return nil
        }
        let renewal = state.renewal == .none && isRenewalDue(stored) ? .periodic : state.renewal
        if renewal != .none { return try await rotate(stored, state, changes, renewal) }
        if !changes.isEmpty { return try await update(stored, state, changes) }
        guard settings.limits.isTouchDue(stored.record, at: now) else { return stored }
        guard let touched = try await settings.store.touch(stored, at: now) else { return gone(stored) }
        try setCookie(touched)
        return touched
    }

    private func isRenewalDue(_ stored: StoredSession) -> Bool {
        guard !stored.isReplaced else { return false }
        if settings.binding.action == .rotate, let digest = settings.binding.digest(of: request),
            let bound = stored.record.binding, digest != bound
        {
            return true
        }
        return settings.limits.isRenewalDue(stored.record, at: now)
    }

    /// A session in a cookie that has nothing left in it is as good as none.
    private func isEmptied(_ state: Session.State, _ changes: SessionChanges) -> Bool {
        guard settings.store is CookieSessionStore, !changes.isEmpty else { return false }
        return state.current.values.isEmpty && state.current.flashes.isEmpty && state.current.user == nil
    }

    private func create(_ state: Session.State, _ visit: Visit) async throws(SessionStoreError) -> StoredSession? {
        var record = state.current
        guard !record.values.isEmpty || !record.flashes.isEmpty || record.user != nil else {
            try deleteCookie(visit)
            return nil
        }
        settings.limits.apply(to: &record, now: now)
        let stored = try await settings.store.create(record)
        log.created(stored)
        try setCookie(stored)
        return stored
    }

    private func update(
        _ stored: StoredSession, _ state: Session.State, _ changes: SessionChanges
    ) async throws(SessionStoreError) -> StoredSession? {
        let now = now
        var conflicts: [String] = []
        let updated = try await settings.store.update(stored) { record in
            change(&record, stored, state, changes, &conflicts)
            settings.limits.apply(to: &record, now: now)
        }
        guard let updated else { return gone(stored) }
        if !conflicts.isEmpty { log.conflict(stored, conflicts) }
        let needsCookie =
            updated.token != stored.token || changes.isRemembered
            || settings.limits.isTouchDue(stored.record, at: now)
        if needsCookie, !stored.isReplaced { try setCookie(updated) }
        return updated
    }

    private func rotate(
        _ stored: StoredSession, _ state: Session.State, _ changes: SessionChanges, _ renewal: Session.Renewal
    ) async throws(SessionStoreError) -> StoredSession? {
        let now = now
        let until = now &+ settings.limits.rotationGrace
        var conflicts: [String] = []
        let replacement: SessionReplacement = renewal == .periodic ? .forwards(until: until) : .retires(until: until)
        let rotated = try await settings.store.rotate(stored, leaving: replacement) { record in
            change(&record, stored, state, changes, &conflicts)
            if renewal == .login { record.createdAt = now }
            record.renewedAt = now
            record.binding = settings.binding.digest(of: request) ?? record.binding
            settings.limits.apply(to: &record, now: now)
        }
        guard let rotated else { return gone(stored) }
        if !conflicts.isEmpty { log.conflict(stored, conflicts) }
        log.rotated(stored, rotated)
        try setCookie(rotated)
        return rotated
    }

    /// Applies the changes of this request to the session as it is now.
    private func change(
        _ record: inout SessionRecord, _ stored: StoredSession, _ state: Session.State, _ changes: SessionChanges,
        _ conflicts: inout [String]
    ) {
        if settings.locking == .lastWrite, !changes.isEmpty {
            record.values = state.current.values
            record.flashes = state.current.flashes
        } else {
            conflicts = changes.conflicts(between: stored.record, and: record)
        }
        changes.apply(to: &record)
    }

    /// The session was ended by another request.
    ///
    /// No cookie is set or deleted: the visitor may have a new one by now.
    private func gone(_ stored: StoredSession) -> StoredSession? {
        log.gone(stored)
        return nil
    }
}

// MARK: The response

extension SessionExchange {
    private func setCookie(_ session: StoredSession) throws(SessionStoreError) {
        let isSecure = request.isSecure
        do throws(CookieError) {
            let maxAge = settings.limits.cookieMaxAge(of: session.record, at: now)
            let cookie = try settings.cookie.cookie(
                value: session.token.value, maxAge: maxAge, isSecure: isSecure, basePath: request.basePath)
            guard let cookie else { return log.withheld(settings.cookie.fullName(isSecure: isSecure)) }
            setCookie(cookie)
        } catch {
            throw .tooLarge(bytes: session.token.value.utf8.count, limit: 4096, values: session.record.values)
        }
    }

    /// Makes the client drop a cookie that it sent.
    private func deleteCookie(_ visit: Visit) throws(SessionStoreError) {
        guard visit.hasStaleCookie || visit.token != nil else { return }
        let cookie = try? settings.cookie.cookie(
            value: "", maxAge: 0, isSecure: request.isSecure, basePath: request.basePath)
        if let cookie { setCookie(cookie.deletion) }
    }

    /// The header fields that a response gets besides its own.
    func headers(beside headers: HTTPFields) -> HTTPFields {
        var added = HTTPFields()
        guard let cookie = knownVisit.cookie else { return added }
        added.append(HTTPField(name: .setCookie, value: cookie.headerValue))
        if headers[.cacheControl] == nil { added[.cacheControl] = "no-store" }
        return added
    }
}
