import NestboxHTTP
import Testing

@Suite("hosts with ports", .timeLimit(.minutes(1)))
struct AuthorityTests {
    static let hosts: [(String, String, UInt16?)] = [
        ("example.org", "example.org", nil), ("EXAMPLE.org:8080", "example.org", 8080), ("localhost", "localhost", nil),
        ("example.org.", "example.org.", nil), ("example.org:", "example.org", nil), ("a:1", "a", 1),
        ("a:65535", "a", 65535), ("my_host-1", "my_host-1", nil), ("_dmarc.example.org", "_dmarc.example.org", nil),
        ("192.0.2.1", "192.0.2.1", nil), ("[::1]", "[::1]", nil), ("[::1]:80", "[::1]", 80), ("[::1]:", "[::1]", nil),
        ("[2001:DB8::1]", "[2001:db8::1]", nil), ("[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]", nil),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", nil),
        (String(repeating: "a", count: 253), String(repeating: "a", count: 253), nil),
    ]

    @Test("are read", arguments: hosts)
    func valid(text: String, host: String, port: UInt16?) {
        let authority = Authority(Array(text.utf8)[...])
        #expect(authority?.host == host)
        #expect(authority?.port == port)
    }

    @Test(
        "are refused when they are none",
        arguments: [
            "", ".", "..", "a..b", ".a", "_", "--", "-._", "a.-", "a b", " a", "a ", "a,b", "a/b", "a/", "a?x", "a#x",
            "a@b",
            "user:x@a", "a:b", "a:80:80", "a:-1", "a:+1", "a:0", "a:65536", "a:123456", "a:８", "a\0", "a\r\nX: y",
            "ä.test",
            "a%2eb", "a\\b", "<script>", "a'b", "\"a\"", "{a}", "*.a", ":80", "[::1", "::1", "[::1]x", "[::1]:x", "[]",
            "[a]",
            "[1.2.3.4]", "[fe80::1%eth0]", "[fe80::1%25eth0]", "[::1]]", "[[::1]]", "a]", "[::1\0]",
            String(repeating: "a", count: 255), String(repeating: "a.", count: 200),
            "[" + String(repeating: ":", count: 100_000),
        ])
    func invalid(text: String) {
        #expect(Authority(Array(text.utf8)[...]) == nil)
    }
}
