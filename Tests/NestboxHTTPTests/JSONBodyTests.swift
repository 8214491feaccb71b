import FoundationEssentials
import HTTPTypes
import Testing

@testable import NestboxHTTP

@Suite("bodies of JSON", .timeLimit(.minutes(1)))
struct JSONBodyTests {
    static let malformed: [(json: String, line: Int, column: Int)] = [
        ("", 1, 1), (" ", 1, 2), ("{", 1, 2), ("[", 1, 2), ("[1", 1, 3), ("[1,", 1, 4), ("[1,]", 1, 4), ("[,1]", 1, 2),
        ("{1:2}", 1, 2), (#"{"a"}"#, 1, 5), (#"{"a":}"#, 1, 6), (#"{"a":1,}"#, 1, 8), (#"{"a":1 "b":2}"#, 1, 8),
        ("[1}", 1, 3), ("1 2", 1, 3), ("[\n1,\n  x]", 3, 3), ("tru", 1, 4), ("nul]", 1, 4), ("01", 1, 2), ("1.", 1, 3),
        (".5", 1, 1), ("1e", 1, 3), ("-", 1, 2), ("+1", 1, 1), (#""a"#, 1, 3), (#""\q""#, 1, 2), (#""\u12G4""#, 1, 6),
        ("\"a\nb\"", 1, 3), ("'a'", 1, 1), ("{a:1}", 1, 2), (#"["a":1]"#, 1, 5),
    ]

    @Test("says where they depart from the grammar", arguments: malformed)
    func faults(json: String, line: Int, column: Int) {
        #expect(JSONSyntax.firstFault(in: Array(json.utf8)) == .init(line: line, column: column))
    }

    static let valid = [
        "null", " true ", "[]", "{}", "[[],{}]", #"{"a":[1,-0.5e+10,"\"\\\/\b\f\n\r\t\u00e4"],"b":{"c":null}}"#,
        "\t1\r\n", "0",
    ]

    @Test("finds no fault where there is none", arguments: valid)
    func noFaults(json: String) {
        #expect(JSONSyntax.firstFault(in: Array(json.utf8)) == nil)
    }

    @Test("may not be nested deeper than Foundation takes", arguments: [#"["#, #"{"a":"#])
    func depth(start: String) throws {
        let end = start == "[" ? "]" : "}"
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: start, count: depth) + "1" + String(repeating: end, count: depth)).utf8)
        }
        #expect(JSONSyntax.firstFault(in: nested(512)) == nil)
        for depth in [513, 50_000] {
            let error = #expect(throws: HTTPError.self) { try JSONBody(nested(depth)).decode([[Int]].self) }
            #expect(error?.status == .badRequest)
        }
        let shallow = #expect(throws: (any Error).self) { try JSONBody(nested(512)).decode([[Int]].self) }
        let answer = shallow as? HTTPError ?? (shallow as? any HTTPErrorConvertible)?.httpError
        #expect(answer?.status == .unprocessableContent)
    }

    struct Values: Decodable {
        struct Inner: Decodable { var small: Int8 }
        enum Level: UInt8, Decodable { case low = 1 }

        var int: Int?
        var byte: UInt8?
        var list: [Int16]?
        var inner: [Inner]?
        var level: Level?
        var float: Float?
        var date: Date?
        var data: Data?
        var url: URL?
        var map: [String: UInt]?
    }

    static let numbers: [(json: String, field: String)] = [
        (#"{"int":1.5}"#, "int"), (#"{"int":1e30}"#, "int"), (#"{"byte":256}"#, "byte"), (#"{"byte":-1}"#, "byte"),
        (#"{"list":[1,2,40000]}"#, "list.2"), (#"{"inner":[{"small":1},{"small":200}]}"#, "inner.1.small"),
        (#"{"level":300}"#, "level"), (#"{"map":{"a":1,"b":-1}}"#, "map.b"),
        (#"{"date":1,"data":"AQ==","url":"https://a.test/","float":0.5,"byte":999}"#, "byte"),
    ]

    @Test("names the number that does not fit", arguments: numbers)
    func misfits(json: String, field: String) {
        let error = #expect(throws: FieldError.self) { try JSONBody(Array(json.utf8)).decode(Values.self) }
        #expect(error == FieldError(field, "has a value that does not fit."))
    }

    @Test("must be UTF-8")
    func utf8() {
        let bytes = Array(#"{"a":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
        let error = #expect(throws: HTTPError.self) { try JSONBody(bytes).decode([String: String].self) }
        #expect(error?.status == .badRequest)
        #expect(error?.message == "The body is not UTF-8.")
    }

    @Test("says so when the whole body is a number that does not fit")
    func wholeBody() {
        let error = #expect(throws: HTTPError.self) { try JSONBody(Array("300".utf8)).decode(UInt8.self) }
        #expect(error?.status == .unprocessableContent)
        #expect(error?.message == "The body has a value that does not fit.")
    }
}
