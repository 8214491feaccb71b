import NestboxTesting
import Testing

@testable import NestboxHTTP

@Suite("paths of files", .timeLimit(.minutes(1)))
struct FilePathTests {
    private func path(_ text: String, showsHidden: Bool = false) -> FilePath? {
        FilePath(percentEncoded: Array(text.utf8)[...], showsHidden: showsHidden)
    }

    @Test(
        "are decoded once, segment by segment",
        arguments: [
            ("a", "a"), ("a/b.txt", "a/b.txt"), ("a%20b", "a b"), ("caf%C3%A9", "café"), ("café", "café"),
            ("a+b", "a+b"),
            ("do..ts", "do..ts"), ("a..", "a.."), ("...a", nil), ("100%", "100%"), ("%zz", "%zz"),
            ("%252e%252e", "%2e%2e"),
            ("a%252Fb", "a%2Fb"), ("%61", "a"), ("~", "~"), ("a:b", "a:b"), ("%3F", "?"),
        ] as [(String, String?)])
    func decoded(encoded: String, expected: String?) {
        #expect(path(encoded)?.text == expected)
    }

    @Test(
        "lead nowhere else",
        arguments: [
            ".", "..", "../a", "a/..", "a/../b", "./a", "a/.", "a/./b", "%2e", "%2E%2e", ".%2e/a", "a/%2e%2e/b",
            "..%2Fa",
            "%2Fetc%2Fpasswd", "a%2Fb", "a%2f", "/a", "//a", "a//b", "a//", "..%5Ca", "a%5cb", "a\\b", "..\\a", "a%00",
            "a%00.png", "a\0", "a%0A", "a%1F", "a%7F", "%C0%AE%C0%AE/a", "%C0%AF", "a%99b", "%FF", "%ED%A0%80",
            "%e0%80%af",
            ".git/config", "a/.env", "%2Egit", ".htaccess", "a/.well-known/b", ".well-knownx", "...",
        ])
    func refused(encoded: String) {
        #expect(path(encoded) == nil)
    }

    @Test("as text are taken as they are, by the same rules")
    func text() {
        #expect(FilePath("a/b c%20")?.text == "a/b c%20")
        #expect(FilePath("a%2Fb")?.text == "a%2Fb")
        for refused in ["../a", "/a", "a//b", "a/..", "a\0b", ".a", "a\\b", "a\nb"] {
            #expect(FilePath(refused) == nil)
        }
    }

    @Test("of hidden files are let pass where that is asked for, and of .well-known always")
    func hidden() {
        #expect(path(".env", showsHidden: true)?.text == ".env")
        #expect(path("a/.env", showsHidden: true)?.text == "a/.env")
        #expect(path("..", showsHidden: true) == nil)
        #expect(path("a/../b", showsHidden: true) == nil)
        #expect(path(".well-known/security.txt")?.text == ".well-known/security.txt")
        #expect(path(".well-known/.secret") == nil)
    }

    @Test("with a slash at the end name a directory")
    func directories() {
        #expect(path("a/")?.namesDirectory == true)
        #expect(path("a/")?.text == "a")
        #expect(path("a")?.namesDirectory == false)
        #expect(path("")?.namesDirectory == true)
        #expect(path("")?.isEmpty == true)
    }

    @Test("are as long as the system takes them, and no longer")
    func length() {
        #expect(path(String(repeating: "a", count: 255)) != nil)
        #expect(path(String(repeating: "a", count: 256)) == nil)
        #expect(path(String(repeating: "%C3%A9", count: 127)) != nil)
        #expect(path(String(repeating: "%C3%A9", count: 128)) == nil)
        let long = Array(repeating: String(repeating: "a", count: 63), count: 64).joined(separator: "/")
        #expect(path(long)?.text.utf8.count == 4095)
        #expect(path("b" + long) == nil)
        #expect(path(String(repeating: "a/", count: 1_000_000)) == nil)
    }

    @Test(
        "have the extension of their last name",
        arguments: [
            ("a.txt", "txt"), ("a.TXT", "txt"), ("a.tar.gz", "gz"), ("a.b/c", nil), ("a", nil), ("a.", ""),
            ("b/a.PnG", "png"),
            ("Straße.ÄÖ", "äö"),
        ] as [(String, String?)])
    func extensions(text: String, expected: String?) {
        #expect(FilePath(text)?.fileExtension == expected)
    }

    @Test("of any input stay below")
    func random() {
        var generator = SeededGenerator(seed: 3)
        let pieces = ["..", ".", "/", "%2e", "%2F", "%5c", "%00", "a", "%C0%AE", "\\", "%25", "\u{0}", "é"]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0..<10, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }.joined()
            guard let found = path(text, showsHidden: true) else { continue }
            let names = found.text.split(separator: "/", omittingEmptySubsequences: false)
            #expect(found.isEmpty || names.allSatisfy { !["", ".", ".."].contains($0) })
            #expect(!found.text.contains("\0") && !found.text.contains("\\"))
        }
    }
}
