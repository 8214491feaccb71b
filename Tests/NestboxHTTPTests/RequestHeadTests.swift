import HTTPTypes
import NestboxHTTP
import Testing

@Suite("the head of a request", .timeLimit(.minutes(1)))
struct RequestHeadTests {
    // MARK: Method (fastcgi-facts item 52)

    @Test(
        "has the method that was sent, known or not",
        arguments: ["GET", "HEAD", "POST", "get", "PROPFIND", "FOO", "M-SEARCH", "*"])
    func method(name: String) {
        let request = Request.made(of: ["REQUEST_METHOD": name])
        #expect(request.method.rawValue == name)
        #expect(request.head.refusal == nil)
    }

    @Test(
        "refuses a method that is none",
        arguments: ["", "GE T", "GET\r\n", "GËT", "G\0", String(repeating: "A", count: 65)])
    func invalidMethod(name: String) {
        let request = Request.made(of: ["REQUEST_METHOD": name])
        #expect(request.head.refusal?.status == .badRequest)
    }

    @Test("refuses a request without a method")
    func noMethod() {
        #expect(Request.made(of: [:]).head.refusal?.status == .badRequest)
    }

    // MARK: Content-Length (item 31)

    static let lengths: [(String?, Int?, Int?)] = [
        (nil, nil, nil), ("", nil, nil), ("-1", nil, nil), ("0", 0, nil), ("00012", 12, nil), ("1000", 1000, nil),
        ("1001", nil, 413), ("99999999999999999999", nil, 413), ("9223372036854775808", nil, 413), ("abc", nil, 400),
        ("12abc", nil, 400), ("+5", nil, 400), (" 5", nil, 400), ("5 ", nil, 400), ("-2", nil, 400), ("1.5", nil, 400),
        ("1e3", nil, 400), ("0x10", nil, 400), ("5,5", nil, 400), ("５", nil, 400), ("\0", nil, 400),
    ]

    @Test("knows the length, does not know it, or refuses it", arguments: lengths)
    func contentLength(text: String?, length: Int?, status: Int?) {
        var pairs = [("REQUEST_METHOD", "POST")]
        if let text { pairs.append(("CONTENT_LENGTH", text)) }
        let head = RequestHead(variables: CGIVariables(pairs), settings: .test(bodyLimit: 1000))
        #expect(head.contentLength == length)
        #expect(head.refusal?.status.code == status)
    }

    // MARK: Header fields

    @Test("joins fields that come several times (item 40)")
    func repeated() {
        let request = Request.made(of: [
            "HTTP_X_DUP": "a", "HTTP_COOKIE": "a=1", "HTTP_ACCEPT": "x", "HTTP_X_DUP": "b", "HTTP_COOKIE": "b=2; a=3",
        ])
        #expect(HTTPField.Name("X-Dup").map { request.headers[$0] } == "a, b")
        #expect(request.headers[.cookie] == "a=1; b=2; a=3")
        #expect(request.cookies.map(\.name) == ["a", "b", "a"])
        #expect(request.cookies["a"] == "1")
    }

    @Test(
        "refuses two of what there is one of (item 40)",
        arguments: ["HTTP_HOST", "HTTP_AUTHORIZATION", "HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"])
    func singleFields(name: String) {
        let twice = CGIVariables([("REQUEST_METHOD", "GET"), (name, "1"), ("HTTP_ACCEPT", "x"), (name, "1")])
        #expect(RequestHead(variables: twice, settings: .test()).refusal?.status == .badRequest)
        let once = CGIVariables([("REQUEST_METHOD", "GET"), (name, "1"), (String(name.reversed()), "1")])
        #expect(RequestHead(variables: once, settings: .test()).refusal == nil)
    }

    @Test("takes the last of a variable that the web server sets twice")
    func laterVariables() {
        let request = Request.made(of: [
            "REQUEST_METHOD": "POST", "CONTENT_TYPE": "a/b", "CONTENT_LENGTH": "5", "CONTENT_TYPE": "c/d",
            "CONTENT_LENGTH": "6",
        ])
        #expect(request.contentType == "c/d")
        #expect(request.head.contentLength == 6)
        #expect(request.head.refusal == nil)
    }

    @Test("has no Proxy field, which would become HTTP_PROXY of other programs (item 41)")
    func proxy() {
        let request = Request.made(of: ["HTTP_PROXY": "evil.test", "HTTP_PROXY_AUTHORIZATION": "x"])
        #expect(request.headers.map(\.name.canonicalName) == ["proxy-authorization"])
    }

    @Test("has one Content-Type and one Content-Length; the CGI variable wins (item 42)")
    func contentFields() {
        let request = Request.made(of: [
            "HTTP_CONTENT_TYPE": "a/b", "HTTP_CONTENT_LENGTH": "1", "CONTENT_TYPE": "c/d", "CONTENT_LENGTH": "2",
        ])
        #expect(request.headers[values: .contentType] == ["c/d"])
        #expect(request.headers[values: .contentLength] == ["2"])
        #expect(Request.made(of: ["HTTP_CONTENT_TYPE": "a/b", "CONTENT_TYPE": ""]).headers[.contentType] == "a/b")
        #expect(Request.made(of: ["HTTP_CONTENT_TYPE": "a/b", "CONTENT_TYPE": ""]).contentType == "a/b")
        #expect(Request.made(of: ["CONTENT_TYPE": "", "CONTENT_LENGTH": ""]).headers.isEmpty)
        #expect(Request.made(of: ["CONTENT_TYPE": ""]).contentType == nil)
    }

    @Test("reads names in any case, keeps empty values, and leaves out what is no field name")
    func names() {
        let request = Request.made(of: [
            "HTTP_X_ONE": "1", "HTTP_x_Two": "2", "HTTP_EMPTY": "", "HTTP_": "x", "HTTP_A B": "x", "HTTP_Ä": "x",
            "http_lower": "x", "HTTPS": "on", "HTTP": "x", "": "y",
        ])
        #expect(
            request.headers.map { [$0.name.rawName, $0.value] } == [["x-one", "1"], ["x-two", "2"], ["empty", ""]])
    }

    @Test("never lets a control character into a field value")
    func fieldValues() {
        let request = Request.made(of: ["HTTP_X": "a\r\nb\0c", "CONTENT_TYPE": "a/b\r\nx: y"])
        for field in request.headers { #expect(!field.value.utf8.contains { $0 < 0x20 }) }
    }

    @Test(
        "finds Authorization where servers put it (item 49)",
        arguments: [
            "HTTP_AUTHORIZATION", "Authorization", "REDIRECT_HTTP_AUTHORIZATION",
            "REDIRECT_REDIRECT_HTTP_AUTHORIZATION",
        ])
    func authorization(name: String) {
        let request = Request(
            head: RequestHead(variables: CGIVariables([(name, "Basic eA==")]), settings: .test()), body: .empty)
        #expect(request.headers[values: .authorization] == ["Basic eA=="])
    }

    // MARK: Counts

    @Test("refuses more header fields than it may have, and takes as many")
    func headerCount() {
        func refusal(_ count: Int, limit: Int = 100) -> HTTPError? {
            let fields = (0..<count).map { ("HTTP_X_\($0)", "x") }
            let own = (0..<300).map { ("NGINX_\($0)", "x") } + [("REQUEST_METHOD", "GET"), ("HTTPS", "on")]
            return RequestHead(variables: CGIVariables(own + fields), settings: .test(headerLimit: limit)).refusal
        }
        #expect(refusal(100) == nil)
        #expect(refusal(101)?.status == .requestHeaderFieldsTooLarge)
        #expect(refusal(7, limit: 7) == nil)
        #expect(refusal(8, limit: 7)?.status == .requestHeaderFieldsTooLarge)
        #expect(refusal(8, limit: 7)?.message.contains("7") == true)
    }

    @Test("refuses more cookies than it may have, in one line or several, and cuts none off")
    func cookieCount() {
        func head(_ lines: [Int]) -> RequestHead {
            let lines = lines.map { count in
                ("HTTP_COOKIE", (0..<count).map { "c\($0)=\($0)" }.joined(separator: "; "))
            }
            return RequestHead(variables: CGIVariables([("REQUEST_METHOD", "GET")] + lines), settings: .test())
        }
        // Browsers keep 180 for a site.
        #expect(head([200]).refusal == nil)
        #expect(Request(head: head([200]), body: .empty).cookies.count == 200)
        #expect(head([201]).refusal?.status == .requestHeaderFieldsTooLarge)
        #expect(head([100, 100]).refusal == nil)
        #expect(head([100, 101]).refusal?.status == .requestHeaderFieldsTooLarge)
        #expect(head([100_000]).refusal?.status == .requestHeaderFieldsTooLarge)
    }

    // MARK: Host and scheme

    static let hosts: [(KeyValuePairs<String, String>, String?)] = [
        (["HTTP_HOST": "a.test:8080", "SERVER_NAME": "b.test"], "a.test:8080"),
        (["HTTP_HOST": "", "SERVER_NAME": "b.test"], "b.test"),
        (["HTTP_HOST": "a.test", "HTTP_X_FORWARDED_HOST": "evil.test"], "a.test"),
        (["SERVER_NAME": ""], nil),
        ([:], nil),
    ]

    @Test("knows the host", arguments: hosts)
    func host(variables: KeyValuePairs<String, String>, host: String?) {
        #expect(Request.made(of: variables).host == host)
    }

    static let schemes: [(KeyValuePairs<String, String>, Bool)] = [
        ([:], false), (["HTTPS": ""], false), (["HTTPS": "off"], false), (["HTTPS": "0"], false),
        (["HTTPS": "on"], true), (["HTTPS": "ON"], true), (["HTTPS": "1"], true), (["HTTPS": "https"], true),
        (["HTTPS": "on", "REQUEST_SCHEME": "http"], true), (["HTTPS": "", "REQUEST_SCHEME": "https"], true),
        (["HTTPS": "off", "REQUEST_SCHEME": "https"], true), (["REQUEST_SCHEME": "HTTPS"], true),
        (["REQUEST_SCHEME": "http"], false), (["REQUEST_SCHEME": "https "], false),
        (["HTTP_X_FORWARDED_PROTO": "https", "REMOTE_ADDR": "127.0.0.1"], false), (["HTTP_HTTPS": "on"], false),
        (["REDIRECT_HTTPS": "on"], true), (["REDIRECT_REDIRECT_HTTPS": "on"], true),
        (["HTTPS": "off", "REDIRECT_HTTPS": "on"], false), (["HTTP_REDIRECT_HTTPS": "on"], false),
    ]

    @Test("knows the scheme (item 44)", arguments: schemes)
    func scheme(variables: KeyValuePairs<String, String>, isSecure: Bool) {
        let request = Request.made(of: variables)
        #expect(request.isSecure == isSecure)
        #expect(request.scheme == (isSecure ? "https" : "http"))
    }

    @Test("believes what a trusted proxy says of host and scheme, the nearest one of several")
    func forwarded() throws {
        let lists: KeyValuePairs<String, String> = [
            "REMOTE_ADDR": "10.1.2.3", "HTTPS": "on", "HTTP_HOST": "inner", "HTTP_X_FORWARDED_PROTO": "https, http",
            "HTTP_X_FORWARDED_HOST": "evil.test, \t a.test ",
        ]
        let (near, far) = (try TrustedProxies(["10.0.0.0/8"]), try TrustedProxies(["192.0.2.0/24"]))
        let trusting = Request.made(of: lists, settings: .test(trustedProxies: near))
        #expect(trusting.scheme == "http")
        #expect(trusting.host == "a.test")
        let wary = Request.made(of: lists, settings: .test(trustedProxies: far))
        #expect(wary.scheme == "https")
        #expect(wary.host == "inner")
    }

    @Test("believes the nearest proxy however long the list was before")
    func longLists() throws {
        let proxies = try TrustedProxies(["10.0.0.0/8"])
        let list = String(repeating: "x,", count: 200)
        let request = Request.made(
            of: [
                "REMOTE_ADDR": "10.1.2.3", "HTTP_X_FORWARDED_PROTO": list + "https",
                "HTTP_X_FORWARDED_HOST": list + "a.test",
            ], settings: .test(trustedProxies: proxies))
        #expect(request.isSecure)
        #expect(request.host == "a.test")
    }

    @Test("falls back when a trusted proxy sends empty fields", arguments: ["", " ", ",", "a, "])
    func emptyForwarded(value: String) throws {
        let variables = CGIVariables([
            ("REMOTE_ADDR", "10.1.2.3"), ("HTTPS", "on"), ("HTTP_HOST", "inner"), ("HTTP_X_FORWARDED_PROTO", value),
            ("HTTP_X_FORWARDED_HOST", value),
        ])
        let settings = RequestSettings.test(trustedProxies: try TrustedProxies(["10.0.0.0/8"]))
        let request = Request(head: RequestHead(variables: variables, settings: settings), body: .empty)
        #expect(request.isSecure)
        #expect(request.host == "inner")
    }

    // MARK: Address and user

    static let users: [(KeyValuePairs<String, String>, String?)] = [
        ([:], nil), (["AUTH_TYPE": "Basic", "REMOTE_USER": ""], nil),
        (["AUTH_TYPE": "Basic", "REMOTE_USER": "ada"], "ada"),
        // What nginx makes of an Authorization field that nobody has asked for.
        (["REMOTE_USER": "eve"], nil), (["AUTH_TYPE": "", "REMOTE_USER": "eve"], nil),
        (["REDIRECT_STATUS": "200", "REDIRECT_REMOTE_USER": "ada"], "ada"),
        // What Apache's page for a wrong password is told.
        (["REDIRECT_STATUS": "401", "REDIRECT_REMOTE_USER": "eve"], nil), (["REDIRECT_REMOTE_USER": "eve"], nil),
        (["AUTH_TYPE": "Basic", "REMOTE_USER": "ada", "REDIRECT_REMOTE_USER": "eve"], "ada"),
        (["HTTP_REMOTE_USER": "eve", "HTTP_AUTH_TYPE": "Basic"], nil), (["HTTP_REDIRECT_REMOTE_USER": "eve"], nil),
    ]

    @Test("knows whom the web server has let in, before a redirect too (item 50)", arguments: users)
    func remoteUser(variables: KeyValuePairs<String, String>, user: String?) {
        #expect(Request.made(of: variables).remoteUser == user)
    }

    static let addresses: [(String?, String?)] = [
        (nil, nil), ("", nil), ("unix:", nil), ("/run/lighttpd/http.sock", nil), ("192.0.2.7", "192.0.2.7"),
        ("::1", "::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
    ]

    @Test("knows the client's address, if the server does (item 51)", arguments: addresses)
    func remoteAddress(variable: String?, address: String?) {
        let variables = variable.map { CGIVariables([("REMOTE_ADDR", $0)]) } ?? CGIVariables([])
        let head = RequestHead(variables: variables, settings: .test())
        #expect(Request(head: head, body: .empty).remoteAddress == address)
    }

    // MARK: Path and target

    @Test("decodes the path once (item 45)")
    func path() {
        let request = Request.made(of: ["REQUEST_URI": "/a%20b//c%2Fd;x%2541+?q=%20", "QUERY_STRING": "q=%20"])
        #expect(request.path == "/a b//c/d;x%41+")
        #expect(request.rawPath == "/a%20b//c%2Fd;x%2541+")
        #expect(request.target == "/a%20b//c%2Fd;x%2541+?q=%20")
        #expect(request.queryString == "q=%20")
        #expect(Request.made(of: [:]).target == nil)
        #expect(Request.made(of: [:]).queryString == "")
    }

    @Test("keeps bytes that are no UTF-8 for those who look at bytes (item 55)")
    func bytes() {
        let bytes = Array("HTTP_X".utf8) + [0x61, 0xFF]
        let entry = CGIVariables.Entry(nameStart: 0, nameCount: 6, valueStart: 6, valueCount: 2)
        let head = RequestHead(variables: CGIVariables(bytes: bytes, entries: [entry]), settings: .test())
        let request = Request(head: head, body: .empty)
        #expect(request.variables[bytes: "HTTP_X"].map(Array.init) == [0x61, 0xFF])
        #expect(request.variables["HTTP_X"] == "a\u{FFFD}")
        #expect(request.headers.first?.withUnsafeBytesOfValue { Array($0) } == [0x61, 0xFF])
    }
}
