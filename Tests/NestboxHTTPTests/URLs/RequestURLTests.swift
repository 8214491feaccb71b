import HTTPTypes
import NestboxHTTP
import Testing

@Suite("URLs of the application's own pages", .timeLimit(.minutes(1)))
struct RequestURLTests {
    private let atRoot = Request.made(of: ["REQUEST_METHOD": "GET", "REQUEST_URI": "/x", "HTTP_HOST": "example.test"])
    private let mounted = Request.made(
        of: ["REQUEST_METHOD": "GET", "REQUEST_URI": "/my%20app/x", "SCRIPT_NAME": "/my app", "PATH_INFO": "/x"])

    // MARK: Paths

    static let paths: [(String, String, String)] = [
        ("/", "/", "/my%20app/"),
        ("/birds/7", "/birds/7", "/my%20app/birds/7"),
        ("birds", "/birds", "/my%20app/birds"),
        ("", "/", "/my%20app/"),
        ("/birds/", "/birds/", "/my%20app/birds/"),
        ("/a b/ä?x=1#y%20", "/a%20b/%C3%A4%3Fx=1%23y%2520", "/my%20app/a%20b/%C3%A4%3Fx=1%23y%2520"),
        ("/a//b", "/a//b", "/my%20app/a//b"),
        ("//evil.test/x", "/%2Fevil.test/x", "/my%20app//evil.test/x"),
        ("///evil.test", "/%2F/evil.test", "/my%20app///evil.test"),
        (#"/\evil.test"#, "/%5Cevil.test", "/my%20app/%5Cevil.test"),
        ("/\t/evil.test", "/%09/evil.test", "/my%20app/%09/evil.test"),
        ("https://evil.test", "/https://evil.test", "/my%20app/https://evil.test"),
        ("/\u{308}", "/%CC%88", "/my%20app/%CC%88"),
        ("/a\r\nSet-Cookie: x", "/a%0D%0ASet-Cookie:%20x", "/my%20app/a%0D%0ASet-Cookie:%20x"),
        ("/{name}", "/%7Bname%7D", "/my%20app/%7Bname%7D"),
    ]

    @Test("stand below the mount point, percent-encoded, and lead to no other host", arguments: paths)
    func path(path: String, root: String, mounted: String) {
        #expect(atRoot.path(for: path) == root)
        #expect(self.mounted.path(for: path) == mounted)
    }

    @Test("stay on this host whatever the mount point is", arguments: ["//evil.test", "/\\evil.test", "//"])
    func oddMountPoint(base: String) {
        let request = Request.made(of: ["REQUEST_METHOD": "GET"], settings: .test(basePath: base))
        for path in ["/", "/x", "//x"] {
            let link = request.path(for: path)
            #expect(!link.hasPrefix("//") && !link.contains("\\"), "\(link)")
        }
    }

    @Test("have a query of pairs or of a form")
    func query() throws {
        #expect(
            atRoot.path(for: "/birds", query: ["page": 2, "q": "a&b=c d", "q": "ü"])
                == "/birds?page=2&q=a%26b%3Dc+d&q=%C3%BC")
        #expect(atRoot.path(for: "/birds", query: [:]) == "/birds")
        let form = try URLEncodedForm(parsing: "a=1&a=2")
        #expect(mounted.path(for: "/", query: form) == "/my%20app/?a=1&a=2")
        #expect(try atRoot.path(for: "/{id}", ["id": 7], query: ["x": true]) == "/7?x=true")
    }

    // MARK: Parameters

    static let values: [(String, String)] = [
        ("wren", "/birds/wren/eggs"), ("a/b", "/birds/a%2Fb/eggs"), ("a b", "/birds/a%20b/eggs"),
        ("50%", "/birds/50%25/eggs"), ("ä?#", "/birds/%C3%A4%3F%23/eggs"), ("..", "/birds/%252E%252E/eggs"),
        (".", "/birds/%252E/eggs"), ("...", "/birds/.../eggs"), ("../..", "/birds/..%2F../eggs"),
        (".a", "/birds/.a/eggs"), ("", "/birds//eggs"), (#"\"#, "/birds/%5C/eggs"),
        ("{name}", "/birds/%7Bname%7D/eggs"),
        ("a\r\nb", "/birds/a%0D%0Ab/eggs"),
    ]

    @Test("keep what a parameter holds in its segment", arguments: values)
    func parameter(value: String, path: String) throws {
        #expect(try atRoot.path(for: "/birds/{name}/eggs", ["name": value]) == path)
    }

    static let rests: [(String, String)] = [
        ("a/b c", "/files/a/b%20c"), ("", "/files/"), ("/a//b/", "/files//a//b/"),
        ("../x/./%", "/files/%252E%252E/x/%252E/%25"),
    ]

    @Test("keep the slashes of {name...}", arguments: rests)
    func rest(value: String, path: String) throws {
        #expect(try atRoot.path(for: "/files/{path...}", ["path": value]) == path)
    }

    @Test("lead to no other host by a parameter either")
    func emptyFirst() throws {
        #expect(try atRoot.path(for: "/{a}/{b}", ["a": "", "b": "evil.test"]) == "/%2Fevil.test")
        #expect(try atRoot.path(for: "/{path...}", ["path": "/evil.test"]) == "/%2Fevil.test")
    }

    @Test("take numbers, and several parameters in any order")
    func several() throws {
        #expect(try mounted.path(for: "/{year}/{slug}", ["slug": "a-b", "year": 2026]) == "/my%20app/2026/a-b")
    }

    @Test(
        "are refused when the parameters are not those of the pattern",
        arguments: ["/birds", "/{other}", "/{name}/{other}", "/{name...}x", "/x{name}"])
    func mistakes(pattern: String) {
        let error = #expect(throws: PathPatternError.self) { try atRoot.path(for: pattern, ["name": "secret"]) }
        #expect(error.map { "\($0)".contains(pattern) && !"\($0)".contains("secret") } == true)
    }

    // MARK: Absolute URLs (fastcgi-facts items 43 and 44)

    static let origins: [(KeyValuePairs<String, String>, String?)] = [
        (["HTTP_HOST": "example.test"], "http://example.test"),
        (["HTTP_HOST": "Example.TEST:8080"], "http://example.test:8080"),
        (["HTTP_HOST": "example.test:80"], "http://example.test"),
        (["HTTP_HOST": "example.test:443", "HTTPS": "on"], "https://example.test"),
        (["HTTP_HOST": "example.test:80", "HTTPS": "on"], "https://example.test:80"),
        (["HTTP_HOST": "example.test:443"], "http://example.test:443"),
        // Between a container's port and the client's there may be a mapping.
        (["HTTP_HOST": "example.test", "SERVER_PORT": "8080"], "http://example.test"),
        (["HTTP_HOST": "example.test:9000", "SERVER_PORT": "8080"], "http://example.test:9000"),
        (["HTTP_HOST": "example.test", "SERVER_PORT": "443", "HTTPS": "on"], "https://example.test"),
        (["HTTP_HOST": "example.test", "SERVER_PORT": "80", "HTTPS": "on"], "https://example.test"),
        (["HTTP_HOST": "example.test", "SERVER_PORT": "0"], "http://example.test"),
        (["HTTP_HOST": "example.test", "SERVER_PORT": "x"], "http://example.test"),
        (["HTTP_HOST": "[::1]"], "http://[::1]"),
        (["HTTP_HOST": "[::1]:8080"], "http://[::1]:8080"),
        (["HTTP_HOST": "[2001:DB8::1]", "SERVER_PORT": "8080"], "http://[2001:db8::1]"),
        (["HTTP_HOST": "192.0.2.1:81"], "http://192.0.2.1:81"),
        (["SERVER_NAME": "example.test", "SERVER_PORT": "8080"], "http://example.test:8080"),
        (["SERVER_NAME": "example.test", "SERVER_PORT": "0"], "http://example.test"),
        (["SERVER_NAME": "example.test", "SERVER_PORT": "x"], "http://example.test"),
        (["SERVER_NAME": "example.test", "SERVER_PORT": "80", "HTTPS": "on"], "https://example.test"),
        (["SERVER_NAME": "::1", "SERVER_PORT": "81"], "http://[::1]:81"),
        (["SERVER_NAME": "[::1]", "SERVER_PORT": "81"], "http://[::1]:81"),
        (["HTTP_HOST": "", "SERVER_NAME": "example.test"], "http://example.test"),
        (["SERVER_NAME": "", "SERVER_PORT": "80"], nil),
        (["SERVER_NAME": "_", "SERVER_PORT": "80"], nil),
        (["SERVER_NAME": "--"], nil),
        (["SERVER_NAME": "*.example.test"], nil),
        (["SERVER_NAME": "~^www"], nil),
        ([:], nil),
    ]

    @Test("have the scheme, the host and the port that the client used", arguments: origins)
    func origin(variables: KeyValuePairs<String, String>, origin: String?) throws {
        let request = Request.made(of: variables)
        guard let origin else {
            let error = #expect(throws: HTTPError.self) { try request.url(for: "/x") }
            #expect(error?.status == .badRequest)
            return
        }
        #expect(try request.url(for: "/x y", query: ["a": 1]) == origin + "/x%20y?a=1")
        #expect(try request.url(for: "/{id}", ["id": "a/b"]) == origin + "/a%2Fb")
    }

    @Test("have what a trusted proxy says, and never the port between it and the web server")
    func proxies() throws {
        let variables: KeyValuePairs<String, String> = [
            "REMOTE_ADDR": "10.0.0.1", "HTTP_HOST": "inner", "SERVER_PORT": "8080", "HTTP_X_FORWARDED_PROTO": "https",
            "HTTP_X_FORWARDED_HOST": "example.test",
        ]
        let settings = RequestSettings.test(trustedProxies: try TrustedProxies(["10.0.0.0/8"]))
        #expect(try Request.made(of: variables, settings: settings).url(for: "/") == "https://example.test/")
        #expect(try Request.made(of: variables).url(for: "/") == "http://inner/")
        let kept: KeyValuePairs = ["REMOTE_ADDR": "10.0.0.1", "HTTP_HOST": "example.test", "SERVER_PORT": "8080"]
        #expect(try Request.made(of: kept, settings: settings).url(for: "/") == "http://example.test/")
    }

    @Test("have the mount point")
    func mountedURL() throws {
        let request = Request.made(of: [
            "HTTP_HOST": "example.test", "REQUEST_URI": "/app/x", "SCRIPT_NAME": "/app", "PATH_INFO": "/x",
        ])
        #expect(try request.url(for: "/birds/{name}", ["name": "wren"]) == "http://example.test/app/birds/wren")
    }

    // MARK: Redirects

    @Test("are where redirects lead, wherever the application is mounted")
    func redirects() throws {
        let response = try mounted.redirect(to: "/login", query: ["next": "/a b"])
        #expect(response.status == .seeOther)
        #expect(response.headers[.location] == "/my%20app/login?next=%2Fa+b")
        let second = try atRoot.redirect(to: "/birds/{name}", ["name": "a/b"], status: .permanentRedirect)
        #expect(second.status == .permanentRedirect)
        #expect(second.headers[.location] == "/birds/a%2Fb")
        #expect(try atRoot.redirect(to: "//evil.test").headers[.location] == "/%2Fevil.test")
        #expect(throws: RedirectError.notARedirect(200)) { try atRoot.redirect(to: "/", status: .ok) }
    }
}
