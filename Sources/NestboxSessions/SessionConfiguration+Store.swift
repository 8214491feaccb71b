import Crypto
import Glibc
public import Logging

extension SessionConfiguration {
    /// Makes the store that is configured.
    /// - Throws: ``SessionConfigurationError``, or ``SessionStoreError`` when the store cannot be opened.
    public func makeStore(clock: SessionClock = .system, logger: Logger = Logger(label: "nestbox")) throws
        -> any SessionStore
    {
        switch store {
        case .memory: MemorySessionStore(maxBytes: maxBytes ?? Self.maxStoredBytes, clock: clock)
        case .file: try makeFileStore(for: "sessions in files", clock: clock, logger: logger)
        case .cookie: try makeCookieStore(clock: clock, logger: logger)
        }
    }

    private func makeCookieStore(clock: SessionClock, logger: Logger) throws -> any SessionStore {
        let cookies = CookieSessionStore(signer: try makeSigner(), maxBytes: maxBytes ?? Self.maxCookieBytes)
        switch revocation {
        case .none: return cookies
        case .file:
            let files = try makeFileStore(for: "logouts (session.revocation=file)", clock: clock, logger: logger)
            let lifetime = maxAge.map { max($0, rememberMaxAge) } ?? RevocableCookieSessionStore.longestLifetime
            return RevocableCookieSessionStore(
                cookies, list: FileRevocationList(files), lifetime: lifetime, clock: clock)
        }
    }

    package static let maxStoredBytes = 1 << 20
    package static let maxCookieBytes = 3800

    private func makeSigner() throws -> any SessionSigner {
        guard let secrets = try loadedSecrets() else {
            throw SessionConfigurationError(
                "secret", nil,
                "sessions in cookies need a secret. Make one with `session keygen` and name its file in "
                    + "NESTBOX_SESSION_SECRET_FILE, or set APP_SECRET_1 in the environment")
        }
        switch protection {
        case .encrypted:
            return AEADSessionSigner(secrets: secrets, cookieName: cookie.name, applicationID: applicationID)
        case .signed:
            return ItsDangerousSessionSigner(
                secrets: secrets, salt: effectiveSalt, signature: digest, compatibility: compatibility)
        }
    }

    private func makeFileStore(for what: String, clock: SessionClock, logger: Logger) throws -> FileSessionStore {
        guard let directory = file.directory else {
            throw SessionConfigurationError(
                "file.directory", nil,
                "\(what) need a directory of their own, outside of what the web server shows: set "
                    + "NESTBOX_SESSION_FILE_DIRECTORY")
        }
        let sealing = try sealingKeys()
        return try FileSessionStore(
            directory: directory, sealingKey: sealing.first, formerSealingKeys: Array(sealing.dropFirst()),
            maxBytes: maxBytes ?? Self.maxStoredBytes,
            durability: file.durability, documentRoot: Self.documentRoot,
            allowsDocumentRoot: file.isAllowedInDocumentRoot, clock: clock, logger: logger)
    }

    /// The keys of sealed files, the newest first; none when they are not sealed.
    private func sealingKeys() throws -> [SymmetricKey] {
        guard file.signing != .false else { return [] }
        // A random secret would make files unreadable for the next process.
        guard secretFile != nil || secrets != nil, let secrets = try loadedSecrets() else {
            guard file.signing == .auto else {
                throw SessionConfigurationError("file.sign", "true", "signing needs a secret: set APP_SECRET_1")
            }
            return []
        }
        return keys(secrets, .fileSealing).newestFirst.map { SymmetricKey(data: $0) }
    }

    /// What the web server says it shows, when this is a CGI program.
    private static var documentRoot: String? {
        getenv("DOCUMENT_ROOT").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension SessionConfiguration {
    /// The secrets, those of the file among them, if there are any; weak ones are refused.
    func loadedSecrets() throws -> SessionSecrets? {
        let secrets = try secretFile.map { try SessionSecrets(file: $0) } ?? self.secrets
        if let secrets, secrets.weakest < Self.leastSecret, !allowsWeakSecrets {
            throw SessionConfigurationError(
                "secret", nil,
                "a secret has \(secrets.weakest) bytes, which can be guessed; \(Self.leastSecret) is the least. "
                    + "`session keygen` makes a good one; session.allowWeakSecret=true takes this one")
        }
        if secrets == nil, allowsMissingSecret { return .random() }
        return secrets
    }

    /// The salt that keeps signed sessions apart from other tokens of the same secrets.
    private var effectiveSalt: String {
        if let salt { return salt }
        // BlackSheep has the default of itsdangerous.
        if compatibility == .blackSheep { return "itsdangerous" }
        return "nestbox session \(cookie.name.utf8.count) \(cookie.name) \(applicationID.utf8.count) \(applicationID)"
    }

    /// The least number of bytes of a secret.
    package static let leastSecret = 32

    /// What to tell the operator at the start when secrets are weak and are taken all the same.
    package var weakSecretWarning: String? {
        guard allowsWeakSecrets, let secrets = try? loadedSecrets(), secrets.weakest < Self.leastSecret else {
            return nil
        }
        return
            "a secret has \(secrets.weakest) bytes, which can be guessed; \(Self.leastSecret) is the least for production. "
            + "`session keygen` makes a good one"
    }

    private func keys(_ secrets: SessionSecrets, _ purpose: SessionKeyPurpose) -> SessionKeys {
        secrets.keys(for: purpose, cookieName: cookie.name, applicationID: applicationID)
    }

    /// The key of the digests by which the log names sessions.
    ///
    /// Tokens hold 256 random bits or more, so that without a secret, too, no digest leads back to one.
    var logKey: SymmetricKey {
        guard let secrets = try? loadedSecrets() else { return SymmetricKey(data: Array("nestbox log".utf8)) }
        return SymmetricKey(data: keys(secrets, .logTag).newest)
    }
}
