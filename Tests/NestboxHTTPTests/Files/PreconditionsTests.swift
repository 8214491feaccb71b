import Testing

@testable import NestboxHTTP

@Suite("conditional requests", .timeLimit(.minutes(1)))
struct PreconditionsTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var fields: [String: String]
        var expected: Preconditions
        var tag = EntityTag("a")
        /// Seconds from the file's change to the response.
        var age: Int64 = 100

        var testDescription: String {
            "\(expected): " + fields.map { "\($0): \($1)" }.sorted().joined(separator: ", ")
        }
    }

    /// When the file was changed.
    static let modified = HTTPDate(unixSeconds: 784_111_777)
    static let date = "Sun, 06 Nov 1994 08:49:37 GMT"
    static let earlier = "Sun, 06 Nov 1994 08:49:36 GMT"
    static let later = "Sun, 06 Nov 1994 08:49:38 GMT"
    static let weak = EntityTag("a", isWeak: true)

    static let table: [Row] = [
        Row(fields: [:], expected: .hold),
        // If-Match compares strongly.
        Row(fields: ["IF_MATCH": "\"a\""], expected: .hold),
        Row(fields: ["IF_MATCH": "\"b\""], expected: .failed),
        Row(fields: ["IF_MATCH": "\"b\", \"a\""], expected: .hold),
        Row(fields: ["IF_MATCH": "*"], expected: .hold),
        Row(fields: ["IF_MATCH": "W/\"a\""], expected: .failed),
        Row(fields: ["IF_MATCH": "\"a\""], expected: .failed, tag: weak),
        Row(fields: ["IF_MATCH": "*"], expected: .hold, tag: weak),
        Row(fields: ["IF_MATCH": "a"], expected: .failed),
        Row(fields: ["IF_MATCH": ""], expected: .hold),
        Row(fields: ["IF_MATCH": "\"a"], expected: .failed),
        // If-None-Match compares weakly.
        Row(fields: ["IF_NONE_MATCH": "\"a\""], expected: .notModified),
        Row(fields: ["IF_NONE_MATCH": "W/\"a\""], expected: .notModified),
        Row(fields: ["IF_NONE_MATCH": "\"a\""], expected: .notModified, tag: weak),
        Row(fields: ["IF_NONE_MATCH": "\"b\""], expected: .hold),
        Row(fields: ["IF_NONE_MATCH": "\"b\",W/\"c\"\t, \"a\""], expected: .notModified),
        Row(fields: ["IF_NONE_MATCH": ",, \"a\" ,"], expected: .notModified),
        Row(fields: ["IF_NONE_MATCH": "*"], expected: .notModified),
        Row(fields: ["IF_NONE_MATCH": " * "], expected: .notModified),
        Row(fields: ["IF_NONE_MATCH": "a"], expected: .hold),
        Row(fields: ["IF_NONE_MATCH": "\"b\" \"a\""], expected: .hold),
        Row(fields: ["IF_NONE_MATCH": "w/\"a\""], expected: .hold),
        Row(fields: ["IF_NONE_MATCH": "\"A\""], expected: .hold),
        Row(fields: ["IF_NONE_MATCH": "\"a, b\""], expected: .hold),
        // Dates.
        Row(fields: ["IF_MODIFIED_SINCE": date], expected: .notModified),
        Row(fields: ["IF_MODIFIED_SINCE": later], expected: .notModified),
        Row(fields: ["IF_MODIFIED_SINCE": earlier], expected: .hold),
        Row(fields: ["IF_MODIFIED_SINCE": "Sunday, 06-Nov-94 08:49:37 GMT"], expected: .notModified),
        Row(fields: ["IF_MODIFIED_SINCE": "Sun Nov  6 08:49:37 1994"], expected: .notModified),
        Row(fields: ["IF_MODIFIED_SINCE": "0"], expected: .hold),
        Row(fields: ["IF_MODIFIED_SINCE": ""], expected: .hold),
        Row(fields: ["IF_UNMODIFIED_SINCE": date], expected: .hold),
        Row(fields: ["IF_UNMODIFIED_SINCE": earlier], expected: .failed),
        Row(fields: ["IF_UNMODIFIED_SINCE": "yesterday"], expected: .hold),
        // What takes precedence (RFC 9110 §13.2.2).
        Row(fields: ["IF_NONE_MATCH": "\"b\"", "IF_MODIFIED_SINCE": date], expected: .hold),
        Row(fields: ["IF_NONE_MATCH": "\"a\"", "IF_MODIFIED_SINCE": earlier], expected: .notModified),
        Row(fields: ["IF_MATCH": "\"a\"", "IF_UNMODIFIED_SINCE": earlier], expected: .hold),
        Row(fields: ["IF_MATCH": "\"b\"", "IF_NONE_MATCH": "\"a\""], expected: .failed),
        Row(fields: ["IF_MATCH": "\"a\"", "IF_NONE_MATCH": "\"a\""], expected: .notModified),
        Row(fields: ["IF_UNMODIFIED_SINCE": earlier, "IF_MODIFIED_SINCE": date], expected: .failed),
        Row(fields: ["IF_RANGE": "\"b\"", "IF_NONE_MATCH": "\"a\""], expected: .notModified),
        // If-Range.
        Row(fields: ["IF_RANGE": "\"a\""], expected: .hold),
        Row(fields: ["IF_RANGE": "\"b\""], expected: .holdWithoutRange),
        Row(fields: ["IF_RANGE": "W/\"a\""], expected: .holdWithoutRange),
        Row(fields: ["IF_RANGE": "\"a\""], expected: .holdWithoutRange, tag: weak),
        Row(fields: ["IF_RANGE": "\"a\", \"b\""], expected: .holdWithoutRange),
        Row(fields: ["IF_RANGE": "*"], expected: .holdWithoutRange),
        Row(fields: ["IF_RANGE": date], expected: .hold),
        Row(fields: ["IF_RANGE": later], expected: .holdWithoutRange),
        Row(fields: ["IF_RANGE": earlier], expected: .holdWithoutRange),
        Row(fields: ["IF_RANGE": date], expected: .holdWithoutRange, age: 0),
        Row(fields: ["IF_RANGE": date], expected: .holdWithoutRange, tag: weak, age: 1),
        Row(fields: ["IF_RANGE": "nonsense"], expected: .holdWithoutRange),
    ]

    @Test("are judged by RFC 9110 §13", arguments: table)
    func judge(row: Row) {
        let variables = CGIVariables(row.fields.map { ("HTTP_\($0.key)", $0.value) })
        #expect(
            Preconditions(
                variables, tag: row.tag, modified: Self.modified, now: Self.modified.advanced(bySeconds: row.age))
                == row.expected)
    }

    @Test("with endless lists take linear time")
    func cost() {
        let tags = String(repeating: "\"b\",", count: 30_000)
        let variables = CGIVariables([("HTTP_IF_NONE_MATCH", tags + "\"a\"")])
        #expect(
            Preconditions(variables, tag: EntityTag("a"), modified: Self.modified, now: Self.modified) == .notModified)
    }
}
