import FoundationEssentials
public import NestboxHTTP

/// Cookies for other uses than sessions, which visitors cannot forge: encrypted, or signed where they may be read.
///
/// ```swift
/// let cookies = try ProtectedCookies(configuration.sessions)
///
/// router.post("/theme") { request in
///     var response = try request.redirect(to: "/")
///     response.setCookie(try cookies.encrypted("theme", "dark", maxAge: 365 * 86_400, secure: request.isSecure))
///     return response
/// }
/// router.get("/") { request in cookies.value("theme", in: request) ?? "light" }
/// ```
///
/// A value is bound to its cookie's name, to the application and to its end: under another name, in another application
/// with the same secrets, as a session, or after its time it is worth nothing. The end is in the value, so that a client
/// that keeps the cookie longer gains nothing. A copy is valid until then: what a logout must end belongs in the session.
///
/// The newest secret makes values, all read them; see ``SessionSecrets``.
public struct ProtectedCookies: Sendable {
    private let cipher: AEADSessionSigner
    private let signer: CookieSigner
    private let applicationID: String
    private let clock: SessionClock

    /// Takes the secrets and the application's id of the session layer's configuration.
    ///
    /// Without a secret, in development, a random one is made that ends with the process.
    /// - Throws: ``SessionConfigurationError`` when there is no secret or a weak one, ``SessionSecretsError`` when its file
    ///   cannot be read.
    public init(_ configuration: SessionConfiguration, clock: SessionClock = .system) throws {
        guard let secrets = try configuration.loadedSecrets() else {
            throw SessionConfigurationError("secret", nil, "protected cookies need a secret: set APP_SECRET_1")
        }
        self.init(checked: secrets, configuration.applicationID, clock)
    }

    /// Takes secrets of one's own.
    /// - Parameters:
    ///   - secrets: Of at least 32 bytes each.
    ///   - applicationID: What tells applications with the same secrets apart.
    ///   - clock: Tells the time.
    /// - Throws: ``SessionConfigurationError`` when a secret is shorter.
    public init(
        _ secrets: SessionSecrets, applicationID: String = "nestbox", clock: SessionClock = .system
    ) throws(SessionConfigurationError) {
        guard secrets.weakest >= SessionConfiguration.leastSecret else {
            throw SessionConfigurationError(
                "secret", nil, "a secret of protected cookies has less than \(SessionConfiguration.leastSecret) bytes")
        }
        self.init(checked: secrets, applicationID, clock)
    }

    private init(checked secrets: SessionSecrets, _ applicationID: String, _ clock: SessionClock) {
        // The names of the cookies are authenticated with the values, so that the keys are made once.
        func keys(_ purpose: SessionKeyPurpose) -> SessionKeys {
            secrets.keys(for: purpose, cookieName: "", applicationID: applicationID)
        }
        cipher = AEADSessionSigner(keys: keys(.cookieEncryption))
        signer = CookieSigner(keys(.cookieSignature))
        self.applicationID = applicationID
        self.clock = clock
    }

    /// A cookie whose value no one can read or change.
    /// - Parameters:
    ///   - name: The name, which ``value(_:in:)`` is asked for.
    ///   - value: A text, or anything else that can be encoded as JSON.
    ///   - maxAge: How many seconds it is valid.
    ///   - secure: Whether browsers send it over HTTPS alone: `request.isSecure`, or `true` for a site that is never without.
    ///   - path: As of ``Cookie``; so are the others.
    /// - Throws: ``CookieError``, `tooLong` among them: after encryption a cookie of 4,096 bytes holds some 2,900.
    ///   `EncodingError` for a value that JSON cannot say.
    public func encrypted<Value: Encodable>(
        _ name: String, _ value: Value, maxAge: Int, secure: Bool, path: String? = "/", domain: String? = nil,
        httpOnly: Bool = true, sameSite: Cookie.SameSite = .lax
    ) throws -> Cookie {
        let token = try cipher.sign(payload(of: value, name), at: end(maxAge), context: context(name))
        return try Cookie(
            name: name, value: token, path: path, domain: domain, maxAge: maxAge, secure: secure, httpOnly: httpOnly,
            sameSite: sameSite)
    }

    /// A cookie whose value everyone can read and no one can change: base64url, behind nine bytes of other things.
    ///
    /// For the parameters and errors see ``encrypted(_:_:maxAge:secure:path:domain:httpOnly:sameSite:)``.
    public func signed<Value: Encodable>(
        _ name: String, _ value: Value, maxAge: Int, secure: Bool, path: String? = "/", domain: String? = nil,
        httpOnly: Bool = true, sameSite: Cookie.SameSite = .lax
    ) throws -> Cookie {
        let token = signer.sign(try payload(of: value, name), end: end(maxAge), context: context(name))
        return try Cookie(
            name: name, value: token, path: path, domain: domain, maxAge: maxAge, secure: secure, httpOnly: httpOnly,
            sameSite: sameSite)
    }

    /// The text of a cookie that was made here, or `nil` when it is missing, forged, or over.
    public func value(_ name: String, in request: Request) -> String? {
        payload(name, in: request).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The value of a cookie that was made here, or `nil` when it is missing, forged, over, or of another type.
    public func value<Value: Decodable>(_ name: String, as type: Value.Type, in request: Request) -> Value? {
        guard let payload = payload(name, in: request) else { return nil }
        if type == String.self { return String(decoding: payload, as: UTF8.self) as? Value }
        return try? JSONDecoder().decode(type, from: Data(payload))
    }
}

extension ProtectedCookies {
    /// More cookies of one name than this in one request are an attack.
    private static let maximumCookies = 8

    private func payload(_ name: String, in request: Request) -> [UInt8]? {
        let (context, now) = (context(name), clock.now)
        for token in request.cookies.values(for: name).prefix(Self.maximumCookies) where token.utf8.count <= 4096 {
            // The first byte says which of the two it is; both have keys of their own.
            let content = cipher.verify(token, context: context) ?? signer.verify(token, context: context)
            if let content, now < content.time { return content.payload }
        }
        return nil
    }

    private func payload<Value: Encodable>(of value: Value, _ name: String) throws -> [UInt8] {
        let payload =
            if let text = value as? String { Array(text.utf8) } else { Array(try JSONEncoder().encode(value)) }
        guard payload.count <= 4096 else {
            throw CookieError(
                code: .tooLong, name: name, reason: "the value has \(payload.count) bytes; 4096 are the most")
        }
        return payload
    }

    /// When a value ends that is made now.
    private func end(_ maxAge: Int) -> Int64 {
        let (end, overflows) = clock.now.addingReportingOverflow(Int64(maxAge))
        return overflows ? (maxAge > 0 ? .max : .min) : end
    }

    private func context(_ name: String) -> [UInt8] {
        LengthPrefixed.encode(name) + LengthPrefixed.encode(applicationID)
    }
}

extension ProtectedCookies: CustomStringConvertible, CustomReflectable {
    /// Nothing of the secrets.
    public var description: String { "ProtectedCookies" }
    /// Nothing, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
