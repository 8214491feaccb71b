import NestboxTesting
import Testing

@testable import Nestbox

@Suite("a CGI program that cannot start", .timeLimit(.minutes(1)))
struct StartFailureTests {
    static let error = StartError("nestbox.env, line 3: a line is NESTBOX_KEY=value")

    @Test("answers with a status and no cause")
    func production() throws {
        let text = StartFailure(Self.error, isDevelopment: false, isUnparsed: false).text
        let response = try CGIResponse(parsing: Array(text.utf8))
        #expect(response.status == 500)
        #expect(response.text == "The application cannot start.\n")
    }

    @Test("shows the cause in development")
    func development() throws {
        let text = StartFailure(Self.error, isDevelopment: true, isUnparsed: false).text
        let response = try CGIResponse(parsing: Array(text.utf8))
        #expect(response.status == 500)
        #expect(response.text.contains("line 3: a line is NESTBOX_KEY=value"))
    }

    @Test("answers with a whole HTTP response where the web server adds nothing to it (RFC 3875 §5)")
    func unparsed() {
        let text = StartFailure(Self.error, isDevelopment: false, isUnparsed: true).text
        #expect(text.hasPrefix("HTTP/1.0 500 Internal Server Error\r\nConnection: close\r\n"))
        #expect(StartFailure.unparsed.description.contains("nph-"))
    }
}
