import InMemoryLogging
import Logging
import NestboxHTTP
import Testing

@Suite("request ids", .timeLimit(.minutes(1)))
struct RequestIDTests {
    @Test(
        "are the web server's, when they are short and harmless",
        arguments: ["a", "5f0c4a2b-9d1e.8_Z", String(repeating: "a", count: 64)])
    func given(id: String) {
        #expect(RequestID(given: id).description == id)
    }

    @Test(
        "are our own otherwise", arguments: [nil, "a b", "a\nb", "a=b", "ä", "\"", String(repeating: "a", count: 65)])
    func made(id: String?) {
        let made = RequestID(given: id).description
        #expect(made.utf8.count == 16)
        #expect(made.utf8.allSatisfy { $0.hexDigitValue != nil })
        #expect(made != id)
    }

    @Test("differ")
    func distinct() {
        #expect(Set((0..<10_000).map { _ in RequestID(given: nil).description }).count == 10_000)
    }

    @Test("stay the same for one request, and name it in the log")
    func request() {
        let request = Request.made(of: ["REQUEST_ID": ""])
        #expect(request.id == request.id)
        #expect(Request.made(of: ["REQUEST_ID": "abc"]).id == "abc")
        let log = InMemoryLogHandler()
        let logged = Request.made(of: [:], settings: .test(logger: Logger(label: "test") { _ in log }))
        logged.logger.info("x")
        #expect(log.entries.first?.metadata["request.id"]?.description == logged.id)
    }
}
