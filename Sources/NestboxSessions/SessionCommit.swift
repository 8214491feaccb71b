import NestboxHTTP
import Synchronization

/// Writes a session when its request ends: decides by what the request has done, asks the store, and names the cookie.
///
/// A class, so that what is large is not copied into every asynchronous step.
final class SessionCommit: Sendable {
    private let exchange: SessionExchange
    /// What the request has done; nothing changes any more.
    private let state: Session.State
    private let visit: SessionExchange.Visit
    private let changes: SessionChanges
    private let now: Int64
    private let conflicts = Mutex<[String]>([])

    /// - Parameter keepsChanges: Whether the response is one that keeps what was changed; logouts and new ids always count.
    init(_ state: Session.State, exchange: SessionExchange, keepsChanges: Bool) {
        self.exchange = exchange
        var state = state
        if !keepsChanges {
            state.changes = SessionChanges()
            state.current = SessionRecord(createdAt: state.current.createdAt)
        }
        self.state = state
        changes = exchange.effectiveChanges(of: state)
        visit = exchange.knownVisit
        now = exchange.now
    }

    private var settings: SessionSettings { exchange.settings }
    private var log: SessionLog { exchange.log }

    /// Writes the session.
    /// - Returns: The session as it is stored from now on, if it is.
    func write() async throws(SessionStoreError) -> StoredSession? {
        if let destroyed = state.destroyed {
            try await settings.store.delete(destroyed)
            log.destroyed(destroyed)
        }
        try checkDepth()
        guard let stored = state.stored else { return try await create() }
        if isEmptied {
            try await settings.store.delete(stored)
            log.destroyed(stored)
            deleteCookie()
            return nil
        }
        let renewal = renewal(of: stored)
        if renewal != .none { return try await rotate(stored, renewal) }
        if !changes.isEmpty { return try await update(stored) }
        guard settings.limits.isTouchDue(stored.record, at: now) else { return stored }
        guard let touched = try await settings.store.touch(stored, at: now) else { return gone(stored) }
        if !stored.isReplaced { try setCookie(touched) }
        return touched
    }

    /// Refuses values that are nested too deep, at the same depth in every store.
    private func checkDepth() throws(SessionStoreError) {
        let limit = JSONSessionSerializer.maxDepth
        func check(_ value: SessionValue?, _ name: @autoclosure () -> String) throws(SessionStoreError) {
            guard let value, value.isNested(deeperThan: limit) else { return }
            throw SessionStoreError(
                .invalidValue, "\(name()) is nested deeper than \(limit) levels. Store flatter values")
        }
        for key in changes.keys.keys {
            try check(state.current.values[key], "the value of \(key.debugDescription)")
        }
        for flash in changes.addedFlashes { try check(flash.value, "a message for the next page") }
    }

    private func renewal(of stored: StoredSession) -> Session.Renewal {
        guard state.renewal == .none, !stored.isReplaced else { return state.renewal }
        let isMoved = settings.binding.action == .rotate && exchange.isMoved(stored)
        return isMoved || settings.limits.isRenewalDue(stored.record, at: now) ? .periodic : .none
    }

    /// A session in a cookie that has nothing left in it is as good as none.
    private var isEmptied: Bool {
        guard settings.store is any TokenSessionStore, !changes.isEmpty else { return false }
        return !state.current.hasContent
    }

    // MARK: Steps

    private func create() async throws(SessionStoreError) -> StoredSession? {
        var record = state.current
        guard record.hasContent else {
            deleteCookie()
            return nil
        }
        settings.limits.apply(to: &record, now: now)
        let stored = try await settings.store.create(record)
        log.created(stored)
        try setCookie(stored)
        return stored
    }

    private func update(_ stored: StoredSession) async throws(SessionStoreError) -> StoredSession? {
        guard let updated = try await settings.store.update(stored, { change(&$0, of: stored) }) else {
            return gone(stored)
        }
        reportConflicts(stored)
        let needsCookie =
            updated.token != stored.token || changes.isRemembered
            || settings.limits.isTouchDue(stored.record, at: now)
        // The client may have the new id by now, which must not be overwritten with the old one.
        if needsCookie, !stored.isReplaced || updated.token != stored.token { try setCookie(updated) }
        return updated
    }

    private func rotate(
        _ stored: StoredSession, _ renewal: Session.Renewal
    ) async throws(SessionStoreError) -> StoredSession? {
        let until = now &+ settings.limits.rotationGrace
        let replacement: SessionReplacement = renewal == .periodic ? .forwards(until: until) : .retires(until: until)
        let rotated = try await settings.store.rotate(stored, leaving: replacement) { record in
            if renewal == .login { record.createdAt = now }
            record.renewedAt = now
            record.binding = settings.binding.digest(of: exchange.request) ?? record.binding
            change(&record, of: stored)
            // Also when the changes of a failed request are dropped.
            if renewal != .periodic, changes.formSecret == .kept { record.formSecret = nil }
        }
        guard let rotated else { return try await follow(stored, renewal) }
        reportConflicts(stored)
        log.rotated(stored, rotated)
        try setCookie(rotated)
        return rotated
    }

    /// Another request has renewed the id, or ended the session, since this one loaded it.
    ///
    /// A renewal that only time has caused is done then; the changes go to the session under its new id.
    private func follow(
        _ stored: StoredSession, _ renewal: Session.Renewal
    ) async throws(SessionStoreError) -> StoredSession? {
        guard renewal == .periodic else { return gone(stored) }
        return changes.isEmpty ? stored : try await update(stored)
    }

    /// Applies the changes of this request to the session as it is now.
    private func change(_ record: inout SessionRecord, of stored: StoredSession) {
        if settings.locking == .lastWrite, !changes.isEmpty {
            record.values = state.current.values
            record.flashes = state.current.flashes
            changes.applyStanding(to: &record)
        } else {
            let found = changes.conflicts(between: stored.record, and: record)
            if !found.isEmpty { conflicts.withLock { $0 = found } }
            changes.apply(to: &record)
        }
        let usedAt = record.usedAt
        settings.limits.apply(to: &record, now: now)
        // A store that keeps the time with the session has it as exactly as the cookie, which is sent anew when it is due.
        if !(settings.store is any TokenSessionStore), settings.limits.idleTimeout != nil,
            !settings.limits.isTouchDue(stored.record, at: now)
        {
            record.usedAt = usedAt
        }
    }

    private func reportConflicts(_ stored: StoredSession) {
        let found = conflicts.withLock { $0 }
        if !found.isEmpty { log.conflict(stored, found) }
    }

    /// The session was ended by another request.
    ///
    /// No cookie is set or deleted: the visitor may have a new one by now.
    private func gone(_ stored: StoredSession) -> StoredSession? {
        log.gone(stored)
        return nil
    }

    // MARK: The cookie

    private func setCookie(_ session: StoredSession) throws(SessionStoreError) {
        do throws(CookieError) {
            guard let template = try settings.cookieTemplate(for: exchange.request, isSecure: visit.isSecure) else {
                return log.withheld(settings.cookie.fullName(isSecure: false))
            }
            let maxAge = settings.cookie.isPersistent ? settings.limits.cookieMaxAge(of: session.record, at: now) : nil
            exchange.setCookie(
                try template.with(value: session.token.value, maxAge: maxAge.map { Int(clamping: $0) }))
        } catch {
            guard error.code == .tooLong else { throw SessionStoreError(.invalidValue, "\(error)") }
            throw .tooLarge(bytes: session.token.value.utf8.count, limit: 4096, values: session.record.values)
        }
    }

    /// Makes the client drop a cookie that it sent.
    private func deleteCookie() {
        guard visit.hasStaleCookie || visit.token != nil else { return }
        if let template = try? settings.cookieTemplate(for: exchange.request, isSecure: visit.isSecure) {
            exchange.setCookie(template.deletion)
        }
    }
}

extension SessionRecord {
    /// Whether there is anything in it to remember.
    fileprivate var hasContent: Bool { !values.isEmpty || !flashes.isEmpty || user != nil || formSecret != nil }
}
