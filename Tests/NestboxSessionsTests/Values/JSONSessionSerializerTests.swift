import NestboxSessions
import NestboxTesting
import Testing

@Suite("the JSON serializer")
struct JSONSessionSerializerTests {
    private let serializer = JSONSessionSerializer(maxDepth: 32)

    private func text(_ object: [String: SessionValue]) throws -> String {
        String(decoding: try serializer.serialize(object), as: UTF8.self)
    }

    private func parse(_ text: String) -> [String: SessionValue]? { serializer.deserialize(Array(text.utf8)[...]) }

    @Test("a session is written compactly, with names in the order of their bytes")
    func compact() throws {
        #expect(try text(["visits": 12, "user": "ada"]) == #"{"user":"ada","visits":12}"#)
        #expect(
            try text(["b": nil, "B": true, "é": false, "a": [1, [:], []]])
                == #"{"B":true,"a":[1,{},[]],"b":null,"é":false}"#)
        #expect(try text([:]) == "{}")
    }

    @Test(
        "every integer of 64 bits comes back exactly",
        arguments: [0, 1, -1, 9, 10, 4_294_967_296, 9_007_199_254_740_993, Int64.max, .min, .min + 1])
    func integers(value: Int64) throws {
        #expect(parse(try text(["n": .int(value)])) == ["n": .int(value)])
        #expect(try text(["n": .int(value)]) == "{\"n\":\(value)}")
    }

    @Test(
        "every finite double comes back exactly and stays a double",
        arguments: [
            0, 1, -1.5, 0.1, 1e21, 1e22, 1e23, 1e-7, .leastNonzeroMagnitude, 1.7976931348623157e308,
            2.2250738585072014e-308, 1e16,
            9.3e18,
            123_456.789, 0.1 + 0.2,
        ])
    func doubles(value: Double) throws {
        for value in [value, -value] {
            let object = try #require(parse(try text(["n": .double(value)])))
            guard case .double(let read) = object["n"] else {
                Issue.record("\(value) became \(object)")
                continue
            }
            #expect(read.bitPattern == value.bitPattern)
        }
    }

    @Test("random bit patterns of doubles come back exactly")
    func randomDoubles() throws {
        var random = SeededGenerator(seed: 1)
        let values = (0..<5_000).map { _ in Double(bitPattern: random.next()) }.filter(\.isFinite)
        let object = try #require(parse(try text(["n": .array(values.map(SessionValue.double))])))
        #expect(object["n"] == .array(values.map(SessionValue.double)))
    }

    @Test("integers beyond 64 bits become doubles")
    func bigIntegers() {
        #expect(parse(#"{"n":9223372036854775808}"#) == ["n": .double(9_223_372_036_854_775_808)])
        #expect(parse(#"{"n":-9223372036854775809}"#) == ["n": .double(-9_223_372_036_854_775_808)])
        #expect(parse(#"{"n":-0}"#) == ["n": 0])
        #expect(parse(#"{"n":1e2}"#) == ["n": .double(100)])
    }

    @Test(
        "every text comes back",
        arguments: [
            "", "ada", "é", "日本", "👩‍🚀", "\u{0}\u{1F}\u{7F}", "\"\\/\u{8}\t\n\u{C}\r", "\u{2028}\u{FFFF}\u{10FFFF}",
        ])
    func texts(value: String) throws {
        let object: [String: SessionValue] = [value: .string(value)]
        #expect(parse(try text(object)) == object)
    }

    @Test("only what has to be is escaped")
    func escapes() throws {
        #expect(
            try text(["t": "\"\\/\u{8}\t\n\u{C}\r\u{0}\u{1F}é\u{7F}"]) == #"{"t":"\"\\/\b\t\n\f\r\u0000\u001fé"#
                + "\u{7F}\"}")
        #expect(parse(#"{"t":"\"\\\/\b\t\n\f\r\u0000\u00E9\ud83d\uDE00x"}"#) == ["t": "\"\\/\u{8}\t\n\u{C}\r\u{0}é😀x"])
    }

    @Test("of two values with one name the last counts")
    func duplicates() {
        #expect(parse(#"{"a":1,"b":2,"a":3}"#) == ["a": 3, "b": 2])
    }

    @Test(
        "numbers that are not finite are refused with the path to them", arguments: [Double.nan, .infinity, -.infinity])
    func notFinite(value: Double) throws {
        let error = try #require(throws: SessionStoreError.self) {
            try serializer.serialize(["cart": ["items": [1, ["price": .double(value)]]]])
        }
        #expect(error.code == .invalidValue)
        #expect(error.description.contains(#"["cart"]["items"][1]["price"]"#))
    }

    @Test("32 levels are written and read, 33 are neither")
    func depth() throws {
        func nested(_ levels: Int) -> [String: SessionValue] {
            [
                "a": (2..<levels).reduce(SessionValue.array([])) { value, level in
                    level % 2 == 0 ? [value] : ["a": value]
                }
            ]
        }
        #expect(parse(try text(nested(32))) == nested(32))
        let error = try #require(throws: SessionStoreError.self) { try serializer.serialize(nested(33)) }
        #expect(error.code == .invalidValue)
        #expect(error.description.contains("32 levels"))
        #expect(parse(#"{"a":"# + String(repeating: "[", count: 31) + String(repeating: "]", count: 31) + "}") != nil)
        #expect(parse(#"{"a":"# + String(repeating: "[", count: 32) + String(repeating: "]", count: 32) + "}") == nil)
        #expect(parse(String(repeating: #"{"a":"#, count: 1_000_000)) == nil)
    }

    @Test("names of 1,024 bytes are written and read, longer ones are neither")
    func longNames() throws {
        let name = String(repeating: "é", count: 512)
        #expect(parse(try text([name: 1])) == [name: 1])
        let error = try #require(throws: SessionStoreError.self) { try serializer.serialize(["a": [name + "x": 1]]) }
        #expect(error.code == .invalidValue)
        #expect(error.description.contains("1025 bytes"))
        #expect(error.description.utf8.count < 400)
        #expect(parse("{\"\(name)x\":1}") == nil)
        let accents = "e" + String(repeating: "\u{301}", count: 100_000)
        let other = try #require(throws: SessionStoreError.self) { try serializer.serialize([accents: 1]) }
        #expect(other.description.utf8.count < 400)
    }

    @Test("stores read and write any value, at a depth of their own")
    func fragments() throws {
        var bytes = Array("x".utf8)
        try SessionValue.array([[["a"]], 1]).appendJSON(to: &bytes, maxDepth: 3)
        #expect(String(decoding: bytes, as: UTF8.self) == #"x[[["a"]],1]"#)
        #expect(SessionValue(json: Array(bytes.dropFirst()), maxDepth: 3) == [[["a"]], 1])
        #expect(SessionValue(json: Array(bytes.dropFirst()), maxDepth: 2) == nil)
        #expect(SessionValue(json: Array(" 1 ".utf8), maxDepth: 0) == 1)
        #expect(throws: SessionStoreError.self) { try SessionValue.array([[]]).appendJSON(to: &bytes, maxDepth: 1) }
    }

    @Test("random values come back the same")
    func randomValues() throws {
        var random = SeededGenerator(seed: 2)
        func text() -> String {
            let scalars = (0..<Int.random(in: 0...12, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...(Bool.random(using: &random) ? 0x7F : 0x10FFFF), using: &random))
            }
            return String(String.UnicodeScalarView(scalars))
        }
        func value(_ depth: Int) -> SessionValue {
            switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
            case 0: .null
            case 1: .bool(.random(using: &random))
            case 2: .int(Int64(truncatingIfNeeded: random.next() as UInt64))
            case 3: .double(.random(in: -1e9...1e9, using: &random))
            case 4: .string(text())
            case 5: .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth - 1) })
            default: .object(object(depth - 1))
            }
        }
        func object(_ depth: Int) -> [String: SessionValue] {
            Dictionary((0..<Int.random(in: 0...4, using: &random)).map { _ in (text(), value(depth)) }) { $1 }
        }
        for _ in 0..<500 {
            let object = object(6)
            let bytes = try serializer.serialize(object)
            #expect(serializer.deserialize(bytes[...]) == object)
            #expect(try serializer.serialize(serializer.deserialize(bytes[...]) ?? [:]) == bytes)
        }
    }
}
