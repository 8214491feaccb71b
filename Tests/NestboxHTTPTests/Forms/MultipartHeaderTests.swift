import NestboxHTTP
import Testing

@Suite("the header of a part", .timeLimit(.minutes(1)))
struct MultipartHeaderTests {
    private func header(_ lines: String) throws -> MultipartHeader {
        let parts = try ParsedPart.all(in: "--b\r\n\(lines)\r\n\r\n--b--")
        return try #require(parts.first?.header)
    }

    static let dispositions: [(parameters: String, name: String, filename: String?)] = [
        (#"name="a""#, "a", nil),
        (#"name=a"#, "a", nil),
        (#"name="""#, "", nil),
        (#"name=; filename="#, "", ""),
        (#"  NAME = "a b" ; FileName = "c d""#, "a b", "c d"),
        (#"filename="c"; name="a""#, "a", "c"),
        (#"name="name=x; filename=y""#, "name=x; filename=y", nil),
        (#"name="tags[]""#, "tags[]", nil),
        (#"name="n%22%0D%0A""#, "n%22%0D%0A", nil),
        (#"name="käse""#, "käse", nil),
        (#"name="a"; size=24; modification-date="Wed, 26 Apr 2023 11:01:34 GMT"; filename="c""#, "a", "c"),
        // Quotation marks.
        (#"name="a\"b\\c\d""#, #"a"b\c\d"#, nil),
        (#"name="a"b""#, #"a"b"#, nil),
        (#"name="a"b" ; filename="c "d"""#, #"a"b"#, #"c "d""#),
        (#"name=a; filename="""#, "a", ""),
        // Paths of all systems.
        (#"name=a; filename="C:\fakepath\c d.txt""#, "a", "c d.txt"),
        (#"name=a; filename="\\server\share\c""#, "a", "c"),
        (#"name=a; filename="/etc/passwd""#, "a", "passwd"),
        (#"name=a; filename="../../c""#, "a", "c"),
        (#"name=a; filename="a\..\/c""#, "a", "c"),
        (#"name=a; filename=".""#, "a", ""),
        (#"name=a; filename="..""#, "a", ""),
        (#"name=a; filename="c/..""#, "a", ""),
        (#"name=a; filename="c/""#, "a", ""),
        (#"name=a; filename=c:d.txt"#, "a", "c:d.txt"),
        (#"name=a; filename="100%""#, "a", "100%"),
        ("name=a; filename=\"c\u{1}\u{7F}\u{85}\td\"", "a", "cd"),
        // RFC 8187.
        (#"name=a; filename*=utf-8''n%C3%A4me.txt"#, "a", "näme.txt"),
        (#"name=a; filename*=UTF-8'de'n%c3%a4me.txt"#, "a", "näme.txt"),
        (#"name=a; filename*=iso-8859-1''n%E4me.txt"#, "a", "näme.txt"),
        (#"name=a; filename*="utf-8''n%C3%A4me.txt""#, "a", "näme.txt"),
        (#"name=a; filename*=utf-8''..%2F..%5Cc%0D%0A%00"#, "a", "c"),
        (#"name=a; filename*=utf-8''it's"#, "a", "it's"),
        (#"name=a; filename="plain"; filename*=utf-8''b%C3%A4r"#, "a", "bär"),
        (#"name=a; filename*=utf-8''b%C3%A4r; filename="plain""#, "a", "bär"),
        (#"name=a; filename="plain"; filename*=unknown''bar"#, "a", "plain"),
        (#"name=a; filename="plain"; filename*=bar"#, "a", "plain"),
    ]

    @Test("names the field and the file, as senders write them", arguments: dispositions)
    func names(parameters: String, name: String, filename: String?) throws {
        let header = try header("Content-Disposition: form-data; \(parameters)")
        #expect(header.name == name)
        #expect(header.filename == filename)
    }

    static let fields: [(lines: String, type: String?)] = [
        ("", nil),
        ("\r\nContent-Type:", nil),
        ("\r\nContent-Type: ", nil),
        ("\r\ncontent-TYPE:\ttext/plain; charset=utf-8 ", "text/plain; charset=utf-8"),
        ("\r\nContent-Type: text/plain; charset", "text/plain; charset"),
        ("\r\nContent-Type:\r\n text/plain", "text/plain"),
        ("\r\nContent-Types: text/plain\r\nX-A: 1\r\nX-A: 1", nil),
    ]

    @Test("has a type, perhaps", arguments: fields)
    func types(lines: String, type: String?) throws {
        #expect(try header("Content-Disposition: form-data; name=a\(lines)").contentType == type)
    }

    @Test("may be continued on the next line")
    func folded() throws {
        let header = try header("Content-Disposition: form-data;\r\n\tname=\"a\r\n b\";\r\n filename=c")
        #expect(header.name == "a   b")
        #expect(header.filename == "c")
    }

    @Test("has names of any bytes; ill-formed UTF-8 becomes U+FFFD")
    func illFormed() throws {
        let start = Array("--b\r\nContent-Disposition: form-data; name=\"".utf8)
        let body = start + [0xFF, 0x41] + Array("\"\r\n\r\n--b--".utf8)
        #expect(try ParsedPart.all(in: [body]).map(\.header.name) == ["\u{FFFD}A"])
    }
}
