import InMemoryLogging
import Logging
import Nestbox
import NestboxSessions
import NestboxTesting
import Synchronization
import Testing

/// A kind of session, for tests that hold for all of them.
enum Kind: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case encrypted, signed, revocable, memory, file

    var testDescription: String { "\(rawValue) sessions" }
    /// Whether the session itself is in the cookie.
    var isCookie: Bool { self == .encrypted || self == .signed || self == .revocable }
    /// Those whose data are on the server, so that changes are merged.
    static let onServer: [Kind] = [.memory, .file]
    /// Those of which the server knows which have ended.
    static let remembered: [Kind] = [.revocable, .memory, .file]
}

/// An application with sessions and clients of it, at a time of the test's choosing.
final class Site: Sendable {
    let clock = TestClock(now: 1_700_000_000)
    let log = InMemoryLogHandler()
    let middleware: SessionMiddleware
    let store: any SessionStore
    private let directory: TemporaryDirectory
    private let application: Application
    private let configuration: TestClient.Configuration

    init(
        _ kind: Kind, isSecure: Bool = false, _ change: (inout SessionConfiguration) -> Void = { _ in },
        store wrap: (any SessionStore) -> any SessionStore = { $0 },
        _ routes: (inout Router) -> Void
    ) throws {
        directory = try TemporaryDirectory()
        var sessions = try SessionConfiguration(secret: "a secret of at least thirty-two bytes")
        switch kind {
        case .encrypted: break
        case .signed: sessions.protection = .signed
        case .revocable:
            sessions.revocation = .file
            sessions.file.directory = directory.path("sessions")
        case .memory: sessions.store = .memory
        case .file:
            sessions.store = .file
            sessions.file.directory = directory.path("sessions")
        }
        change(&sessions)
        let clock = clock.sessionClock
        store = wrap(try sessions.makeStore(clock: clock))
        middleware = try SessionMiddleware(sessions, store: store, clock: clock)
        var router = Router()
        routes(&router)
        let gate = Gate()
        self.gate = gate
        // The directory is there as long as the application is.
        router.post("/slow") { [directory] request in
            _ = directory.path
            let session = try await request.session
            await gate.pass()
            session["slow"] = true
            return "slow"
        }
        var application = try Application(router: router)
        application.useSessions(middleware)
        self.application = application
        var client = TestClient.Configuration()
        client.isSecure = isSecure
        client.logger = Logger(label: "test") { [log] _ in log }
        client.logger.logLevel = .debug
        configuration = client
    }

    /// What happens while a request for `/slow` has its session and has not answered yet.
    let gate: Gate

    /// A new client without cookies.
    func visitor(_ change: (inout TestClient.Configuration) throws -> Void = { _ in }) throws -> TestClient {
        var configuration = configuration
        try change(&configuration)
        return try TestClient(application, configuration)
    }

    /// What happened to sessions, by the log.
    var events: [String] { log.entries.compactMap { $0.metadata["session.event"].map { "\($0)" } } }
}

/// Lets something happen in the middle of a request.
final class Gate: Sendable {
    private let work = Mutex<(@Sendable () async -> Void)?>(nil)

    func slow(_ work: @escaping @Sendable () async -> Void) { self.work.withLock { $0 = work } }

    func pass() async { await work.withLock { $0 }?() }
}

extension TestResponse {
    /// The session's cookie that the response sets or deletes.
    var sessionCookie: SetCookie? { setCookies.first { $0.name == "session" } }
}
