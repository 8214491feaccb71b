import NestboxHTTP
import Testing

@Suite("the media types that a client takes", .timeLimit(.minutes(1)))
struct AcceptedTypesTests {
    private static let browser =
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

    static let fields: [(String?, String?)] = [
        (nil, "text/plain"), ("", "text/plain"), ("*/*", "text/plain"), (browser, "text/html"),
        ("application/json", "application/json"), ("application/json, text/plain, */*", "application/json"),
        ("text/plain, application/json", "text/plain"), ("text/*", "text/plain"), ("application/*", "application/json"),
        ("TEXT/HTML", "text/html"), ("text/html;q=0.5, application/json;q=0.9", "application/json"),
        ("text/html; charset=utf-8; q=0.5, text/plain;Q=0.4", "text/html"), ("text/html ; q=1.000", "text/html"),
        ("text/html;q=0", nil), ("text/html;q=0, */*;q=0.1", "text/plain"), ("text/*;q=0, */*", "application/json"),
        ("text/*, text/plain;q=0.1", "text/html"), ("image/png", nil), ("text/html;q=0.001, image/png", "text/html"),
        ("*/*;q=0.1, application/json;q=0.1", "application/json"), ("text/*;q=0.9, */*;q=0.9", "text/plain"),
        // What is malformed is not there.
        ("text/html;q=high", "text/plain"), ("text/html;q=1.5, application/json;q=0.1", "application/json"),
        ("text/html;q=0.1234, application/json", "application/json"), ("text/html;q=-1", "text/plain"),
        ("text/html;q=", "text/plain"), ("text/html;q=1.", "text/html"), ("html, application/json", "application/json"),
        ("*/html", "text/plain"), ("text/", "text/plain"), ("/", "text/plain"), (",,, ,", "text/plain"),
        ("text/html/x", "text/plain"), ("te xt/html", "text/plain"),
        ("text/html;level=\"a,b\", application/json;q=0.5", "text/html"),
        ("\0", "text/plain"), ("ä/ö", "text/plain"),
        // Too long to be read.
        (String(repeating: "x/y,", count: 64) + "text/html", "text/plain"),
        (String(repeating: "x/y,", count: 63) + "text/html", "text/html"),
        ("text/html," + String(repeating: " ", count: 5000), "text/plain"),
        (String(repeating: ",", count: 100_000), "text/plain"),
    ]

    @Test("are weighed by quality, closeness and order", arguments: fields)
    func preference(field: String?, type: String?) {
        let variables = field.map { [("HTTP_ACCEPT", $0)] } ?? []
        let request = Request(head: RequestHead(variables: CGIVariables(variables), settings: .test()), body: .empty)
        #expect(request.preferredMediaType(of: ["text/plain", "text/html", "application/json"]) == type)
    }

    @Test("may stand in several lines, and none may be offered")
    func lines() {
        let request = Request.made(of: ["HTTP_ACCEPT": "text/html;q=0.5", "HTTP_ACCEPT": "application/json"])
        #expect(request.preferredMediaType(of: ["text/html", "application/json"]) == "application/json")
        #expect(request.preferredMediaType(of: []) == nil)
    }
}
