import NestboxHTTP

extension SessionMiddleware {
    /// Stores a session that no request has made, for tests.
    /// - Returns: The value of its `Set-Cookie` field.
    package func forge(
        _ values: [String: SessionValue], user: String?, createdAt: Int64?, isSecure: Bool, basePath: String
    ) async throws -> String {
        var record = SessionRecord(values: values, createdAt: createdAt ?? settings.clock.now)
        settings.limits.apply(to: &record, now: record.createdAt)
        record.user = user
        let stored = try await settings.store.create(record)
        guard let cookie = try settings.cookie.template(isSecure: isSecure, basePath: basePath) else {
            throw SessionError(.unsupported, "the cookie must be Secure; let the client use HTTPS")
        }
        return try cookie.with(value: stored.token.value, maxAge: nil).headerValue
    }
}
