import HTTPTypes
import NestboxHTTP
import Testing

@Suite("middleware", .timeLimit(.minutes(1)))
struct MiddlewareTests {
    struct Tag: Middleware {
        var name: String
        func respond(to request: Request, next: any Responder) async throws -> Response {
            var request = request
            request.path += name
            var response = try await next.respond(to: request)
            try response.addHeader("Vary", name)
            return response
        }
    }

    struct Stop: Middleware {
        func respond(to request: Request, next: any Responder) async throws -> Response { .text("stopped") }
    }

    private let handler = ClosureResponder { .text($0.path) }

    @Test("is passed from the first one inwards, and left the other way")
    func order() async throws {
        let response = try await handler.wrapped(in: [Tag(name: "a"), Tag(name: "b"), Tag(name: "c")])
            .respond(to: .made(of: ["REQUEST_URI": "/"]))
        #expect(response.headers[values: .vary] == ["c", "b", "a"])
        guard case .string("/abc") = response.body.storage else { return #expect(Bool(false)) }
    }

    @Test("may answer by itself")
    func stopping() async throws {
        let response = try await handler.wrapped(in: [Tag(name: "a"), Stop(), Tag(name: "b")]).respond(
            to: .made(of: [:]))
        #expect(response.headers[values: .vary] == ["a"])
    }

    @Test("is not needed")
    func none() async throws {
        #expect(try await handler.wrapped(in: []).respond(to: .made(of: [:])).status == .ok)
    }
}
