import NestboxHTTP
import NestboxTesting
import Testing

@Suite("URL-encoded forms", .timeLimit(.minutes(1)))
struct URLEncodedFormTests {
    static let table: [(String, [[String]])] = [
        ("", []),
        ("&", []),
        ("&&&", []),
        ("bird", [["bird", ""]]),
        ("bird=", [["bird", ""]]),
        ("bird=wren", [["bird", "wren"]]),
        ("bird=wren&bird=owl", [["bird", "wren"], ["bird", "owl"]]),
        ("&bird=wren&&nest=1&", [["bird", "wren"], ["nest", "1"]]),
        ("=", [["", ""]]),
        ("=wren", [["", "wren"]]),
        ("==", [["", "="]]),
        ("eq=a=b==", [["eq", "a=b=="]]),
        ("a%3Db=c%26d", [["a=b", "c&d"]]),
        ("two+words=a+b%2Bc", [["two words", "a b+c"]]),
        ("+=+", [[" ", " "]]),
        ("a;b=c;d", [["a;b", "c;d"]]),
        ("a=%zz&b=%", [["a", "%zz"], ["b", "%"]]),
        ("a=%4&1=b", [["a", "%4"], ["1", "b"]]),
        ("list[]=1&list[]=2", [["list[]", "1"], ["list[]", "2"]]),
        ("n%C3%A9st=%F0%9F%AA%9A", [["nést", "🪚"]]),
        ("a=%FF%41", [["a", "\u{FFFD}A"]]),
        ("?a=1", [["?a", "1"]]),
        ("%00=%0D%0A", [["\0", "\r\n"]]),
    ]

    @Test("pairs are split at & and the first =, then decoded", arguments: table)
    func parsing(text: String, pairs: [[String]]) throws {
        let form = try URLEncodedForm(parsing: text)
        #expect(form.map { [$0.name, $0.value] } == pairs)
        #expect(try URLEncodedForm(parsing: Array(text.utf8)) == form)
        #expect(try URLEncodedForm(parsing: Substring("x\(text)").dropFirst()) == form)
    }

    @Test("what is serialized parses to the same form", arguments: table)
    func roundTrip(text: String, pairs: [[String]]) throws {
        let form = try URLEncodedForm(parsing: text)
        #expect(try URLEncodedForm(parsing: form.serialized) == form)
    }

    @Test("serialization encodes all but letters, digits and *-._, and writes + for a space")
    func serialization() {
        var form = URLEncodedForm([URLEncodedForm.Field(name: "a b", value: "*-._~!'()")])
        form.append(name: "", value: "")
        form.append(name: "é&=", value: "1+1%")
        #expect(form.serialized == "a+b=*-._%7E%21%27%28%29&=&%C3%A9%26%3D=1%2B1%25")
        #expect(URLEncodedForm().serialized.isEmpty)
    }

    @Test("lookups find the first value, all values, and names")
    func lookups() throws {
        let form = try URLEncodedForm(parsing: "tag=a&page=2&tag=&tag=c&flag")
        #expect(form["tag"] == "a")
        #expect(form["page"] == "2")
        #expect(form["flag"]?.isEmpty == true)
        #expect(form["Tag"] == nil)
        #expect(form.values(for: "tag") == ["a", "", "c"])
        #expect(form.values(for: "none").isEmpty)
        #expect(form.contains("flag"))
        #expect(!form.contains("none"))
        #expect(form.count == 5)
        #expect(form[1] == URLEncodedForm.Field(name: "page", value: "2"))
        #expect(form.last?.name == "flag")
    }

    @Test("names that only look the same are different names")
    func canonicalEquivalence() throws {
        let form = try URLEncodedForm(parsing: "caf%C3%A9=composed&%E2%84%AA=kelvin")
        #expect(form["caf\u{E9}"] == "composed")
        #expect(form["cafe\u{301}"] == nil)
        #expect(form["K"] == nil)
        #expect(!form.contains("K"))
        #expect(form.values(for: "K").isEmpty)
    }

    @Test("exactly as many pairs as allowed are taken, one more is an error")
    func pairLimit() throws {
        let limits = URLEncodedForm.Limits(maximumPairs: 3)
        #expect(try URLEncodedForm(parsing: "&a&&b&c&&&", limits: limits).count == 3)
        let small = #expect(throws: URLEncodedFormError.self) { try URLEncodedForm(parsing: "a&b&c&d", limits: limits) }
        #expect(small?.code == .tooManyPairs && small?.limit == 3)
        let thousand = String(repeating: "a=1&", count: 1000)
        #expect(try URLEncodedForm(parsing: thousand).count == 1000)
        let error = #expect(throws: URLEncodedFormError.self) { try URLEncodedForm(parsing: thousand + "secret=1") }
        #expect(error?.description == "query or form with more than 1000 pairs")
    }

    @Test("exactly as many bytes as allowed are taken, one more is an error")
    func lengthLimit() throws {
        #expect(try URLEncodedForm(parsing: "a=123", limits: .init(maximumLength: 5))["a"] == "123")
        let small = #expect(throws: URLEncodedFormError.self) {
            try URLEncodedForm(parsing: "a=1234", limits: .init(maximumLength: 5))
        }
        #expect(small?.code == .tooLong && small?.limit == 5)
        let mebibyte = [UInt8](repeating: UInt8(ascii: "&"), count: 1_048_576)
        #expect(try URLEncodedForm(parsing: mebibyte).isEmpty)
        let error = #expect(throws: URLEncodedFormError.self) { try URLEncodedForm(parsing: mebibyte + [0x61]) }
        #expect(error?.description == "query or form of more than 1048576 bytes")
        #expect(error?.code.description == "tooLong")
    }

    @Test("limits of zero and less allow the empty form only", arguments: [0, -1, Int.min])
    func absurdLimits(limit: Int) throws {
        #expect(throws: URLEncodedFormError.self) {
            try URLEncodedForm(parsing: "a", limits: .init(maximumPairs: limit))
        }
        #expect(throws: URLEncodedFormError.self) {
            try URLEncodedForm(parsing: "a", limits: .init(maximumLength: limit))
        }
        #expect(try URLEncodedForm(parsing: "", limits: .init(maximumPairs: limit)).isEmpty)
    }

    @Test("printing shows no values")
    func redaction() throws {
        let form = try URLEncodedForm(parsing: "user=wren&password=hunter2")
        for text in ["\(form)", String(reflecting: form), "\([form])", "\(Array(form))", "\(form.first as Any)"] {
            #expect(!text.contains("hunter2") && !text.contains("wren"), "\(text)")
        }
        #expect(form.description == "URLEncodedForm(user, password)")
    }

    @Test("mutated input parses to pairs that survive another round")
    func mutations() throws {
        var random = SeededGenerator(seed: 3)
        let alphabet = Array("&&==%%+;a0F".utf8) + [0x00, 0x0A, 0x80, 0xC3, 0xFF]
        for _ in 0..<5000 {
            let bytes = random.mutated(Array("bird=wren&nest=%C3%A9+1&flag&=x".utf8), alphabet: alphabet)
            let form = try URLEncodedForm(parsing: bytes)
            #expect(form.count <= bytes.split(separator: UInt8(ascii: "&")).count)
            #expect(try URLEncodedForm(parsing: form.serialized) == form)
        }
    }
}
