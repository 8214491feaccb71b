import Logging
import NestboxHTTP
import NestboxTesting
import Testing

@testable import NestboxSessions

@Suite("cookies for other uses", .timeLimit(.minutes(1)))
struct ProtectedCookiesTests {
    /// The two ways to protect one.
    enum Kind: CaseIterable {
        case encrypted, signed
    }

    private static let secret = "0123456789abcdef0123456789abcdef"
    private let clock = TestClock()

    private func cookies(_ secrets: [String] = [secret], applicationID: String = "nestbox") throws -> ProtectedCookies {
        try ProtectedCookies(SessionSecrets(secrets), applicationID: applicationID, clock: clock.sessionClock)
    }

    private func make<Value: Encodable>(
        _ kind: Kind, _ name: String, _ value: Value, maxAge: Int = 60, by cookies: ProtectedCookies
    ) throws -> Cookie {
        switch kind {
        case .encrypted: try cookies.encrypted(name, value, maxAge: maxAge, secure: false)
        case .signed: try cookies.signed(name, value, maxAge: maxAge, secure: false)
        }
    }

    private func request(_ cookies: String) -> Request {
        let variables = CGIVariables([("REQUEST_METHOD", "GET"), ("HTTP_COOKIE", cookies)])
        return Request(
            head: RequestHead(variables: variables, settings: RequestSettings(logger: .init(label: "test"))),
            body: .empty)
    }

    private func request(_ cookie: Cookie, as name: String? = nil) -> Request {
        request("a=1; \(name ?? cookie.name)=\(cookie.value); b=2")
    }

    @Test(
        "come back as they were made", arguments: Kind.allCases,
        ["dark", "", "ä \"; \0\n", String(repeating: "x", count: 2900)])
    func roundTrip(kind: Kind, text: String) throws {
        let cookies = try cookies()
        let cookie = try make(kind, "theme", text, by: cookies)
        #expect(cookies.value("theme", in: request(cookie)) == text)
        #expect(cookies.value("theme", as: String.self, in: request(cookie)) == text)
        #expect(cookie.maxAge == 60 && cookie.httpOnly && cookie.path == "/")
    }

    @Test("hold whatever JSON can say", arguments: Kind.allCases)
    func typed(kind: Kind) throws {
        struct Preferences: Codable, Equatable {
            var theme: String
            var pages: [Int]
        }
        let cookies = try cookies()
        let value = Preferences(theme: "dark", pages: [1, 2])
        let cookie = try make(kind, "preferences", value, by: cookies)
        #expect(cookies.value("preferences", as: Preferences.self, in: request(cookie)) == value)
        #expect(cookies.value("preferences", as: [Int].self, in: request(cookie)) == nil)
        let number = try make(kind, "n", 5, by: cookies)
        #expect(cookies.value("n", as: Int.self, in: request(number)) == 5)
        #expect(throws: EncodingError.self) { try make(kind, "n", Double.nan, by: cookies) }
    }

    @Test("are worth nothing under another name, and in another application", arguments: Kind.allCases)
    func binding(kind: Kind) throws {
        let cookies = try cookies()
        let cookie = try make(kind, "theme", "admin", by: cookies)
        for name in ["role", "them", "themes", "Theme", "__Host-theme"] {
            #expect(cookies.value(name, in: request(cookie, as: name)) == nil)
        }
        let other = try self.cookies(applicationID: "shop")
        #expect(other.value("theme", in: request(cookie)) == nil)
        // Lengths keep a name and an application's id from running into each other.
        let shifted = try self.cookies(applicationID: "enestbox")
        #expect(shifted.value("them", in: request(cookie, as: "them")) == nil)
    }

    @Test("are no sessions, and sessions are none of them")
    func sessions() throws {
        let secrets = try SessionSecrets([Self.secret])
        let cookies = try cookies()
        for applicationID in ["nestbox", ""] {
            let sessions = AEADSessionSigner(secrets: secrets, cookieName: "session", applicationID: applicationID)
            let session = try sessions.sign(Array("{}".utf8), at: clock.now + 1000)
            #expect(cookies.value("session", in: request("session=\(session)")) == nil)
            for kind in Kind.allCases {
                #expect(sessions.verify(try make(kind, "session", "{}", by: cookies).value) == nil)
            }
        }
        // One kind is not the other.
        let keys = Set(
            [SessionKeyPurpose.cookieEncryption, .cookieSignature, .sessionEncryption, .sessionSignature].map {
                secrets.keys(for: $0, cookieName: "", applicationID: "nestbox").newest
            })
        #expect(keys.count == 4)
    }

    @Test("end at their second, whatever the client does", arguments: Kind.allCases)
    func expiry(kind: Kind) throws {
        let cookies = try cookies()
        let cookie = try make(kind, "theme", "dark", by: cookies)
        clock.advance(by: 59)
        #expect(cookies.value("theme", in: request(cookie)) == "dark")
        clock.advance(by: 1)
        #expect(cookies.value("theme", in: request(cookie)) == nil)
        for maxAge in [0, -1, Int.min] {
            #expect(cookies.value("x", in: request(try make(kind, "x", "y", maxAge: maxAge, by: cookies))) == nil)
        }
        let forever = try make(kind, "x", "y", maxAge: .max, by: cookies)
        #expect(cookies.value("x", in: request(forever)) == "y")
    }

    @Test("are read with older secrets until these are dropped, and made with the newest", arguments: Kind.allCases)
    func rotation(kind: Kind) throws {
        let (old, new) = (Self.secret, "fedcba9876543210fedcba9876543210")
        let cookie = try make(kind, "theme", "dark", by: cookies([old]))
        #expect(try cookies([old, new]).value("theme", in: request(cookie)) == "dark")
        #expect(try cookies([new]).value("theme", in: request(cookie)) == nil)
        let renewed = try make(kind, "theme", "dark", by: cookies([old, new]))
        #expect(try cookies([new]).value("theme", in: request(renewed)) == "dark")
        #expect(try cookies([old]).value("theme", in: request(renewed)) == nil)
    }

    @Test("are nothing once a bit is changed, or when they are cut", arguments: Kind.allCases)
    func mutation(kind: Kind) throws {
        let cookies = try cookies()
        let cookie = try make(kind, "theme", "dark", by: cookies)
        let bytes = try #require(Base64URL.decode(cookie.value))
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                #expect(cookies.value("theme", in: request("theme=\(Base64URL.encode(changed))")) == nil)
            }
            #expect(cookies.value("theme", in: request("theme=\(Base64URL.encode(Array(bytes[..<index])))")) == nil)
        }
        for text in ["", "=", "dark", "%00", cookie.value + "A", cookie.value + "=", " " + cookie.value.uppercased()] {
            #expect(cookies.value("theme", in: request("theme=\(text)")) == nil)
        }
    }

    @Test("are found among others of their name, of which eight are tried")
    func several() throws {
        let cookies = try cookies()
        let cookie = try cookies.encrypted("theme", "dark", maxAge: 60, secure: false)
        let forged = (0..<7).map { "theme=x\($0); " }.joined()
        #expect(cookies.value("theme", in: request("\(forged)theme=\(cookie.value)")) == "dark")
        #expect(cookies.value("theme", in: request("\(forged)theme=y; theme=\(cookie.value)")) == nil)
        #expect(cookies.value("theme", in: request("theme=\(String(repeating: "A", count: 5000))")) == nil)
        #expect(cookies.value("theme", in: request("a=1")) == nil)
    }

    @Test("are refused when they are larger than clients keep", arguments: Kind.allCases)
    func size(kind: Kind) throws {
        let cookies = try cookies()
        for count in [3100, 4096, 4097, 1 << 20] {
            let error = #expect(throws: CookieError.self) {
                try make(kind, "theme", String(repeating: "x", count: count), by: cookies)
            }
            #expect(error?.code == .tooLong)
        }
    }

    @Test("show their values only when they are signed")
    func secrecy() throws {
        let cookies = try cookies()
        let text = String(repeating: "A", count: 300)
        let visible = try #require(Base64URL.decode(try cookies.signed("theme", text, maxAge: 60, secure: false).value))
        #expect(String(decoding: visible[9..<309], as: UTF8.self) == text)
        #expect(try !cookies.encrypted("theme", text, maxAge: 60, secure: false).value.contains("QUFBQUFB"))
        let values = try (0..<2).map { _ in try cookies.encrypted("a", "x", maxAge: 60, secure: false).value }
        #expect(values[0] != values[1])
    }

    @Test("take the attributes of every cookie, and their errors")
    func attributes() throws {
        let cookies = try cookies()
        let cookie = try cookies.encrypted(
            "__Secure-theme", "dark", maxAge: 60, secure: true, path: "/app", domain: "example.org", httpOnly: false,
            sameSite: .strict)
        #expect(cookie.headerValue.hasSuffix("; Path=/app; Domain=example.org; Max-Age=60; Secure; SameSite=Strict"))
        #expect(throws: CookieError.self) { try cookies.encrypted("a b", "x", maxAge: 60, secure: false) }
        #expect(throws: CookieError.self) { try cookies.signed("__Host-x", "x", maxAge: 60, secure: false) }
    }

    @Test("need secrets that cannot be guessed, and never show them")
    func secrets() throws {
        #expect(throws: SessionConfigurationError.self) { try ProtectedCookies(SessionSecrets(["short"])) }
        #expect(throws: SessionConfigurationError.self) {
            try ProtectedCookies(SessionSecrets(["short", Self.secret]))
        }
        #expect(throws: SessionConfigurationError.self) { try ProtectedCookies(SessionConfiguration()) }
        var configuration = try SessionConfiguration(secret: Self.secret)
        configuration.applicationID = "shop"
        let configured = try ProtectedCookies(configuration, clock: clock.sessionClock)
        let cookie = try configured.encrypted("theme", "dark", maxAge: 60, secure: false)
        #expect(try cookies(applicationID: "shop").value("theme", in: request(cookie)) == "dark")
        var dumped = ""
        dump(configured, to: &dumped)
        #expect(!"\(configured) \(dumped)".contains("0123"))
    }
}
