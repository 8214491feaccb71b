import NestboxTesting
import Testing

@Suite("Set-Cookie fields as clients read them", .timeLimit(.minutes(1)))
struct SetCookieTests {
    @Test(
        "name, value and attributes are split and trimmed, attribute names in lower case",
        arguments: [
            ("a=b", "a", "b", []),
            (" a = b ", "a", "b", []),
            ("a=", "a", "", []),
            ("a=b=c; HttpOnly", "a", "b=c", [["httponly", ""]]),
            ("a=\"b c\"; Path = /x y ;;  ; SECURE", "a", "\"b c\"", [["path", "/x y"], ["secure", ""]]),
            ("a=b; Path=/; path=/x; =y", "a", "b", [["path", "/"], ["path", "/x"], ["", "y"]]),
            ("näst=é", "näst", "é", []),
        ] as [(String, String, String, [[String]])])
    func parsing(line: String, name: String, value: String, attributes: [[String]]) throws {
        let cookie = try #require(SetCookie(parsing: line))
        #expect(cookie.name == name)
        #expect(cookie.value == value)
        #expect(cookie.attributes.map { [$0.name, $0.value] } == attributes)
    }

    @Test("of several attributes of one name the last counts")
    func lastAttribute() {
        #expect(SetCookie(parsing: "a=b; Path=/; path=/x")?[attribute: "path"] == "/x")
        #expect(SetCookie(parsing: "a=b; Path=/")?[attribute: "domain"] == nil)
    }

    @Test("too long a pair is no cookie, too long an attribute is left out")
    func lengths() {
        let long = String(repeating: "v", count: 4095)
        #expect(SetCookie(parsing: "n=\(long)")?.value == long)
        #expect(SetCookie(parsing: "nn=\(long)") == nil)
        #expect(SetCookie(parsing: "n=v; Path=/\(long.prefix(1023))")?.attributes.count == 1)
        #expect(SetCookie(parsing: "n=v; Path=/\(long.prefix(1024)); Secure")?.attributes.map(\.name) == ["secure"])
    }
}
