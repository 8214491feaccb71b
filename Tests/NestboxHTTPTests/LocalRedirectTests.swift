import HTTPTypes
import Logging
import NestboxHTTP
import Synchronization
import Testing

@Suite("local redirects", .timeLimit(.minutes(1)))
struct LocalRedirectTests {
    /// Answers with what it sees, and redirects `/to` to its query.
    struct Pages: Responder {
        func respond(to request: Request) async throws -> Response {
            if request.path == "/to" {
                var response = try Response.localRedirect(to: PercentEncoding.decode(request.queryString))
                response.headers.append(HTTPField(name: .setCookie, value: "a=b"))
                response.body = .string("unseen")
                return response
            }
            if request.path == "/fail" { throw HTTPError(.badGateway) }
            let body = try await request.body.collect()
            return .text(
                "\(request.method) \(request.basePath) \(request.rawPath) \(request.path) \(request.queryString) "
                    + "\(request.target ?? "-") \(request.contentType ?? "-") \(body.count) \(request.id)")
        }
    }

    private func respond(
        to target: String, basePath: String = "/app", method: String = "POST", isCGI: Bool = false,
        with responder: any Responder = Pages()
    ) async -> Response {
        let request = Request.made(
            of: [
                "REQUEST_METHOD": method, "REQUEST_URI": "\(basePath)/to?\(target)", "SCRIPT_NAME": basePath,
                "PATH_INFO": "/to", "QUERY_STRING": target, "CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": "4",
                "REDIRECT_URL": "\(basePath)/to", "REQUEST_ID": "id-1",
            ], body: RequestBody([1, 2, 3, 4]), settings: .test(isCGI: isCGI))
        return await ErrorResponses.plain.respond(to: request, with: responder)
    }

    private func text(_ response: Response) -> String? {
        if case .string(let text) = response.body.storage { text } else { nil }
    }

    @Test("are followed within the application, as GET without a body", arguments: [false, true])
    func followed(isCGI: Bool) async {
        let response = await respond(to: "/app/a%20b//c?x=1#part", isCGI: isCGI)
        #expect(response.status == .ok && !response.isLocalRedirect)
        #expect(text(response) == "GET /app /a%20b//c /a b//c x=1 /app/a%20b//c?x=1 - 0 id-1")
        #expect(response.headers[.location] == nil)
        #expect(response.headers[values: .setCookie] == ["a=b"])
    }

    @Test("lead to the application's own root", arguments: ["", "/app"])
    func root(basePath: String) async {
        let target = basePath.isEmpty ? "/" : basePath
        let response = await respond(to: target, basePath: basePath, method: "HEAD")
        #expect(text(response) == "HEAD \(basePath) / /  \(target) - 0 id-1")
    }

    @Test("show its errors")
    func errors() async {
        #expect(await respond(to: "/app/fail").status == .badGateway)
        #expect(await respond(to: "/app/../x").status == .badRequest)
    }

    @Test("to elsewhere are the client's, or those of the CGI program's server", arguments: ["/x?y", "/apple", "/ap"])
    func elsewhere(target: String) async {
        let client = await respond(to: target)
        #expect(client.status == .found && !client.isLocalRedirect && client.body.length == 0)
        #expect(client.headers[.location] == target)
        #expect(client.headers[values: .setCookie] == ["a=b"])
        let server = await respond(to: target, isCGI: true)
        #expect(server.isLocalRedirect && server.headers[.location] == target)
    }

    @Test("end after ten in a row")
    func circle() async {
        let calls = Mutex(0)
        let circle = ClosureResponder { _ in
            calls.withLock { $0 += 1 }
            return try .localRedirect(to: "/app/again")
        }
        #expect(await respond(to: "", with: circle).status == .internalServerError)
        #expect(calls.withLock { $0 } == 11)
    }

    @Test("pass what is done after the response, and the end of the time, to the request that follows")
    func succession() async {
        let events = Mutex<[String]>([])
        let request = Request.made(of: ["REQUEST_METHOD": "GET", "REQUEST_URI": "/first"], settings: .test())
        let responder = ClosureResponder { asked in
            let isFirst = asked.path == "/first"
            var response = isFirst ? try Response.localRedirect(to: "/second") : .text("second")
            response.afterwards = { events.withLock { $0.append(asked.path) } }
            if !isFirst {
                request.head.timeOut()
                #expect(asked.head.hasTimedOut)
                #expect(asked.logger[metadataKey: "request.id"] == request.logger[metadataKey: "request.id"])
            }
            return response
        }
        let response = await ErrorResponses.plain.respond(to: request, with: responder)
        await response.afterwards?()
        #expect(text(response) == "second")
        #expect(events.withLock { $0 } == ["/first", "/second"])
    }
}
