import FoundationEssentials
import NestboxSessions
import Testing

extension SessionKey where Value == Int {
    fileprivate static var visits: Self { Self("visits") }
}

@Suite("typed values")
struct SessionValueTypedTests {
    private struct Item: Codable, Hashable {
        var title: String
        var price: Double
        var count: Int?
        var tags: [String] = []
    }

    private enum Color: String, Codable { case red, blue }

    private func expectRoundTrip<Value: Codable & Equatable>(_ value: Value, _ expected: SessionValue) throws {
        let made = try SessionValue(encoding: value)
        #expect(made == expected)
        #expect(made.decode(as: Value.self) == .some(value))
    }

    @Test("a key carries a name and a type")
    func keys() {
        func name<Value>(_ key: SessionKey<Value>, as: Value.Type) -> String { key.name }
        #expect(name(.visits, as: Int.self) == "visits")
    }

    @Test("simple types come back as they were")
    func simple() throws {
        try expectRoundTrip(true, true)
        try expectRoundTrip(12, 12)
        try expectRoundTrip(Int8.min, -128)
        try expectRoundTrip(UInt8.max, 255)
        try expectRoundTrip(Int64.min, .int(.min))
        try expectRoundTrip(UInt64(Int64.max), .int(.max))
        try expectRoundTrip(1.0, .double(1))
        try expectRoundTrip(-0.25, .double(-0.25))
        try expectRoundTrip(Float(0.1), .double(Double(Float(0.1))))
        try expectRoundTrip("ada", "ada")
        try expectRoundTrip(SessionValue.array([1, nil]), [1, nil])
    }

    @Test("arrays, dictionaries and optionals come back as they were")
    func containers() throws {
        try expectRoundTrip(["a", "b"], ["a", "b"])
        try expectRoundTrip([1, 2], [1, 2])
        try expectRoundTrip([Int](), [])
        try expectRoundTrip(["a": "b"], ["a": "b"])
        try expectRoundTrip([[1.5], []], [[1.5], []])
        try expectRoundTrip(["a": [1, nil]], ["a": [1, nil]])
        try expectRoundTrip(Int?.none, nil)
        try expectRoundTrip(Int?.some(1), 1)
        try expectRoundTrip([String]?.none, nil)
        try expectRoundTrip(Item?.none, nil)
    }

    @Test("types of your own come back as they were")
    func structures() throws {
        let item = Item(title: "Orlando \"é\"", price: 9.95, count: nil, tags: ["a"])
        try expectRoundTrip(item, ["title": "Orlando \"é\"", "price": 9.95, "tags": ["a"]])
        try expectRoundTrip([item, item], [try SessionValue(encoding: item), try SessionValue(encoding: item)])
        try expectRoundTrip(Optional(item), try SessionValue(encoding: item))
        try expectRoundTrip(Color.red, "red")
        try expectRoundTrip([Color.blue], ["blue"])
        try expectRoundTrip(Set([3]), [3])
        try expectRoundTrip(Date(timeIntervalSinceReferenceDate: 1.5), 1.5)
        try expectRoundTrip(Data([1, 2, 3]), "AQID")
    }

    @Test("an integer is made of a number without fraction that the type can hold")
    func integers() {
        #expect(SessionValue.double(3).decode(as: Int.self) == 3)
        #expect(SessionValue.double(3.5).decode(as: Int.self) == nil)
        #expect(SessionValue.double(1e300).decode(as: Int.self) == nil)
        #expect(SessionValue.double(.nan).decode(as: Int.self) == nil)
        #expect(SessionValue.double(9_223_372_036_854_775_808).decode(as: Int64.self) == nil)
        #expect(SessionValue.int(128).decode(as: Int8.self) == nil)
        #expect(SessionValue.int(-1).decode(as: UInt.self) == nil)
        #expect(SessionValue.int(3).decode(as: Double.self) == 3)
        #expect(SessionValue.double(1e300).decode(as: Float.self) == nil)
    }

    @Test("a value of another type is nil")
    func mismatches() {
        #expect(SessionValue.string("1").decode(as: Int.self) == nil)
        #expect(SessionValue.int(1).decode(as: String.self) == nil)
        #expect(SessionValue.int(1).decode(as: Bool.self) == nil)
        #expect(SessionValue.null.decode(as: Int.self) == nil)
        #expect(SessionValue.array([1, "a"]).decode(as: [Int].self) == nil)
        #expect(SessionValue.object(["a": 1]).decode(as: [String: String].self) == nil)
        #expect(SessionValue.object(["title": "x"]).decode(as: Item.self) == nil)
        #expect(SessionValue.string("green").decode(as: Color.self) == nil)
    }

    @Test("null is an optional without value, and another type is none at all")
    func optionals() {
        #expect(SessionValue.null.decode(as: Int?.self) == .some(.none))
        #expect(SessionValue.int(1).decode(as: Int?.self) == .some(.some(1)))
        #expect(SessionValue.string("a").decode(as: Int?.self) == .none)
        #expect(SessionValue.null.decode(as: Item?.self) == .some(.none))
        #expect(SessionValue.int(1).decode(as: Item?.self) == .none)
        let inferred: String? = SessionValue.string("ada").decode()
        #expect(inferred == "ada")
    }

    private struct Nest: Codable { var inner: [Nest] }
    private struct Holder<Value: Codable & Equatable>: Codable, Equatable { var value: Value }

    @Test("what a session cannot hold is refused when it is encoded")
    func refusals() {
        func code(_ value: some Encodable) -> SessionStoreError.Code? {
            do throws(SessionStoreError) {
                _ = try SessionValue(encoding: value)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code(Double.infinity) == .invalidValue)
        #expect(code([Float.nan]) == .invalidValue)
        #expect(code(UInt64.max) == .invalidValue)
        #expect(code(Holder(value: Double.nan)) == .invalidValue)
        #expect(code(Holder(value: UInt64.max)) == .invalidValue)
        #expect(code((0..<16).reduce(Nest(inner: [])) { nest, _ in Nest(inner: [nest]) }) == .invalidValue)
        #expect(code((0..<15).reduce(Nest(inner: [])) { nest, _ in Nest(inner: [nest]) }) == nil)
        #expect(code(Holder(value: 1e300)) == nil)
    }

    @Test("an error of encoding names the place and no value")
    func errors() throws {
        let error = try #require(throws: SessionStoreError.self) {
            try SessionValue(encoding: Holder(value: Holder(value: Double.infinity)))
        }
        #expect(error.description.contains(".value.value"))
        #expect(!error.description.contains("inf"))
    }

    @Test("an integer and a double are different values though they decode alike")
    func equality() {
        #expect(SessionValue.int(1) != .double(1))
        #expect(SessionValue.int(1).decode(as: Double.self) == SessionValue.double(1).decode(as: Double.self))
    }

    @Test("coders write a session and read it again")
    func codable() throws {
        let values: [String: SessionValue] = ["a": [1, 1.5, true, nil, "é"], "b": ["c": [:], "d": []]]
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(values)
        #expect(String(decoding: data, as: UTF8.self) == #"{"a":[1,1.5,true,null,"é"],"b":{"c":{},"d":[]}}"#)
        #expect(try JSONDecoder().decode([String: SessionValue].self, from: data) == values)
    }

    @Test("a member that is a session value goes through the coder with its structure")
    func members() throws {
        try expectRoundTrip(["a": Holder(value: SessionValue.array([1, "b", nil]))], ["a": ["value": [1, "b", nil]]])
    }
}
