import Nestbox
import NestboxHTTP
public import NestboxSessions

extension TestClient {
    /// Gives the client a session that no request has made: what a visitor has who came before, or is logged in.
    ///
    /// ```swift
    /// let sessions = try SessionMiddleware(SessionConfiguration(secret: secret))
    /// app.useSessions(sessions)
    /// let client = try TestClient(app)
    /// try await client.forgeSession(["cart": ["book"]], user: "ada", in: sessions)
    /// ```
    ///
    /// The session is stored as any other, and its cookie is valid.
    /// - Parameters:
    ///   - values: What handlers find in it.
    ///   - user: Who is logged in.
    ///   - createdAt: When it began, in seconds since 1970; now by default. Times long ago make expired sessions.
    ///   - sessions: The session layer of the application.
    public func forgeSession(
        _ values: [String: SessionValue], user: String? = nil, createdAt: Int64? = nil, in sessions: SessionMiddleware
    ) async throws {
        let field = try await sessions.forge(
            values, user: user, createdAt: createdAt, isSecure: configuration.isSecure,
            basePath: configuration.mountPoint)
        var path = configuration.mountPoint
        path += "/"
        cookies.store(
            field,
            from: CookieJar.Location(
                isSecure: configuration.isSecure, host: String(configuration.host.prefix { $0 != ":" }), path: path))
    }
}
