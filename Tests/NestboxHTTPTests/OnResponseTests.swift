import HTTPTypes
import NestboxHTTP
import Testing

@Suite("what is done to every response", .timeLimit(.minutes(1)))
struct OnResponseTests {
    private struct Mark: Middleware {
        var name: String

        func respond(to request: Request, next: any Responder) async throws -> Response {
            request.onResponse { [name] in $0.headers[.server] = ($0.headers[.server] ?? "") + name }
            return try await next.respond(to: request)
        }
    }

    private struct OwnError: Error {}

    private func answer(_ request: Request, _ handler: @escaping @Sendable (Request) async throws -> Response) async
        -> Response
    {
        let responder = ClosureResponder(handler).wrapped(in: [Mark(name: "outer"), Mark(name: "inner")])
        return await ErrorResponses.plain.respond(to: request, with: responder)
    }

    @Test("is done to what a handler returns, from the inside to the outside")
    func response() async {
        let response = await answer(.made(of: ["REQUEST_METHOD": "GET"])) { _ in .text("page") }
        #expect(response.headers[.server] == "innerouter")
    }

    @Test("is done to what an error becomes", arguments: [HTTPError(.notFound), OwnError()] as [any Error])
    func errors(error: any Error) async {
        let response = await answer(.made(of: ["REQUEST_METHOD": "GET"])) { _ in throw error }
        #expect(response.status.code == (error is HTTPError ? 404 : 500))
        #expect(response.headers[.server] == "innerouter")
    }

    @Test("is done to an answer that the gateway makes later, and not to what comes after the end")
    func later() async {
        let request = Request.made(of: ["REQUEST_METHOD": "GET"])
        _ = await answer(request) { _ in .text("page") }
        let second = ErrorResponses.plain.response(for: HTTPError(.gatewayTimeout), to: request)
        #expect(second.headers[.server] == "innerouter")
        request.head.endResponse()
        request.onResponse { $0.headers[.server] = "late" }
        let third = ErrorResponses.plain.response(for: HTTPError(.gatewayTimeout), to: request)
        #expect(third.headers[.server] == nil)
    }

    @Test("errors come through middleware as they were thrown")
    func unchanged() async {
        struct Catcher: Middleware {
            func respond(to request: Request, next: any Responder) async throws -> Response {
                do {
                    return try await next.respond(to: request)
                } catch is OwnError {
                    return .text("caught")
                }
            }
        }
        let responder = ClosureResponder { _ in throw OwnError() }.wrapped(in: [Catcher(), Mark(name: "inner")])
        let response = await ErrorResponses.plain.respond(to: .made(of: ["REQUEST_METHOD": "GET"]), with: responder)
        #expect(response.status == .ok)
        #expect(response.headers[.server] == "inner")
    }

    @Test("nothing that was caught in it outlives the request")
    func release() async {
        final class Witness: Sendable {}
        weak var witness: Witness?
        do {
            let request = Request.made(of: ["REQUEST_METHOD": "GET"])
            let object = Witness()
            witness = object
            request.onResponse { [object] response in
                _ = object
                _ = request
                response.headers[.server] = nil
            }
            request.head.endResponse()
        }
        #expect(witness == nil)
    }

    @Test("a nonce is the same for one request and no other's")
    func nonce() {
        let (one, other) = (Request.made(of: ["REQUEST_METHOD": "GET"]), Request.made(of: ["REQUEST_METHOD": "GET"]))
        #expect(one.head.knownNonce == nil)
        let nonce = one.cspNonce
        #expect(nonce.utf8.count == 32 && nonce.allSatisfy(\.isHexDigit))
        #expect(one.cspNonce == nonce)
        #expect(one.head.knownNonce == nonce)
        #expect(other.cspNonce != nonce)
    }
}
