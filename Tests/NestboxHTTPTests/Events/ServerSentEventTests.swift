import NestboxHTTP
import Testing

@Suite("a server-sent event", .timeLimit(.minutes(1)))
struct ServerSentEventTests {
    static let table: [(data: String, sent: String)] = [
        ("hello", "data: hello\n\n"),
        ("", "data: \n\n"),
        ("two\nlines", "data: two\ndata: lines\n\n"),
        ("\r\n", "data: \ndata: \n\n"),
        ("a\rb\r\nc\n", "data: a\ndata: b\ndata: c\ndata: \n\n"),
        ("\n\r", "data: \ndata: \ndata: \n\n"),
        (" leading: colon", "data:  leading: colon\n\n"),
        ("a\n\nevent: forged\nid: 7", "data: a\ndata: \ndata: event: forged\ndata: id: 7\n\n"),
        ("nul\0 and ü and \u{2028}", "data: nul\0 and ü and \u{2028}\n\n"),
    ]

    @Test("has a data field for each line, so that no text can add a field or an event", arguments: table)
    func data(data: String, sent: String) throws {
        #expect(try ServerSentEvent(data: data).description == sent)
    }

    @Test("has its fields on a line each, and ends with an empty one")
    func fields() throws {
        let event = try ServerSentEvent(data: "x", event: "visit", id: "17 ü", retry: .milliseconds(1500))
        #expect(event.description == "id: 17 ü\nevent: visit\nretry: 1500\ndata: x\n\n")
        #expect(try ServerSentEvent().description == "\n")
        #expect(try ServerSentEvent(id: "").description == "id: \n\n")
        #expect(try ServerSentEvent(data: "x", id: " ").description == "id:  \ndata: x\n\n")
    }

    @Test("of a value is a line of JSON")
    func json() throws {
        let event = try ServerSentEvent(json: ["b": "two\r\nlines", "a": "/"], event: "bird", id: "1")
        #expect(event.description == #"id: 1\#nevent: bird\#ndata: {"a":"/","b":"two\r\nlines"}\#n\#n"#)
        #expect(throws: EncodingError.self) { try ServerSentEvent(json: Double.nan) }
    }

    @Test(
        "refuses an id or a name that would be more than one line, and says so without it",
        arguments: ["a\nb", "a\rb", "a\r\nb", "\n", "a\0", "x\n\ndata: forged"])
    func injection(value: String) {
        for (name, make) in [
            ("id", { try ServerSentEvent(data: "x", id: value) }),
            ("event", { try ServerSentEvent(data: "x", event: value) }),
        ] as [(String, () throws -> ServerSentEvent)] {
            let error = #expect(throws: ServerSentEventError.self) { try make() }
            #expect(error == .invalidField(name))
            #expect(error?.description.contains("forged") == false)
        }
    }

    @Test(
        "refuses a time to connect again that is negative or over a day",
        arguments: [.milliseconds(-1), .seconds(86_401), Duration(secondsComponent: .max, attosecondsComponent: 0)])
    func retry(retry: Duration) throws {
        #expect(throws: ServerSentEventError.invalidRetry) { try ServerSentEvent(retry: retry) }
        #expect(try ServerSentEvent(retry: .seconds(86_400)).description == "retry: 86400000\n\n")
        #expect(try ServerSentEvent(retry: .zero).description == "retry: 0\n\n")
    }

    @Test("of a request that continues a stream is named by the browser")
    func lastEventID() {
        #expect(Request.made(of: ["HTTP_LAST_EVENT_ID": "17 ü"]).lastEventID == "17 ü")
        #expect(Request.made(of: ["HTTP_LAST_EVENT_ID": ""]).lastEventID == nil)
        #expect(Request.made(of: [:]).lastEventID == nil)
    }
}
