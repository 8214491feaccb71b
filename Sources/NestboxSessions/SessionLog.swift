import Crypto
import Logging
import NestboxHTTP

/// Writes down what happens to sessions (OWASP: session life cycle).
///
/// A session is named by eight digits of a keyed digest of its token, which leads back to neither.
struct SessionLog: Sendable {
    let exchange: SessionExchange

    func created(_ session: StoredSession) { write(.debug, "created", session.token) }
    func loaded(_ session: StoredSession) { write(.debug, "loaded", session.token) }
    func rotated(_ old: StoredSession, _ new: StoredSession) { write(.debug, "rotated", old.token, new.token) }
    func destroyed(_ session: StoredSession) { write(.debug, "destroyed", session.token) }
    func invalid(_ token: SessionToken) {
        write(.notice, "invalid", token, "a session cookie that names no session is ignored")
    }
    func expired(_ session: StoredSession) { write(.notice, "expired", session.token, "the session has expired") }
    func gone(_ session: StoredSession) {
        write(
            .notice, "gone", session.token, "the session was ended meanwhile; the changes of this request are dropped")
    }
    func conflict(_ session: StoredSession, _ keys: [String]) {
        let names = keys.map(\.debugDescription).joined(separator: ", ")
        write(.notice, "conflict", session.token, "another request has changed \(names) meanwhile; this one wins")
    }
    func moved(_ session: StoredSession, _ action: String) {
        write(.notice, "binding", session.token, "the session came from another client than before; action: \(action)")
    }
    func duplicates(_ count: Int, limit: Int) {
        let what = count > limit ? "all are ignored" : "the first that is valid counts"
        write(.notice, "duplicate", nil, "the request has \(count) session cookies; \(what)")
    }
    func failed(_ error: SessionStoreError) {
        write(.error, error.code == .tooLarge ? "too_large" : "store_error", nil, "\(error)")
    }
    func withheld(_ name: String) {
        write(
            .warning, "withheld", nil,
            "the cookie \(name) must be Secure and this request came over plain HTTP, so it is not sent. Serve over "
                + "HTTPS, or name the proxy that does in trustedProxies")
    }
    func late(_ error: SessionError) { write(.error, "committed", nil, "\(error)") }
    func mistyped(_ name: String, _ value: SessionValue, _ type: Any.Type) {
        write(.notice, "mistyped", nil, "the session's \(name.debugDescription) is \(value) and no \(type)")
    }
    func swept(_ sweep: SessionSweep) {
        write(.debug, "gc", nil, "\(sweep.deleted) of \(sweep.examined) session files were deleted")
    }

    private func write(
        _ level: Logger.Level, _ event: String, _ token: SessionToken?, _ successor: SessionToken? = nil,
        _ message: @autoclosure () -> String = ""
    ) {
        // The request's own logger is made for what is really written.
        guard level >= exchange.request.head.logger.logLevel else { return }
        let logger = exchange.request.logger
        var metadata: Logger.Metadata = ["session.event": "\(event)"]
        if let token { metadata["session.id"] = "\(tag(token))" }
        if let successor { metadata["session.successor"] = "\(tag(successor))" }
        let message = message()
        logger.log(level: level, "\(message.isEmpty ? "session \(event)" : message)", metadata: metadata)
    }

    private func write(
        _ level: Logger.Level, _ event: String, _ token: SessionToken?, _ message: @autoclosure () -> String
    ) {
        write(level, event, token, nil, message())
    }

    private func tag(_ token: SessionToken) -> String {
        let digest = HMAC<SHA256>.authenticationCode(for: Array(token.value.utf8), using: exchange.settings.logKey)
        return Hexadecimal.encode(digest.prefix(4))
    }
}
