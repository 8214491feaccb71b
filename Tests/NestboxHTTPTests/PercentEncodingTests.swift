import NestboxHTTP
import NestboxTesting
import Testing

@Suite("percent-encoding", .timeLimit(.minutes(1)))
struct PercentEncodingTests {
    @Test(
        "sequences are decoded once, malformed ones stay as they are",
        arguments: [
            ("", ""),
            ("nest", "nest"),
            ("%6e%65%73%74", "nest"),
            ("%4A%4a", "JJ"),
            ("%2525", "%25"),
            ("a%2Fb%3Bc", "a/b;c"),
            ("%", "%"),
            ("%4", "%4"),
            ("%%", "%%"),
            ("%%34", "%4"),
            ("%4g%g4", "%4g%g4"),
            ("% 41", "% 41"),
            ("%+1", "%+1"),
            ("%-1", "%-1"),
            ("%00", "\0"),
            ("%F0%9F%AA%BA", "🪺"),
            ("🪺%20", "🪺 "),
            ("%E2%82", "\u{FFFD}"),
            ("%C0%AF", "\u{FFFD}\u{FFFD}"),
            ("%ED%A0%80", "\u{FFFD}\u{FFFD}\u{FFFD}"),
            ("%E2%82x%AC", "\u{FFFD}x\u{FFFD}"),
        ])
    func decoding(encoded: String, decoded: String) {
        #expect(PercentEncoding.decode(encoded) == decoded)
        #expect(PercentEncoding.decode(Substring(encoded)) == decoded)
        #expect(PercentEncoding.decode(Array(encoded.utf8)) == decoded)
        #expect(PercentEncoding.decode(encoded.utf8) == decoded)
        #expect(PercentEncoding.decode(Array("##\(encoded)##".utf8).dropFirst(2).dropLast(2)) == decoded)
    }

    @Test("a sequence does not take its digits from behind the end")
    func endOfSlice() {
        let bytes = Array("a%41".utf8)
        #expect(PercentEncoding.decode(bytes[..<2]) == "a%")
        #expect(PercentEncoding.decode(bytes[..<3]) == "a%4")
        #expect(PercentEncoding.decode(bytes[2...]) == "41")
    }

    @Test("bytes that are no UTF-8 become U+FFFD with and without a sequence")
    func illFormedBytes() {
        #expect(PercentEncoding.decode([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
        #expect(PercentEncoding.decode([0xE2, 0x82] + Array("%AC".utf8)) == "€")
    }

    @Test(
        "a plus sign is a space only where that is asked for",
        arguments: [("+", " "), ("a+b", "a b"), ("%2B+%2b", "+ +"), ("+%", " %"), ("%+2", "% 2")])
    func plus(encoded: String, decoded: String) {
        #expect(PercentEncoding.decode(encoded, plusAsSpace: true) == decoded)
        #expect(PercentEncoding.decode(Array(encoded.utf8), plusAsSpace: true) == decoded)
        #expect(!PercentEncoding.decode(encoded).contains(" "))
    }

    @Test(
        "each set leaves its own characters alone",
        arguments: [
            ("owl-._~", "owl-._~", "owl-._~", "owl-._~", "owl-._~"),
            ("a b", "a%20b", "a%20b", "a%20b", "a%20b"),
            ("a/b", "a%2Fb", "a/b", "a%2Fb", "a/b"),
            ("a&b=c+d;e", "a&b=c+d;e", "a&b=c+d;e", "a%26b%3Dc%2Bd%3Be", "a&b=c+d;e"),
            ("?#[]", "%3F%23%5B%5D", "%3F%23%5B%5D", "%3F%23%5B%5D", "?#[]"),
            ("50%", "50%25", "50%25", "50%25", "50%"),
            (
                "\"<>\\^`{|}", "%22%3C%3E%5C%5E%60%7B%7C%7D", "%22%3C%3E%5C%5E%60%7B%7C%7D",
                "%22%3C%3E%5C%5E%60%7B%7C%7D", "%22%3C%3E%5C%5E%60%7B%7C%7D"
            ),
            ("\r\n\0\u{7F}", "%0D%0A%00%7F", "%0D%0A%00%7F", "%0D%0A%00%7F", "%0D%0A%00%7F"),
            ("ø", "%C3%B8", "%C3%B8", "%C3%B8", "%C3%B8"),
        ])
    func encoding(text: String, segment: String, path: String, query: String, uri: String) {
        #expect(PercentEncoding.encode(text, allowed: .pathSegment) == segment)
        #expect(PercentEncoding.encode(text, allowed: .path) == path)
        #expect(PercentEncoding.encode(text, allowed: .queryComponent) == query)
        #expect(PercentEncoding.encode(text, allowed: .uri) == uri)
    }

    @Test("any string comes back from each set that encodes the percent sign")
    func roundTrip() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let text = String(decoding: random.mutated(Array("p/%41 ü+".utf8)), as: UTF8.self)
            for allowed in [PercentEncoding.Allowed.path, .pathSegment, .queryComponent] {
                let encoded = PercentEncoding.encode(text, allowed: allowed)
                #expect(Array(PercentEncoding.decode(encoded).utf8) == Array(text.utf8))
                #expect(encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
            }
        }
    }

    @Test("mutated input is decoded to no more bytes than U+FFFD makes of it")
    func mutations() {
        var random = SeededGenerator(seed: 2)
        let alphabet = Array("%%%%0a9F+".utf8) + [0x00, 0x80, 0xC3, 0xE2, 0xF0, 0xFF]
        for _ in 0..<5000 {
            let bytes = random.mutated(Array("/a%20b%C3%A9+%F0%9F%AA%BA".utf8), alphabet: alphabet)
            #expect(PercentEncoding.decode(bytes).utf8.count <= 3 * bytes.count)
            #expect(PercentEncoding.decode(bytes, plusAsSpace: true).utf8.count <= 3 * bytes.count)
        }
    }
}
