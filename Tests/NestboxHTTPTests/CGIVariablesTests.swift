import NestboxHTTP
import Testing

@Suite("meta-variables", .timeLimit(.minutes(1)))
struct CGIVariablesTests {
    let variables = CGIVariables([("A", "1"), ("EMPTY", ""), ("B", "ü"), ("A", "2"), ("", "nameless")])

    @Test("of one name the last counts")
    func lookup() {
        #expect(variables["A"] == "2")
        #expect(variables["B"] == "ü")
        #expect(variables["a"] == nil)
        #expect(variables["AA"] == nil)
        #expect(variables[bytes: "B"].map(Array.init) == [0xC3, 0xBC])
    }

    @Test("that are missing and that are empty are different, unless asked otherwise")
    func empty() {
        #expect(variables["EMPTY"] == "")
        #expect(variables[nonEmpty: "EMPTY"] == nil)
        #expect(variables["MISSING"] == nil)
        #expect(variables[nonEmpty: "A"] == "2")
        #expect(variables[""] == "nameless")
    }

    @Test("keep their order")
    func order() {
        #expect(variables.map(\.name) == ["A", "EMPTY", "B", "A", ""])
        #expect(variables.map(\.value) == ["1", "", "ü", "2", "nameless"])
        #expect(variables.count == 5)
        #expect(CGIVariables([]).isEmpty)
    }

    @Test("are printed without their values")
    func redaction() {
        let secret = CGIVariables([("HTTP_COOKIE", "session=hunter2"), ("HTTP_AUTHORIZATION", "hunter2")])
        #expect("\(secret)" == "CGIVariables(HTTP_COOKIE, HTTP_AUTHORIZATION)")
        #expect(!String(reflecting: secret).contains("hunter2"))
    }
}
