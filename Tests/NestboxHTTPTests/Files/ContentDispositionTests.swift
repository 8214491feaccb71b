import Testing

@testable import NestboxHTTP

@Suite("names of downloads", .timeLimit(.minutes(1)))
struct ContentDispositionTests {
    @Test(
        "are quoted, and encoded where they are not plain",
        arguments: [
            ("Report.pdf", #"attachment; filename="Report.pdf""#),
            ("a b;c.txt", #"attachment; filename="a b;c.txt""#),
            ("Rapport_é.pdf", #"attachment; filename="Rapport__.pdf"; filename*=UTF-8''Rapport_%C3%A9.pdf"#),
            ("\u{20AC}.txt", #"attachment; filename="_.txt"; filename*=UTF-8''%E2%82%AC.txt"#),
            (#"a"b.txt"#, #"attachment; filename="a_b.txt"; filename*=UTF-8''a%22b.txt"#),
            ("50%25.txt", #"attachment; filename="50_25.txt"; filename*=UTF-8''50%2525.txt"#),
            ("a'b(c).txt", #"attachment; filename="a'b(c).txt""#),
        ])
    func encoded(name: String, expected: String) {
        #expect(ContentDisposition.attachment(name) == expected)
    }

    @Test(
        "can neither leave the folder nor the field",
        arguments: [
            ("../../.bashrc", ".bashrc"), (#"C:\Windows\a.exe"#, "a.exe"), ("/etc/passwd", "passwd"),
            ("a\r\nX: y", "aX: y"),
            ("a\0b", "ab"), ("", "download"), ("..", "download"), ("a/", "download"), (" . ", "download"),
            // An extension in disguise.
            ("gpj\u{202E}exe.txt", "gpjexe.txt"), ("a\u{2066}b\u{2069}", "ab"), ("\u{FEFF}a", "a"),
            ("\u{2028}", "download"),
        ])
    func safe(name: String, plain: String) {
        #expect(ContentDisposition.attachment(name) == "attachment; filename=\"\(plain)\"")
    }

    @Test("are cut where no file system takes more, between characters")
    func long() {
        #expect(
            ContentDisposition.attachment(String(repeating: "a", count: 300))
                == "attachment; filename=\"\(String(repeating: "a", count: 255))\"")
        #expect(!ContentDisposition.attachment(String(repeating: "é", count: 300)).contains("%EF%BF%BD"))
    }
}

@Suite("media types of files", .timeLimit(.minutes(1)))
struct MediaTypeTests {
    @Test(
        "follow the extension",
        arguments: [
            ("html", "text/html; charset=utf-8"), ("css", "text/css; charset=utf-8"),
            ("js", "text/javascript; charset=utf-8"), ("mjs", "text/javascript; charset=utf-8"),
            ("json", "application/json"), ("svg", "image/svg+xml"), ("png", "image/png"), ("woff2", "font/woff2"),
            ("wasm", "application/wasm"), ("mp4", "video/mp4"), ("pdf", "application/pdf"), ("exe", nil), ("php", nil),
            ("", nil),
        ] as [(String, String?)])
    func known(fileExtension: String, type: String?) {
        #expect(MediaType.of(fileExtension: fileExtension) == type)
    }
}
