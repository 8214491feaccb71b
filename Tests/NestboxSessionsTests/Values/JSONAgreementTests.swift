import FoundationEssentials
import NestboxSessions
import NestboxTesting
import Testing

@Suite("strict JSON")
struct JSONAgreementTests {
    private let serializer = JSONSessionSerializer()

    /// Any JSON, for the decoder to say whether it is some.
    private struct Anything: Decodable {
        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if (try? value.decode([String: Anything].self)) != nil || (try? value.decode([Anything].self)) != nil {
                return
            }
            if value.decodeNil() || (try? value.decode(Bool.self)) != nil || (try? value.decode(Double.self)) != nil {
                return
            }
            _ = try value.decode(String.self)
        }
    }

    private static let accepted = [
        "{}", " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n", #"{"":null}"#, #"{"a":[true,false,null]}"#,
        #"{"a":[0,-0,0.0,-0.0,1,-1,10,1.5,1e5,1E5,1e+5,1e-5,0e0,1.25e-3]}"#, #"{"a":"\u0041\n\/\ud83d\ude00"}"#,
        "{\"a\":\"é日👩‍🚀\u{7F}\u{2028}\"}", #"{"a":1,"a":2}"#, #"{"a":[[[[{"b":[{}]}]]]]}"#,
        #"{"a":12345678901234567890}"#,
        #"{"a":0.1234567890123456789012345678901234567890}"#,
    ]

    private static let refused = [
        "", " ", "{", "}", "{]", "[", #"{"a"}"#, #"{"a":}"#, #"{,"a":1}"#, #"{"a":1,,"b":2}"#,
        #"{"a" 1}"#,
        #"{"a":1 "b":2}"#, "{a:1}", "{'a':1}", #"{"a":1}x"#, #"{"a":1}{}"#, #"{"a":1}]"#,
        #"{"a":[,1]}"#,
        #"{"a":[1 2]}"#, #"{"a":[1}"#, #"{"a":tru}"#, #"{"a":True}"#, #"{"a":nul}"#, #"{"a":nulll}"#,
        #"{"a":undefined}"#,
        #"{"a":01}"#, #"{"a":+1}"#, #"{"a":-}"#, #"{"a":.5}"#, #"{"a":1.}"#, #"{"a":1.e5}"#, #"{"a":1e}"#,
        #"{"a":1e+}"#,
        #"{"a":0x10}"#, #"{"a":1_000}"#, #"{"a":NaN}"#, #"{"a":Infinity}"#, #"{"a":-Infinity}"#, #"{"a":--1}"#,
        #"{"a":1a}"#,
        #"{"a":1e999}"#, #"{"a":-1e999}"#, #"{"a":"}"#, #"{"a":"\"}"#, #"{"a":"\x41"}"#, #"{"a":"\u12"}"#,
        #"{"a":"\u12G4"}"#,
        #"{"a":"\U0041"}"#, #"{"a":"\ud83d"}"#, #"{"a":"\ude00"}"#, #"{"a":"\ud83dx"}"#, #"{"a":"\ud83d\n"}"#,
        #"{"a":"\ud83d\u0041"}"#, #"{"a":"\ud83d\ud83d"}"#, "{\"a\":\"\n\"}", "{\"a\":\"\u{0}\"}", "{\"a\":\"\u{1F}\"}",
        "{\"a\":1\u{0}}", "{\"a\":1}\u{0}", "{\"a\":1}\u{A0}", "\u{B}{\"a\":1}", "/**/{}", "{}//",
    ]

    @Test("what the decoder of Foundation accepts is accepted", arguments: accepted)
    func accepts(document: String) {
        #expect((try? JSONDecoder().decode([String: Anything].self, from: Data(document.utf8))) != nil)
        #expect(serializer.deserialize(Array(document.utf8)[...]) != nil)
    }

    @Test("numbers too small for a double are zero, which the decoder of Foundation refuses")
    func underflow() {
        let document = #"{"a":1e-999}"#
        #expect((try? JSONDecoder().decode([String: Anything].self, from: Data(document.utf8))) == nil)
        #expect(serializer.deserialize(Array(document.utf8)[...]) == ["a": 0.0])
    }

    @Test("what the decoder of Foundation refuses is refused", arguments: refused)
    func refuses(document: String) {
        #expect((try? JSONDecoder().decode([String: Anything].self, from: Data(document.utf8))) == nil)
        #expect(serializer.deserialize(Array(document.utf8)[...]) == nil)
    }

    @Test(
        "commas before a closing bracket are refused, which the decoder of Foundation accepts",
        arguments: [#"{"a":1,}"#, #"{"a":[1,]}"#])
    func trailingCommas(document: String) {
        #expect(serializer.deserialize(Array(document.utf8)[...]) == nil)
    }

    @Test("only an object is a session", arguments: ["[]", "1", "null", "true", #""a""#, #"[{"a":1}]"#])
    func topLevel(document: String) {
        #expect(serializer.deserialize(Array(document.utf8)[...]) == nil)
    }

    @Test(
        "bytes that are no UTF-8 are refused",
        arguments: [
            [0x80], [0xC3], [0xC0, 0xAF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98],
            [0xF4, 0x90, 0x80, 0x80], [0xFF],
            [0xC3, 0x5C, 0x6E], [0xC3, 0x5C, 0x75, 0x30, 0x30, 0x61, 0x39],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        #expect(serializer.deserialize(([0x7B, 0x22, 0x61, 0x22, 0x3A, 0x22] + bytes + [0x22, 0x7D])[...]) == nil)
        #expect(serializer.deserialize(([0x7B, 0x22] + bytes + [0x22, 0x3A, 0x31, 0x7D])[...]) == nil)
        #expect(serializer.deserialize(([0x7B, 0x7D] + bytes)[...]) == nil)
    }

    @Test("a slice in the middle of other bytes is read within its bounds")
    func slices() {
        let bytes = Array(#"xx{"a":1}yy"#.utf8)
        #expect(serializer.deserialize(bytes[2..<9]) == ["a": 1])
        for end in 2..<9 { #expect(serializer.deserialize(bytes[2..<end]) == nil) }
        #expect(serializer.deserialize(bytes[2..<10]) == nil)
    }

    @Test("no mutation of a document crashes, and what is read is written and read again the same", arguments: 0..<20)
    func mutations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("{}[]\",:\\/ubnt0123456789eE+-.ad \n\u{0}é".utf8) + [0x80, 0xC3, 0xED, 0xF0, 0xFF]
        for _ in 0..<1_000 {
            guard var bytes = Self.accepted.randomElement(using: &random).map({ Array($0.utf8) }) else { return }
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                let end = min(bytes.count, place + Int.random(in: 0...2, using: &random))
                let count = Int.random(in: 0...2, using: &random)
                bytes.replaceSubrange(
                    place..<end, with: (0..<count).compactMap { _ in alphabet.randomElement(using: &random) })
            }
            let object = serializer.deserialize(bytes[...])
            if object == nil { continue }
            let written = try serializer.serialize(object ?? [:])
            #expect(serializer.deserialize(written[...]) == object)
            #expect(try serializer.serialize(serializer.deserialize(written[...]) ?? [:]) == written)
            // The decoder refuses some numbers with exponents: 0e4 and those that underflow.
            if bytes.contains(UInt8(ascii: "e")) || bytes.contains(UInt8(ascii: "E")) { continue }
            let isAccepted = (try? JSONDecoder().decode([String: Anything].self, from: Data(bytes))) != nil
            #expect(isAccepted, "\(String(decoding: bytes, as: UTF8.self))")
        }
    }
}
