/// Something that answers requests: a router, a handler, a chain of middleware.
public protocol Responder: Sendable {
    /// Answers a request.
    /// - Throws: An ``HTTPError`` or ``ResponseError`` to answer with; anything else becomes a 500.
    func respond(to request: Request) async throws -> Response
}

/// A responder made of a closure.
public struct ClosureResponder: Responder {
    private let closure: @Sendable (Request) async throws -> Response

    /// Creates a responder that calls `closure`.
    public init(_ closure: @escaping @Sendable (Request) async throws -> Response) {
        self.closure = closure
    }

    /// Calls the closure.
    public func respond(to request: Request) async throws -> Response {
        try await closure(request)
    }
}
