/// How long sessions live; all times are seconds.
struct SessionLimits: Sendable {
    /// Since the beginning; `nil` for ever.
    var maxAge: Int64?
    /// Since the beginning of a session that is to be remembered.
    var rememberMaxAge: Int64
    /// Since the last use; `nil` for ever.
    var idleTimeout: Int64?
    /// Between two notes of use.
    var touchInterval: Int64
    /// Between two renewals of the id; `nil` for none.
    var rotateInterval: Int64?
    /// How long an old id is remembered.
    var rotationGrace: Int64
    /// How far in the future a session may come from, as clocks differ.
    var clockTolerance: Int64

    /// When a session ends.
    func expiry(of record: SessionRecord) -> Int64? {
        guard let maxAge else { return nil }
        let limit = record.isRemembered ? max(maxAge, rememberMaxAge) : maxAge
        let end = record.createdAt.addingReportingOverflow(limit)
        return end.overflow ? nil : end.partialValue
    }

    /// Whether a session is over, by the limits of now and by those with which it was written.
    func isOver(_ record: SessionRecord, at now: Int64) -> Bool {
        var record = record
        if let expiry = expiry(of: record) { record.expiresAt = min(expiry, record.expiresAt ?? expiry) }
        if let idleTimeout { record.idleTimeout = min(idleTimeout, record.idleTimeout ?? idleTimeout) }
        if record.isExpired(at: now) { return true }
        guard record.expiresAt != nil || record.idleTimeout != nil else { return false }
        return max(record.usedAt, record.createdAt) > now.addingReportingOverflow(clockTolerance).partialValue
    }

    /// Writes down how long a session lives from now on.
    func apply(to record: inout SessionRecord, now: Int64) {
        record.usedAt = now
        record.expiresAt = expiry(of: record)
        record.idleTimeout = idleTimeout
    }

    /// How long the cookie of a session lives.
    func cookieMaxAge(of record: SessionRecord, at now: Int64) -> Int64? {
        let rest = expiry(of: record).map { max(0, $0.subtractingReportingOverflow(now).partialValue) }
        guard let idleTimeout else { return rest }
        return min(idleTimeout, rest ?? idleTimeout)
    }

    func isTouchDue(_ record: SessionRecord, at now: Int64) -> Bool {
        idleTimeout != nil && now.subtractingReportingOverflow(record.usedAt).partialValue >= touchInterval
    }

    func isRenewalDue(_ record: SessionRecord, at now: Int64) -> Bool {
        guard let rotateInterval else { return false }
        return now.subtractingReportingOverflow(record.renewedAt).partialValue >= rotateInterval
    }
}

extension SessionLimits {
    /// The limits that are configured.
    init(_ configuration: SessionConfiguration) {
        maxAge = configuration.maxAge
        rememberMaxAge = configuration.rememberMaxAge
        idleTimeout = configuration.idleTimeout
        touchInterval = configuration.touchInterval ?? min(300, max(1, (configuration.idleTimeout ?? 3000) / 10))
        rotateInterval = configuration.rotateInterval
        rotationGrace = configuration.rotationGrace
        clockTolerance = 60
    }
}
