import Nestbox
import NestboxSessions
import NestboxTesting
import Testing

@Suite("configurations of sessions")
struct SessionConfigurationTests {
    /// A setting that cannot be, and what the message says.
    struct Refusal: Sendable, CustomTestStringConvertible {
        var key: String
        var words: [String] = []
        var change: @Sendable (inout SessionConfiguration) -> Void

        var testDescription: String { "\(key) \(words.joined(separator: " "))" }
    }

    static let refusals: [Refusal] =
        [
            Refusal(key: "maxAge", words: ["maxAge=0"]) { $0.maxAge = 0 },
            Refusal(key: "maxAge", words: ["maxAge=-1"]) { $0.maxAge = -1 },
            Refusal(key: "idleTimeout") { $0.idleTimeout = 0 },
            Refusal(key: "rememberMaxAge") { $0.rememberMaxAge = 0 },
            Refusal(key: "rotateInterval") { $0.rotateInterval = 0 },
            Refusal(key: "rotationGrace") { $0.rotationGrace = 0 },
            Refusal(key: "touchInterval") { $0.touchInterval = 0 },
            Refusal(key: "touchInterval", words: ["idleTimeout=10"]) {
                $0.idleTimeout = 10
                $0.touchInterval = 10
            },
            Refusal(key: "gcInterval") { $0.sweepInterval = 0 },
            Refusal(key: "gcProbability") { $0.sweepProbability = 1.5 },
            Refusal(key: "gcProbability") { $0.sweepProbability = .nan },
            Refusal(key: "lockTimeout") { $0.lockTimeout = .zero },
            Refusal(key: "maxBytes") { $0.maxBytes = 0 },
            Refusal(key: "maxBytes", words: ["at most"]) { $0.maxBytes = 4090 },
            Refusal(key: "locking", words: ["exclusive", "session.store=file"]) { $0.locking = .exclusive },
            Refusal(key: "revocation", words: ["session.store=cookie"]) {
                $0.store = .memory
                $0.revocation = .file
            },
            Refusal(key: "file.directory", words: ["NESTBOX_SESSION_FILE_DIRECTORY"]) { $0.store = .file },
            Refusal(key: "file.directory", words: ["session.revocation=file", "NESTBOX_SESSION_FILE_DIRECTORY"]) {
                $0.revocation = .file
            },
            Refusal(key: "secret", words: ["APP_SECRET_1"]) { $0.secrets = nil },
        ] + cookieRefusals

    static let cookieRefusals: [Refusal] = [
        Refusal(key: "cookie.sameSite", words: ["none", "Secure"]) {
            $0.cookie.sameSite = .none
            $0.cookie.secure = .false
        },
        Refusal(key: "cookie.partitioned") {
            $0.cookie.isPartitioned = true
            $0.cookie.secure = .false
        },
        Refusal(key: "cookie.prefix", words: ["secure"]) {
            $0.cookie.prefix = .secure
            $0.cookie.secure = .false
        },
        Refusal(key: "cookie.prefix", words: ["host"]) {
            $0.cookie.prefix = .host
            $0.cookie.domain = "example.com"
        },
        Refusal(key: "cookie.prefix", words: ["host"]) {
            $0.cookie.prefix = .host
            $0.cookie.path = "auto"
        },
        Refusal(key: "cookie.path", words: ["app"]) { $0.cookie.path = "app" },
        Refusal(key: "cookie.path") { $0.cookie.path = "/a;b" },
        Refusal(key: "cookie.path") { $0.cookie.path = "/a\r\nb" },
        Refusal(key: "cookie.domain") { $0.cookie.domain = "https://example.com" },
        Refusal(key: "cookie.domain") { $0.cookie.domain = "" },
        Refusal(key: "cookie.name") { $0.cookie.name = "" },
        Refusal(key: "cookie.name") { $0.cookie.name = "a b" },
        Refusal(key: "cookie.name") { $0.cookie.name = "é" },
        Refusal(key: "cookie.name") {
            $0.cookie.name = "__Host-session"
            $0.cookie.domain = "example.com"
        },
        Refusal(key: "cookie.name") {
            $0.cookie.name = "__Secure-session"
            $0.cookie.secure = .false
        },
    ]

    private func configuration() throws -> SessionConfiguration {
        try SessionConfiguration(secret: "a secret of at least thirty-two bytes")
    }

    @Test("what cannot be is refused at the start, with the key and what to do", arguments: refusals)
    func refused(_ refusal: Refusal) throws {
        var configuration = try configuration()
        refusal.change(&configuration)
        let error = try #require(throws: SessionConfigurationError.self) { try SessionMiddleware(configuration) }
        #expect(error.key == refusal.key)
        #expect(error.description.hasPrefix("session.\(refusal.key)"))
        for word in refusal.words { #expect(error.description.contains(word), "\(error)") }
    }

    @Test("weak secrets are refused unless they are allowed, and never told")
    func weakSecrets() throws {
        var configuration = try SessionConfiguration(secret: "LOREM_IPSUM")
        let error = try #require(throws: SessionConfigurationError.self) { try SessionMiddleware(configuration) }
        #expect(error.key == "secret")
        #expect(error.description.contains("11 bytes"))
        #expect(!error.description.contains("LOREM"))
        configuration.allowsWeakSecrets = true
        _ = try SessionMiddleware(configuration)
        configuration = SessionConfiguration()
        configuration.allowsMissingSecret = true
        _ = try SessionMiddleware(configuration)
    }

    @Test("a directory of logouts is refused for what is wrong with it")
    func directory() throws {
        var configuration = try configuration()
        configuration.revocation = .file
        configuration.file.directory = "sessions"
        let error = try #require(throws: SessionStoreError.self) { try SessionMiddleware(configuration) }
        #expect(error.description.contains("absolute path"))
    }

    @Test("a store of the program's own has to have the list that is configured")
    func ownStore() throws {
        var configuration = try configuration()
        configuration.revocation = .file
        let error = try #require(throws: SessionConfigurationError.self) {
            try SessionMiddleware(configuration, store: try CookieSessionStore.testing())
        }
        #expect(error.key == "revocation")
        let store = RevocableCookieSessionStore(try .testing(), list: MemoryRevocationList())
        _ = try SessionMiddleware(configuration, store: store)
    }

    @Test(
        "what can be is taken",
        arguments: [
            { $0.maxAge = nil }, { $0.maxAge = .max }, { $0.cookie.sameSite = .none }, { $0.cookie.path = "auto" },
            { $0.cookie.prefix = .host }, { $0.cookie.prefix = .auto }, { $0.cookie.name = "__Host-id" },
            { $0.cookie.domain = "example.com" }, { $0.store = .memory }, { $0.sweepProbability = 0 },
            { $0.cookie.name = "a-b_c.d!" },
        ] as [@Sendable (inout SessionConfiguration) -> Void])
    func taken(change: @Sendable (inout SessionConfiguration) -> Void) throws {
        var configuration = try configuration()
        change(&configuration)
        #expect(throws: Never.self) { try SessionMiddleware(configuration) }
    }
}
