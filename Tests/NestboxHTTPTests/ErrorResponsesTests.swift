import HTTPTypes
import InMemoryLogging
import Logging
import NestboxHTTP
import Testing

@Suite("errors and their responses", .timeLimit(.minutes(1)))
struct ErrorResponsesTests {
    struct Secret: Error, CustomStringConvertible { var description = "the password is hunter2" }

    struct Teapot: ResponseError {
        var status = HTTPResponse.Status(code: 418)
        func response(to request: Request) -> Response { .text("\(request.method) tea", status: status) }
    }

    let log = InMemoryLogHandler()

    private func respond(
        _ errors: ErrorResponses = .plain, method: String = "GET", throwing error: any Error
    ) async -> Response {
        let log = log
        var logger = Logger(label: "test") { _ in log }
        logger.logLevel = .debug
        let request = Request.made(
            of: ["REQUEST_METHOD": method, "REQUEST_URI": "/x?y=z", "REQUEST_ID": "id-1"],
            settings: .test(logger: logger))
        return await errors.respond(to: request, with: ClosureResponder { _ in throw error })
    }

    private func text(_ response: Response) -> String? {
        if case .string(let text) = response.body.storage { text } else { nil }
    }

    @Test("of the client are answered with their status, message and fields, and not logged")
    func httpErrors() async {
        let response = await respond(throwing: HTTPError(.notFound, "No such bird.", headers: [.retryAfter: "5"]))
        #expect(response.status == .notFound)
        #expect(text(response) == "No such bird.\n")
        #expect(response.headers[.retryAfter] == "5")
        #expect(text(await respond(throwing: HTTPError(.gone))) == "Gone\n")
        #expect(log.entries.isEmpty)
    }

    @Test("that are not foreseen are a 500 whose cause is in the log alone, with the request's id")
    func unforeseen() async throws {
        let response = await respond(throwing: Secret())
        #expect(response.status == .internalServerError)
        #expect(text(response)?.contains("hunter2") == false)
        #expect(!response.headers.contains { $0.value.contains("hunter2") })
        #expect(log.entries.count == 1)
        let entry = try #require(log.entries.first)
        #expect(entry.level == .error)
        #expect(entry.message.description == "GET /x failed: the password is hunter2")
        #expect(entry.metadata["request.id"]?.description == "id-1")
        #expect(entry.metadata["error.type"]?.description == "Secret")
    }

    @Test("of the server are logged even when they are told to the client")
    func serverErrors() async {
        #expect(await respond(throwing: HTTPError(.serviceUnavailable)).status == .serviceUnavailable)
        #expect(log.entries.count == 1)
        #expect(await respond(throwing: Teapot(status: .badGateway)).status == .badGateway)
        #expect(log.entries.count == 2)
    }

    @Test("may bring their own response")
    func responseErrors() async {
        let response = await respond(throwing: Teapot())
        #expect(response.status.code == 418)
        #expect(text(response) == "GET tea")
        #expect(log.entries.isEmpty)
    }

    @Test("are rendered as the application likes; status and fields are the error's")
    func rendering() async {
        let errors = ErrorResponses { error, request in .html("<h1>\(error.message)</h1>\(request.id)") }
        let response = await respond(errors, throwing: HTTPError(.methodNotAllowed, headers: [.allow: "GET"]))
        #expect(response.status == .methodNotAllowed)
        #expect(response.headers[.allow] == "GET")
        #expect(text(response) == "<h1>Method Not Allowed</h1>id-1")
        #expect(text(await respond(errors, throwing: Secret())) == "<h1>Internal Server Error</h1>id-1")
    }

    @Test("that the application has no answer to, or fails to render, are answered as by default")
    func fallback() async {
        let errors = ErrorResponses { error, _ in
            switch error.status {
            case .notFound: .html("own")
            case .gone: throw Secret()
            default: nil
            }
        }
        #expect(text(await respond(errors, throwing: HTTPError(.notFound))) == "own")
        #expect(text(await respond(errors, throwing: HTTPError(.forbidden))) == "Forbidden\n")
        #expect(log.entries.isEmpty)
        let failed = await respond(errors, throwing: HTTPError(.gone))
        #expect(failed.status == .gone)
        #expect(text(failed) == "Gone\n")
        #expect(log.entries.count == 1)
    }

    @Test("of the request itself are answered before any handler sees it")
    func refusals() async {
        let response = await respond(method: "G T", throwing: Teapot())
        #expect(response.status == .badRequest)
    }

    @Test(
        "that are a cancellation are no error of the application, unless nobody cancelled it", arguments: [true, false])
    func cancellation(isCancelled: Bool) async {
        let task = Task {
            if isCancelled { withUnsafeCurrentTask { $0?.cancel() } }
            return await respond(throwing: CancellationError()).status
        }
        #expect(await task.value == .internalServerError)
        #expect(log.entries.map(\.level) == [isCancelled ? .debug : .error])
    }

    @Test("take the place of a status that is not final, wherever it comes from", arguments: [100, 103, 199, 600, 0])
    func interim(code: Int) async {
        let status = HTTPResponse.Status(code: code)
        #expect(await respond(throwing: HTTPError(status)).status == .internalServerError)
        #expect(await respond(throwing: Teapot(status: status)).status == .internalServerError)
        for fails in [false, true] {
            let request = Request.made(of: ["REQUEST_METHOD": "GET"])
            request.onResponse { $0.status = status }
            let responder = ClosureResponder { _ in
                if fails { throw HTTPError(.notFound) }
                return Response.text("page")
            }
            let response = await ErrorResponses.plain.respond(to: request, with: responder)
            #expect(response.status == .internalServerError)
        }
    }
}
