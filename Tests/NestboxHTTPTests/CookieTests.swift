import NestboxHTTP
import NestboxTesting
import Testing

@Suite("cookies of a response", .timeLimit(.minutes(1)))
struct CookieTests {
    @Test("by default a cookie is for the whole host, HttpOnly and Lax, and ends with the client")
    func defaults() throws {
        #expect(try Cookie(name: "bird", value: "wren").headerValue == "bird=wren; Path=/; HttpOnly; SameSite=Lax")
    }

    @Test("without attributes there is only the pair")
    func bare() throws {
        let cookie = try Cookie(name: "bird", value: "", path: nil, httpOnly: false, sameSite: .unspecified)
        #expect(cookie.headerValue == "bird=")
    }

    @Test("all attributes are written in one order")
    func attributes() throws {
        let cookie = try Cookie(
            name: "__Secure-bird", value: "wren", path: "/nest", domain: ".box.example", maxAge: 3600,
            expires: HTTPDate(unixSeconds: 1_600_000_000), secure: true, sameSite: .none, partitioned: true)
        #expect(
            cookie.headerValue
                == "__Secure-bird=wren; Path=/nest; Domain=box.example; Max-Age=3600; "
                + "Expires=Sun, 13 Sep 2020 12:26:40 GMT; Secure; HttpOnly; SameSite=None; Partitioned")
        #expect(cookie.domain == "box.example")
    }

    @Test(
        "a lifetime below zero is sent as zero",
        arguments: [(0, "0"), (-1, "0"), (Int.min, "0"), (Int.max, "\(Int.max)")])
    func maxAge(seconds: Int, text: String) throws {
        #expect(try Cookie(name: "a", value: "b", maxAge: seconds).headerValue.contains("; Max-Age=\(text);"))
    }

    @Test(
        "values are encoded where cookie-octets end, and read back",
        arguments: [
            ("", ""),
            ("plain", "plain"),
            ("two words", "two%20words"),
            ("\"quoted\"", "%22quoted%22"),
            ("a,b;c\\d", "a%2Cb%3Bc%5Cd"),
            ("100%", "100%25"),
            ("%41", "%2541"),
            ("é🪺", "%C3%A9%F0%9F%AA%BA"),
            (" trimmed? ", "%20trimmed?%20"),
            ("!#$&'()*+-./:<=>?@[]^_`{|}~", "!#$&'()*+-./:<=>?@[]^_`{|}~"),
            ("\u{85}\u{2028}", "%C2%85%E2%80%A8"),
        ])
    func values(value: String, sent: String) throws {
        let cookie = try Cookie(name: "a", value: value, path: nil, httpOnly: false, sameSite: .unspecified)
        #expect(cookie.headerValue == "a=\(sent)")
        #expect(RequestCookies(parsing: [cookie.headerValue])["a"] == value)
        #expect(cookie.value == value)
    }

    @Test("any value is read back byte for byte, or refused")
    func randomValues() throws {
        var random = SeededGenerator(seed: 6)
        for _ in 0..<3000 {
            let value = String(decoding: random.mutated(Array("a=b; \"c\"%20,é\\".utf8)), as: UTF8.self)
            let hasControl = value.utf8.contains { $0 < 0x20 || $0 == 0x7F }
            guard let cookie = try? Cookie(name: "a", value: value, path: nil, httpOnly: false, sameSite: .unspecified)
            else {
                #expect(hasControl)
                continue
            }
            #expect(!hasControl)
            let cookies = RequestCookies(parsing: [cookie.headerValue])
            #expect(cookies.count == 1)
            #expect(cookies["a"].map { Array($0.utf8) } == Array(value.utf8))
        }
    }

    @Test(
        "names are tokens",
        arguments: [
            "", " ", "a b", "a=b", "a;b", "a,b", "a\"", "a\n", "a\t", "\0", "a\u{7F}", "é", "(a)", "a/b", "a@", "{a}",
        ])
    func invalidNames(name: String) {
        #expect(code { try Cookie(name: name, value: "v") } == .invalidName)
    }

    @Test("every token character may be in a name")
    func tokenCharacters() throws {
        #expect(try Cookie(name: "!#$%&'*+-.^_`|~09azAZ", value: "v").headerValue.hasPrefix("!#$%&'*+-.^_`|~09azAZ=v;"))
    }

    @Test("control characters in the value are refused", arguments: Array(0...0x1F) + [0x7F])
    func controlCharacters(byte: UInt8) {
        let value = "a\(Character(Unicode.Scalar(byte)))b"
        #expect(code { try Cookie(name: "c", value: value) } == .invalidValue)
        #expect(code { try Cookie(name: "c", value: "b", path: "/\(value)") } == .invalidPath)
        #expect(code { try Cookie(name: "c", value: "b", domain: value) } == .invalidDomain)
    }

    @Test(
        "paths", arguments: ["", "nest", "../nest", "/a;b", "/é", "/\u{7F}", "/" + String(repeating: "a", count: 1024)])
    func invalidPaths(path: String) {
        #expect(code { try Cookie(name: "c", value: "b", path: path) } == .invalidPath)
    }

    @Test(
        "paths of up to 1,024 bytes",
        arguments: ["/", "/a b", "/%C3%A9?=\"", "/" + String(repeating: "a", count: 1023)])
    func validPaths(path: String) throws {
        #expect(try Cookie(name: "c", value: "b", path: path).headerValue.hasPrefix("c=b; Path=\(path); "))
    }

    @Test(
        "domains that are no host names are refused",
        arguments: [
            "", ".", "..box.example", "box..example", "box.example.", "-box.example", "box-.example", "box.example-",
            "box_1.example", "box.example:80", "box.ex*mple", "https://box.example", "box example", "bóx.example",
            "box.example; Secure", "[::1]", String(repeating: "a", count: 64) + ".example",
            String(repeating: "a.", count: 126) + "ab",
        ])
    func invalidDomains(domain: String) {
        #expect(code { try Cookie(name: "c", value: "b", domain: domain) } == .invalidDomain)
    }

    @Test(
        "host names are taken, without a dot in front",
        arguments: [
            ("box.example", "box.example"), (".box.example", "box.example"), ("Box.Example", "Box.Example"),
            ("b-x.example", "b-x.example"), ("localhost", "localhost"), ("127.0.0.1", "127.0.0.1"),
            (String(repeating: "a", count: 63) + ".example", String(repeating: "a", count: 63) + ".example"),
            (String(repeating: "a.", count: 126) + "a", String(repeating: "a.", count: 126) + "a"),
        ])
    func validDomains(domain: String, sent: String) throws {
        #expect(try Cookie(name: "c", value: "b", domain: domain).headerValue.contains("; Domain=\(sent);"))
    }

    @Test("a dot with a combining mark is no dot")
    func combiningDot() {
        #expect(code { try Cookie(name: "c", value: "b", domain: ".\u{301}box.example") } == .invalidDomain)
    }

    @Test("name and encoded value have 4,096 bytes at most")
    func length() throws {
        let longest = String(repeating: "v", count: 4092)
        #expect(try Cookie(name: "name", value: longest).value == longest)
        #expect(code { try Cookie(name: "name", value: longest + "v") } == .tooLong)
        #expect(code { try Cookie(name: "name", value: String(repeating: " ", count: 1365)) } == .tooLong)
        #expect(code { try Cookie(name: String(repeating: "n", count: 4097), value: "") } == .tooLong)
    }

    @Test("an end is in the years 1601 to 9999")
    func expires() throws {
        for seconds in [-11_644_473_600, 253_402_300_799] as [Int64] {
            let cookie = try Cookie(name: "c", value: "b", expires: HTTPDate(unixSeconds: seconds))
            #expect(cookie.headerValue.contains("; Expires=\(HTTPDate(unixSeconds: seconds));"))
        }
        for seconds in [Int64.min, -11_644_473_601, 253_402_300_800, .max] {
            #expect(
                code { try Cookie(name: "c", value: "b", expires: HTTPDate(unixSeconds: seconds)) } == .invalidExpires)
        }
    }

    @Test(
        "what clients drop without Secure is refused without it",
        arguments: ["__Secure-a", "__secure-a", "__Host-a", "__HOST-a"])
    func prefixes(name: String) throws {
        #expect(code { try Cookie(name: name, value: "b") } == .needsSecure)
        #expect(try Cookie(name: name, value: "b", secure: true).secure)
    }

    @Test("SameSite=None and Partitioned need Secure")
    func needSecure() throws {
        #expect(code { try Cookie(name: "c", value: "b", sameSite: .none) } == .needsSecure)
        #expect(code { try Cookie(name: "c", value: "b", partitioned: true) } == .needsSecure)
        #expect(
            try Cookie(name: "c", value: "b", secure: true, httpOnly: false, sameSite: .none).headerValue
                == "c=b; Path=/; Secure; SameSite=None")
        #expect(try Cookie(name: "c", value: "b", sameSite: .strict).headerValue.hasSuffix("; SameSite=Strict"))
    }

    @Test("names that start with __Host- need the path / and no domain")
    func hostPrefix() throws {
        #expect(code { try Cookie(name: "__Host-a", value: "b", path: "/nest", secure: true) } == .hostPrefix)
        #expect(code { try Cookie(name: "__Host-a", value: "b", path: nil, secure: true) } == .hostPrefix)
        #expect(code { try Cookie(name: "__Host-a", value: "b", domain: "box.example", secure: true) } == .hostPrefix)
        #expect(
            try Cookie(name: "__Secure-a", value: "b", path: "/nest", domain: "box.example", secure: true).path
                == "/nest")
        #expect(try Cookie(name: "__Hosta", value: "b").name == "__Hosta")
    }

    @Test("a deletion has no value, Max-Age=0 and an end in the past")
    func deletion() throws {
        #expect(
            try Cookie.deletion(name: "bird", path: "/nest", domain: "box.example").headerValue
                == "bird=; Path=/nest; Domain=box.example; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; "
                + "HttpOnly; SameSite=Lax")
        #expect(try Cookie.deletion(name: "__Host-bird").headerValue.contains("; Secure;"))
        #expect(throws: CookieError.self) { try Cookie.deletion(name: "a b") }
    }

    @Test("the deletion of a cookie keeps its attributes")
    func deletionOfCookie() throws {
        let cookie = try Cookie(
            name: "bird", value: "wren", path: nil, domain: "box.example", maxAge: 60, secure: true, httpOnly: false,
            sameSite: .none, partitioned: true)
        #expect(
            cookie.deletion.headerValue
                == "bird=; Domain=box.example; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; "
                + "SameSite=None; Partitioned")
        #expect(try Cookie.deletion(name: "bird") == Cookie(name: "bird", value: "x").deletion)
    }

    @Test("printing shows no value, an error neither value nor raw control characters")
    func redaction() throws {
        let cookie = try Cookie(name: "session", value: "hunter2")
        #expect(cookie.description == "session=…; Path=/; HttpOnly; SameSite=Lax")
        #expect(!String(reflecting: cookie).contains("hunter2") && !"\([cookie])".contains("hunter2"))
        let error = #expect(throws: CookieError.self) { try Cookie(name: "a\r\nb", value: "hunter2") }
        #expect(error?.description.hasPrefix("cookie \"a\\r\\nb\": a name is") == true)
        let long = #expect(throws: CookieError.self) {
            try Cookie(name: String(repeating: " ", count: 9000), value: "")
        }
        #expect(long.map { $0.description.utf8.count < 300 && $0.description.contains("…") } == true)
        let value = #expect(throws: CookieError.self) { try Cookie(name: "a", value: "hunter2\n") }
        #expect(value.map { !"\($0)\(String(reflecting: $0))".contains("hunter2") } == true)
        #expect(value?.code.description == "invalidValue")
    }

    private func code(_ body: () throws -> Cookie) -> CookieError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? CookieError)?.code
        }
    }
}
