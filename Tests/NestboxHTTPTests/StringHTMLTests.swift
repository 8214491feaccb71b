import NestboxHTTP
import Testing

@Suite("text in HTML", .timeLimit(.minutes(1)))
struct StringHTMLTests {
    @Test(
        "is escaped between tags and in attributes",
        arguments: [
            ("", ""), ("Ada", "Ada"), ("M\u{F6}we \u{1F426}", "M\u{F6}we \u{1F426}"), ("a & b", "a &amp; b"),
            ("&amp;", "&amp;amp;"), ("<b x='1' y=\"2\">", "&lt;b x=&#39;1&#39; y=&quot;2&quot;&gt;"),
            ("<\u{338}", "&lt;\u{338}"), ("a\0b", "a\u{FFFD}b"),
        ])
    func escaping(text: String, html: String) {
        // Byte by byte: strings would equal what looks the same.
        #expect(Array(text.escapedForHTML.utf8) == Array(html.utf8))
    }
}
