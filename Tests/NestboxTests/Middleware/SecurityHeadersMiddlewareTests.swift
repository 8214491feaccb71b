import HTTPTypes
import NestboxTesting
import Testing

@testable import Nestbox

@Suite("header fields for browsers", .timeLimit(.minutes(1)))
struct SecurityHeadersMiddlewareTests {
    private func client(
        _ guardian: SecurityHeadersMiddleware = .init(), isSecure: Bool = false,
        routes: (inout Router) -> Void = { _ in }
    ) throws -> TestClient {
        var router = Router()
        router.get("/") { _ in "page" }
        router.get("/own") { _ in
            var response = Response.html("page")
            response.headers[.contentSecurityPolicy] = "default-src *"
            try response.setHeader("X-Frame-Options", "SAMEORIGIN")
            return response
        }
        router.get("/nonce") { request in "\(request.cspNonce) \(request.cspNonce)" }
        router.get("/fails") { _ -> String in throw TestingError(.closed, "inside") }
        router.get("/stream") { _ in Response.stream { _ in throw HTTPError(.conflict) } }
        routes(&router)
        var configuration = TestClient.Configuration()
        configuration.isSecure = isSecure
        return try TestClient(try Application(router: router, middleware: [guardian]), configuration)
    }

    private static let standard =
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"

    @Test(
        "are on every response, errors and unknown paths among them",
        arguments: [
            ("GET", "/", 200), ("GET", "/nowhere", 404), ("PUT", "/", 405), ("OPTIONS", "/", 204),
            ("GET", "/fails", 500), ("GET", "/stream", 409), ("GET", "/x/../y", 400), ("TRACE", "/", 405),
        ])
    func everywhere(method: String, target: String, status: Int) async throws {
        let method = try #require(HTTPRequest.Method(method))
        let response = try await client().send(method, target)
        #expect(response.status.code == status)
        let fields = response.headers
        #expect(fields[.contentSecurityPolicy] == Self.standard)
        #expect(fields[.xContentTypeOptions] == "nosniff")
        let others = [
            "X-Frame-Options": "DENY", "Referrer-Policy": "strict-origin-when-cross-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
        ]
        for (name, value) in others { #expect(fields[try #require(HTTPField.Name(name))] == value, "\(name)") }
        #expect(fields[.strictTransportSecurity] == nil)
        #expect(fields[try #require(HTTPField.Name("Permissions-Policy"))] == nil)
    }

    @Test("ask for HTTPS over HTTPS only")
    func transport() async throws {
        #expect(try await client(isSecure: true).get("/").headers[.strictTransportSecurity] == "max-age=31536000")
        var guardian = SecurityHeadersMiddleware()
        guardian.transportSecurity = .init(maxAge: 60, includesSubdomains: true, isPreloaded: true)
        #expect(
            try await client(guardian, isSecure: true).get("/").headers[.strictTransportSecurity]
                == "max-age=60; includeSubDomains; preload")
        #expect(try await client(guardian).get("/").headers[.strictTransportSecurity] == nil)
    }

    @Test("leave alone what a handler has set")
    func own() async throws {
        let fields = try await client().get("/own").headers
        #expect(fields[values: .contentSecurityPolicy] == ["default-src *"])
        #expect(fields[values: try #require(HTTPField.Name("X-Frame-Options"))] == ["SAMEORIGIN"])
        #expect(fields[.xContentTypeOptions] == "nosniff")
    }

    @Test("of a group go before those of the application")
    func group() async throws {
        let client = try client { router in
            router.group("/embedded") { group in
                var guardian = SecurityHeadersMiddleware()
                guardian.contentSecurityPolicy?["frame-ancestors"] = "https://partner.example"
                guardian.frameOptions = nil
                group.use(guardian)
                group.get("") { _ in "page" }
            }
        }
        let policy = await client.get("/embedded").headers[values: .contentSecurityPolicy]
        #expect(policy.count == 1 && policy[0].hasSuffix("frame-ancestors https://partner.example"))
    }

    @Test("are left out where they are nil")
    func none() async throws {
        var guardian = SecurityHeadersMiddleware()
        guardian.contentSecurityPolicy = nil
        guardian.frameOptions = nil
        guardian.referrerPolicy = nil
        guardian.openerPolicy = nil
        guardian.permissionsPolicy = "camera=()"
        let fields = try await client(guardian).get("/").headers
        #expect(
            Set(fields.map(\.name.canonicalName)) == [
                "content-type", "content-length", "x-content-type-options", "permissions-policy",
            ])
    }

    @Test("name the nonce of a page that has one")
    func nonce() async throws {
        let client = try client()
        let response = await client.get("/nonce")
        let nonces = response.text.split(separator: " ")
        #expect(nonces.count == 2 && nonces[0] == nonces[1])
        let source = "'self' 'nonce-\(nonces[0])'"
        #expect(
            response.headers[.contentSecurityPolicy] == "\(Self.standard); script-src \(source); style-src \(source)")
        #expect(await client.get("/nonce").text != response.text)
        #expect(await client.get("/").headers[.contentSecurityPolicy] == Self.standard)
    }
}

@Suite("content security policies", .timeLimit(.minutes(1)))
struct ContentSecurityPolicyTests {
    @Test("are written in the order in which they were made")
    func text() {
        var policy = ContentSecurityPolicy()
        #expect(policy.description == "")
        policy["default-src"] = "'none'"
        policy["upgrade-insecure-requests"] = ""
        policy["img-src"] = "'self'"
        #expect(policy.description == "default-src 'none'; upgrade-insecure-requests; img-src 'self'")
        policy["default-src"] = nil
        policy["img-src"] = "*"
        #expect(policy.description == "upgrade-insecure-requests; img-src *")
        #expect(policy["img-src"] == "*" && policy["default-src"] == nil)
    }

    @Test("a value cannot begin another directive or another policy")
    func injection() {
        var policy = ContentSecurityPolicy()
        policy["img-src"] = "a; script-src *, default-src *\r\nX: y"
        #expect(policy.description == "img-src a  script-src *  default-src *  X: y")
    }

    /// A policy without and with the nonce N.
    static let table = [
        ("script-src 'self'", "script-src 'self' 'nonce-N'"),
        ("default-src 'none'", "default-src 'none'; script-src 'nonce-N'; style-src 'nonce-N'"),
        ("default-src a; script-src b", "default-src a; script-src b 'nonce-N'; style-src a 'nonce-N'"),
        ("img-src 'self'", "img-src 'self'"),
        ("default-src 'self' 'Unsafe-Inline'", "default-src 'self' 'Unsafe-Inline'"),
        (
            "default-src a; style-src 'unsafe-inline' b",
            "default-src a; style-src 'unsafe-inline' b; script-src a 'nonce-N'"
        ),
    ]

    @Test("take a nonce for scripts and styles", arguments: table)
    func nonce(text: String, expected: String) {
        var policy = ContentSecurityPolicy()
        for part in text.split(separator: "; ") {
            let words = part.split(separator: " ", maxSplits: 1)
            policy[String(words[0])] = String(words[1])
        }
        #expect(policy.allowing(nonce: "N").description == expected)
    }
}
