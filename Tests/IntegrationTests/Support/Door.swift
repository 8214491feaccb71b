import HTTPTypes
import NestboxTesting

/// A way into an application: through a web server, or as a CGI program that the test starts for each request.
enum Door: Sendable {
    case server(LoopbackAddress, prefix: String = "")
    case program(String, environment: [String: String])

    /// What came out.
    struct Answer: Sendable {
        var status: Int
        var fields: HTTPFields
        var text: String
        /// What a CGI program has logged.
        var log = ""

        var cookieLines: [String] { fields[values: .setCookie] }
        var setCookies: [SetCookie] { cookieLines.compactMap { SetCookie(parsing: $0) } }
    }

    /// Sends a request; `cookie` is the value of the header field.
    func request(_ method: String, _ target: String, cookie: String? = nil) throws -> Answer {
        switch self {
        case .server(let address, let prefix):
            let connection = try HTTPConnection(to: address, timeout: .seconds(30))
            return try Self.request(on: connection, method, prefix + target, cookie: cookie)
        case .program(let path, let environment):
            var variables = Integration.CGITests.environment(method, path: target, adding: environment)
            variables["HTTP_COOKIE"] = cookie
            let output = try ChildProcess(path, environment: variables).output(timeout: .seconds(30))
            let response = try CGIResponse(parsing: output.stdout)
            return Answer(
                status: response.status, fields: response.headerFields, text: response.text,
                log: String(decoding: output.stderr, as: UTF8.self))
        }
    }

    static func request(
        on connection: HTTPConnection, _ method: String, _ target: String, cookie: String? = nil
    ) throws -> Answer {
        let response = try connection.request(method, target, headers: cookie.map { [("Cookie", $0)] } ?? [])
        return Answer(status: response.status, fields: response.headerFields, text: response.text)
    }
}
