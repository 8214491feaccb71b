import NestboxHTTP
import NestboxSessions

/// `session doctor`: looks at everything that sessions need, tries it, and says what it finds, a line each.
struct SessionDoctor {
    let context: CommandContext
    let sessions: SessionConfiguration
    var findings: [Finding] = []

    static func run(_ context: CommandContext) async throws -> CommandStatus {
        try await findings(context).report(to: context.output)
    }

    /// What keeps the program from starting is what the doctor was asked for.
    static func diagnose(_ error: StartError, _ output: CommandOutput) -> CommandStatus {
        output.line(Finding.problem("configuration", error.description).line)
        return .problem
    }

    /// All findings.
    /// - Throws: ``StartError`` when there is no session layer.
    static func findings(_ context: CommandContext) async throws -> [Finding] {
        if let sessions = try context.sessionConfiguration() {
            var doctor = SessionDoctor(context: context, sessions: sessions)
            await doctor.examine()
            return doctor.findings
        }
        guard let store = context.application.ownSessionStore else { return [] }
        let name = "the application brings a session layer of its own, with a store \(type(of: store))"
        return [
            .warning("store", "\(name): how it is configured cannot be seen from here"),
            await SessionTrial.finding(store, context.clock),
        ]
    }

    /// Whether something was found that makes trying pointless.
    var hasProblem: Bool { findings.contains { $0.level == .problem } }

    private mutating func examine() async {
        examineStore()
        examineSecrets()
        examineSettings()
        examineCookie()
        examineLimits()
        let isOpenable = sessions.store != .file || examineDirectory()
        guard isOpenable, !hasProblem else {
            let reason = hasProblem ? "solve the problems above, then run this again" : "the directory is not there yet"
            findings.append(.warning("trial", "not done: \(reason)"))
            return
        }
        await tryStore()
    }

    private mutating func examineStore() {
        switch sessions.store {
        case .cookie:
            let isReadable = sessions.protection == .signed
            findings.append(
                .ok(
                    "store",
                    "cookie, \(sessions.protection.rawValue)\(isReadable ? ": visitors can read their sessions" : "")"))
        case .file: findings.append(.ok("store", "file"))
        case .memory:
            findings.append(
                .warning(
                    "store", "memory: for tests. Sessions end with the process. Choose session.store=cookie or file"))
        }
    }

    /// What the application itself would refuse at its start.
    private mutating func examineSettings() {
        // The secrets have lines of their own, and a directory is not to be made by this.
        var settings = sessions
        settings.secretFile = nil
        settings.secrets = .random()
        if settings.revocation == .file {
            settings.revocation = .none
            if settings.file.directory == nil {
                findings.append(
                    .problem(
                        "settings", "session.revocation=file needs a directory: set NESTBOX_SESSION_FILE_DIRECTORY"))
            }
        }
        do {
            let store = settings.store == .cookie ? try settings.makeStore() : MemorySessionStore()
            _ = try SessionMiddleware(settings, store: store)
        } catch {
            findings.append(.problem("settings", "\(error)"))
        }
    }

    private mutating func examineLimits() {
        let age = sessions.maxAge.map { "\($0) s after they began" } ?? "never by age"
        let idle = sessions.idleTimeout.map { "after \($0) s without use" } ?? "never for want of use"
        let isStored = sessions.store != .cookie
        let bytes = sessions.maxBytes ?? (isStored ? SessionConfiguration.maxStoredBytes : .maxCookie)
        let text = "sessions end \(age) and \(idle); at most \(bytes) bytes; locking \(sessions.locking.rawValue)"
        if sessions.maxAge == nil, sessions.idleTimeout == nil {
            findings.append(.warning("limits", "\(text). Stolen sessions live for ever: set session.maxAge"))
        } else {
            findings.append(.ok("limits", text))
        }
        switch (sessions.store, sessions.revocation) {
        case (.cookie, .none):
            findings.append(
                .ok(
                    "revocation",
                    "none: a copied cookie is valid until it expires, logout or not. session.store=file can end sessions"
                ))
        case (.cookie, _): findings.append(.ok("revocation", sessions.revocation.rawValue))
        default: findings.append(.ok("revocation", "session list and session revoke work with this store"))
        }
    }

    private mutating func tryStore() async {
        do {
            let store = try sessions.makeStore(clock: context.clock, logger: context.logger)
            (store as? FileSessionStore)?.unusableFiles.leave()
            findings.append(await SessionTrial.finding(store, context.clock))
            if sessions.store == .cookie, sessions.revocation != .none, !(store is any ListingSessionStore) {
                findings.append(
                    .problem(
                        "revocation",
                        "\(sessions.revocation.rawValue) is configured and has no effect: this version has no list of "
                            + "revoked cookies. Choose session.store=file, or session.revocation=none"))
            }
            if let files = store as? FileSessionStore {
                _ = try await files.list(user: nil, limit: 100)
                let count = files.unusableFiles.count
                if count > 0 {
                    findings.append(
                        .problem(
                            "sessions",
                            "\(count) files there cannot be read: they are damaged, or were written with another secret. "
                                + "Give the doctor the application's environment"))
                }
            }
        } catch {
            findings.append(.problem("trial", "\(error)"))
        }
    }
}

extension Int {
    fileprivate static var maxCookie: Int { SessionConfiguration.maxCookieBytes }
}
