import NestboxHTTP
import NestboxTesting
import Testing

@Suite("cookie jar", .timeLimit(.minutes(1)))
struct CookieJarTests {
    static let now = HTTPDate(unixSeconds: 1_600_000_000)
    static let home = CookieJar.Location(isSecure: true, host: "nest.box.example", path: "/garden/tree")

    private func field(
        _ lines: [String], from: CookieJar.Location = home, for location: CookieJar.Location = home,
        after seconds: Int64 = 0
    ) -> String? {
        var jar = CookieJar()
        for line in lines { jar.store(line, from: from, now: Self.now) }
        return jar.fieldValue(for: location, now: Self.now.advanced(bySeconds: seconds))
    }

    private func location(_ url: String) throws -> CookieJar.Location {
        try #require(CookieJar.Location(url: url))
    }

    @Test("a cookie comes back to the host and directory that it was set from")
    func directory() throws {
        let jar = ["bird=wren"]
        #expect(field(jar) == "bird=wren")
        #expect(field(jar, for: try location("https://nest.box.example/garden")) == "bird=wren")
        #expect(field(jar, for: try location("https://NEST.box.example:444/garden/x/y?z")) == "bird=wren")
        #expect(field(jar, for: try location("https://nest.box.example/gardens")) == nil)
        #expect(field(jar, for: try location("https://nest.box.example/")) == nil)
        #expect(field(jar, for: try location("https://box.example/garden")) == nil)
        #expect(field(jar, for: try location("https://a.nest.box.example/garden")) == nil)
    }

    @Test("a domain that the host belongs to is taken, with or without a dot in front")
    func domains() throws {
        for domain in ["box.example", ".box.example", "BOX.example"] {
            let jar = ["bird=wren; Domain=\(domain); Path=/"]
            #expect(field(jar, for: try location("http://box.example")) == "bird=wren")
            #expect(field(jar, for: try location("http://other.box.example/x")) == "bird=wren")
            #expect(field(jar, for: try location("http://notbox.example/x")) == nil)
        }
    }

    @Test(
        "cookies for what the host does not belong to are dropped",
        arguments: [
            "other.box.example", "a.nest.box.example", "example", ".example", "..box.example", "est.box.example",
        ])
    func foreignDomains(domain: String) {
        #expect(field(["bird=wren; Domain=\(domain)"]) == nil)
    }

    @Test("nothing lies below an address, and a host of one label keeps its cookies to itself")
    func addresses() throws {
        #expect(
            field(
                ["a=b; Domain=0.0.1"], from: try location("http://127.0.0.1/"), for: try location("http://127.0.0.1/"))
                == nil)
        #expect(
            field(
                ["a=b; Domain=127.0.0.1"], from: try location("http://127.0.0.1/"),
                for: try location("http://127.0.0.1/")) == "a=b")
        #expect(field(["a=b"], from: try location("http://[::1]:80/"), for: try location("http://[::1]/")) == "a=b")
        let local = ["a=b; Domain=localhost"]
        #expect(field(local, from: try location("http://localhost/"), for: try location("http://localhost/")) == "a=b")
        #expect(field(local, from: try location("http://localhost/"), for: try location("http://x.localhost/")) == nil)
    }

    @Test("longer paths come first, then older cookies; replacing does not make a cookie younger")
    func order() {
        let lines = [
            "a=1; Path=/", "b=2; Path=/garden", "c=3; Path=/", "d=4; Path=/garden/tree", "a=5; Path=/",
            "x=6; Path=/pond",
        ]
        #expect(field(lines) == "d=4; b=2; a=5; c=3")
    }

    @Test("cookies of one name with other paths live beside each other")
    func sameName() {
        #expect(field(["a=1; Path=/", "a=2; Path=/garden"]) == "a=2; a=1")
        #expect(field(["a=1; Path=/; Domain=box.example", "a=2; Path=/"]) == "a=1; a=2")
    }

    @Test(
        "a cookie ends when Max-Age or Expires says so, and Max-Age counts first",
        arguments: [
            ("Max-Age=10", 9, true), ("Max-Age=10", 10, false), ("Max-Age=0", 0, false), ("Max-Age=-1", 0, false),
            ("Max-Age=99999999999999999999999", 1_000_000, true), ("Max-Age=-99999999999999999999999", 0, false),
            ("Max-Age=1x", 100, true), ("Max-Age=", 100, true), ("Max-Age=5; Max-Age=20", 10, true),
            ("Expires=Sun, 13 Sep 2020 12:26:50 GMT", 9, true), ("Expires=Sun, 13 Sep 2020 12:26:50 GMT", 10, false),
            ("Expires=Sunday, 13-Sep-20 12:26:50 GMT", 10, false), ("Expires=Sun Sep 13 12:26:50 2020", 10, false),
            ("Expires=12:26:50 2020 sept 13", 10, false), ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", 0, false),
            ("Expires=soon", 100, true), ("Expires=Mon, 31 Feb 2020 00:00:00 GMT", 100, true),
            ("Expires=Thu, 01 Jan 1600 00:00:00 GMT", 100, true),
            ("Max-Age=20; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 10, true),
            ("Expires=Thu, 01 Jan 2099 00:00:00 GMT; Max-Age=5", 10, false),
        ] as [(String, Int64, Bool)])
    func expiry(attributes: String, seconds: Int64, isAlive: Bool) {
        #expect((field(["a=b; Path=/; \(attributes)"], after: seconds) != nil) == isAlive)
    }

    @Test("a cookie that has ended already removes the old one")
    func removal() throws {
        #expect(field(["a=b; Path=/", "a=; Path=/; Max-Age=0"]) == nil)
        #expect(field(["a=b; Path=/", "a=; Path=/garden; Max-Age=0"]) == "a=b")
        let deletion = try Cookie.deletion(name: "a").headerValue
        #expect(field([try Cookie(name: "a", value: "b").headerValue, deletion]) == nil)
    }

    @Test("Secure cookies are neither taken from nor sent to plain HTTP")
    func secure() throws {
        let plain = try location("http://nest.box.example/garden")
        #expect(field(["a=b; secure"]) == "a=b")
        #expect(field(["a=b; Secure=no"], for: plain) == nil)
        #expect(field(["a=b; Secure"], from: plain) == nil)
        var jar = CookieJar()
        jar.store("a=safe; Secure; Path=/", from: Self.home)
        jar.store("a=evil; Path=/garden", from: plain)
        #expect(jar.fieldValue(for: Self.home) == "a=safe")
    }

    @Test("the prefixes of names are enforced")
    func prefixes() {
        #expect(field(["__Secure-a=b"]) == nil)
        #expect(field(["__Secure-a=b; Secure"]) == "__Secure-a=b")
        #expect(field(["__Host-a=b; Secure; Path=/"]) == "__Host-a=b")
        #expect(field(["__host-a=b; Secure"]) == nil)
        #expect(field(["__Host-a=b; Secure; Path=/; Domain=nest.box.example"]) == nil)
    }

    @Test(
        "what is no cookie is ignored",
        arguments: ["", "a", ";a=b", "=b", " = ", "a\0=b", "a=b\u{7F}", "a=b; Path=\n/"])
    func ignored(line: String) {
        #expect(field([line]) == nil)
    }

    @Test("a jar is listed, looked into, copied and emptied")
    func contents() {
        var jar = CookieJar()
        jar.store("a=%20; Path=/pond; Custom=1", from: Self.home)
        let copy = jar
        #expect(jar["a"] == "%20")
        #expect(jar["b"] == nil)
        #expect(jar.cookies.map(\.attributes.count) == [2])
        jar.removeAll()
        #expect(jar.cookies.isEmpty)
        #expect(copy.cookies.count == 1)
    }

    @Test(
        "locations are taken from absolute URLs",
        arguments: [
            ("http://a.example", false, "a.example", "/"),
            ("HTTPS://A.Example:8080/x/y?z#/w", true, "a.example", "/x/y"),
            ("http://user:secret@a.example/x", false, "a.example", "/x"),
            ("http://[::1]:80", false, "[::1]", "/"),
            ("http://a.example?x/y", false, "a.example", "/"),
        ])
    func urls(url: String, isSecure: Bool, host: String, path: String) {
        #expect(CookieJar.Location(url: url) == CookieJar.Location(isSecure: isSecure, host: host, path: path))
    }

    @Test(
        "other URLs have no location",
        arguments: ["", "/x", "//a.example/", "ftp://a.example/", "http:/a", "http://", "http:///x", "http"])
    func noURLs(url: String) {
        #expect(CookieJar.Location(url: url) == nil)
    }

    @Test("a line with any byte replaced or cut off behind it gives a field value of pairs, or none")
    func everyMutation() {
        let line = Array(
            "a=b; Domain=box.example; Path=/x; Max-Age=9; Expires=Sun, 13 Sep 2020 12:26:50 GMT; Secure".utf8)
        for index in line.indices {
            for byte in Array(" =;:,-/.9a\"\n\0".utf8) + [0x80, 0xC3, 0xFF] {
                var mutated = line
                mutated[index] = byte
                for bytes in [mutated[...], mutated[...index]] {
                    var jar = CookieJar()
                    jar.store(String(decoding: bytes, as: UTF8.self), from: Self.home, now: Self.now)
                    let value = jar.fieldValue(for: Self.home, now: Self.now)
                    #expect(value.map { $0.contains("=") && !$0.contains(";") } ?? true)
                }
            }
        }
    }

    @Test("a URL with any byte replaced or cut off behind it has a host, or no location")
    func everyMutatedURL() {
        let url = Array("https://u@[::1]:80/a?b#c".utf8)
        for index in url.indices {
            for byte in Array(" :/@[]?#%a".utf8) + [0x00, 0x80, 0xC3] {
                var mutated = url
                mutated[index] = byte
                for bytes in [mutated[...], mutated[...index]] {
                    let location = CookieJar.Location(url: String(decoding: bytes, as: UTF8.self))
                    #expect(location.map { !$0.host.isEmpty && $0.path.utf8.first == UInt8(ascii: "/") } ?? true)
                }
            }
        }
    }
}
