/// A session as stores keep it.
///
/// Times are seconds since 1970 in UTC.
public struct SessionRecord: Sendable, Equatable {
    /// What handlers stored.
    public var values: [String: SessionValue]
    /// Messages for the next page, oldest first.
    public var flashes: [SessionFlash]
    /// Who is logged in.
    public var user: String?
    /// Whether the longer limit of `rememberMaxAge` holds.
    public var isRemembered: Bool
    /// When the session began; a login begins it anew.
    public var createdAt: Int64
    /// When it was used last, as exactly as `touchInterval` has it.
    public var usedAt: Int64
    /// When its id was last renewed.
    public var renewedAt: Int64
    /// When it ends, whatever happens; `nil` for never.
    public var expiresAt: Int64?
    /// After how many seconds without use it ends; `nil` for never.
    public var idleTimeout: Int64?
    /// A digest of what the session is bound to, when it is.
    public var binding: String?
    /// What tokens in forms are made of, once there was one.
    package var formSecret: String?
    /// How often it was written, so that conflicts are seen.
    public var version: Int64

    /// Creates the record of a session that begins.
    public init(
        values: [String: SessionValue] = [:], createdAt: Int64, expiresAt: Int64? = nil, idleTimeout: Int64? = nil
    ) {
        self.values = values
        flashes = []
        isRemembered = false
        self.createdAt = createdAt
        usedAt = createdAt
        renewedAt = createdAt
        self.expiresAt = expiresAt
        self.idleTimeout = idleTimeout
        version = 1
    }

    /// Whether one of its two limits has passed.
    ///
    /// At the very second of a limit the session is still valid.
    public func isExpired(at now: Int64) -> Bool {
        if let expiresAt, now > expiresAt { return true }
        if let idleTimeout, now > usedAt.addingReportingOverflow(idleTimeout).partialValue { return true }
        return false
    }
}

/// A message for the next page.
public struct SessionFlash: Sendable, Hashable {
    /// What kind of message it is, such as `error`.
    public var category: String
    /// The message.
    public var value: SessionValue

    /// Creates a message.
    public init(_ category: String, _ value: SessionValue) {
        self.category = category
        self.value = value
    }
}

extension SessionRecord: CustomStringConvertible {
    /// The keys, never the values.
    public var description: String { "SessionRecord(\(values.keys.sorted().joined(separator: ", ")))" }
}
