import NestboxHTTP
import NestboxTesting
import Testing

@Suite("cookies of a request", .timeLimit(.minutes(1)))
struct RequestCookiesTests {
    static let table: [(String, [[String]])] = [
        ("", []),
        (" \t ", []),
        (";;; ;", []),
        ("bird=wren", [["bird", "wren"]]),
        ("bird=wren; nest=7", [["bird", "wren"], ["nest", "7"]]),
        ("bird=wren;nest=7", [["bird", "wren"], ["nest", "7"]]),
        ("\t bird \t=\t wren\t;  nest= 7", [["bird", "wren"], ["nest", "7"]]),
        ("bird=wren; bird=owl", [["bird", "wren"], ["bird", "owl"]]),
        ("bird=", [["bird", ""]]),
        ("bird= ;nest=", [["bird", ""], ["nest", ""]]),
        ("bird", []),
        ("bird; nest=7; flag", [["nest", "7"]]),
        ("=wren; ==; = ;nest=7", [["nest", "7"]]),
        ("token=YQ==", [["token", "YQ=="]]),
        ("a=b=c", [["a", "b=c"]]),
        ("q=\"a b\"", [["q", "\"a b\""]]),
        ("q=\"a;b\"", [["q", "\"a"]]),
        ("a=b, c=d", [["a", "b, c=d"]]),
        ("a=1+1", [["a", "1+1"]]),
        ("a=%3B%20%C3%A9", [["a", "; é"]]),
        ("a=100%", [["a", "100%"]]),
        ("a=%zz%4", [["a", "%zz%4"]]),
        ("a=%2541", [["a", "%41"]]),
        ("%61=1", [["%61", "1"]]),
        ("näst=ö", [["näst", "ö"]]),
        ("$Version=1; a=b; $Path=/", [["$Version", "1"], ["a", "b"], ["$Path", "/"]]),
        ("a b=c d", [["a b", "c d"]]),
        ("a=x\ty", [["a", "x\ty"]]),
        ("a=x\ny; b=1", [["b", "1"]]),
        ("a=x\0; b\r=1; c=\u{7F}; d=\u{1B}; e=1", [["e", "1"]]),
    ]

    @Test("pairs are split at ; and the first =, trimmed, and the value is decoded", arguments: table)
    func parsing(text: String, pairs: [[String]]) {
        let cookies = RequestCookies(parsing: [text])
        #expect(cookies.map { [$0.name, $0.value] } == pairs)
        #expect(RequestCookies(parsing: [Array(text.utf8)]) == cookies)
        #expect(RequestCookies(parsing: [Array("#\(text)".utf8).dropFirst()]) == cookies)
    }

    @Test("several fields are read one after the other")
    func severalFields() {
        let cookies = RequestCookies(parsing: ["a=1; b=2", "", "c=3; a=4"])
        #expect(cookies.map(\.name) == ["a", "b", "c", "a"])
        #expect(cookies["a"] == "1")
        #expect(cookies.values(for: "a") == ["1", "4"])
        #expect(RequestCookies(parsing: [String]()).isEmpty)
    }

    @Test("names are compared byte by byte")
    func names() {
        let cookies = RequestCookies(parsing: ["Bird=1; \u{212A}=2"])
        #expect(cookies.contains("Bird"))
        #expect(cookies["bird"] == nil)
        #expect(cookies["K"] == nil)
        #expect(cookies["\u{212A}"] == "2")
        #expect(cookies.values(for: "K").isEmpty)
    }

    @Test("the value as it was sent is kept beside the decoded one")
    func rawValue() {
        let cookie = RequestCookies(parsing: ["a=%20%; b=x"]).first
        #expect(cookie?.rawValue == "%20%")
        #expect(cookie?.value == " %")
    }

    @Test("bytes that are no UTF-8 become U+FFFD")
    func illFormed() {
        let bytes: [UInt8] = [0x61, 0x3D, 0xFF, 0x3B, 0x62, 0x3D, 0x25, 0x43, 0x33]
        #expect(RequestCookies(parsing: [bytes]).map(\.value) == ["\u{FFFD}", "\u{FFFD}"])
    }

    @Test("150 cookies are read, or as many as the limit says, and the rest is ignored")
    func limit() {
        let many = (0..<200).map { "c\($0)=\($0)" }.joined(separator: ";")
        #expect(RequestCookies(parsing: [many]).count == 150)
        #expect(RequestCookies(parsing: [many])["c149"] == "149")
        #expect(RequestCookies(parsing: [many])["c150"] == nil)
        #expect(RequestCookies(parsing: [many, many], limit: 300).count == 300)
        #expect(RequestCookies(parsing: ["skipped; a=1; =; b=2; c=3"], limit: 2).map(\.name) == ["a", "b"])
        #expect(RequestCookies(parsing: [many], limit: 0).isEmpty)
        #expect(RequestCookies(parsing: [many], limit: -1).isEmpty)
    }

    @Test("printing shows no values")
    func redaction() {
        let cookies = RequestCookies(parsing: ["session=hunter2; theme=dark"])
        for text in ["\(cookies)", String(reflecting: cookies), "\([cookies])", "\(Array(cookies))"] {
            #expect(!text.contains("hunter2") && !text.contains("dark"), "\(text)")
        }
        #expect(cookies.description == "RequestCookies(session, theme)")
        #expect("\(cookies[0])" == "session=…")
    }

    @Test("mutated input gives names and values without separators and control characters")
    func mutations() {
        var random = SeededGenerator(seed: 4)
        let alphabet = Array("==;;  \t%\"a".utf8) + [0x00, 0x0A, 0x0D, 0x7F, 0x80, 0xC3, 0xFF]
        for _ in 0..<5000 {
            let bytes = random.mutated(Array("bird=wren; nest=\"%C3%A9\"; a=b=c".utf8), alphabet: alphabet)
            for cookie in RequestCookies(parsing: [bytes]) {
                #expect(!cookie.name.isEmpty)
                #expect(!(cookie.name + cookie.rawValue).utf8.contains { $0 < 0x09 || $0 == 0x0A || $0 == 0x0D })
                #expect(!(cookie.name + cookie.rawValue).utf8.contains(UInt8(ascii: ";")))
            }
        }
    }
}
