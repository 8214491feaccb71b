import HTTPTypes
import NestboxHTTP

/// Answers requests by a tree of routes.
struct RouterResponder: Responder {
    let tree: RouteTree

    func respond(to request: Request) async throws -> Response {
        // Routing is a function of its own, so that what it needs is not kept while the handler runs.
        var request = request
        switch try route(&request) {
        case .responder(let responder): return try await responder.respond(to: request)
        case .options(let allow, let middleware):
            let answer = ClosureResponder { _ in Response(status: .noContent, headers: [.allow: allow]) }
            return try await answer.wrapped(in: middleware).respond(to: request)
        }
    }

    private enum Destination {
        case responder(any Responder)
        case options(allow: String, [any Middleware])
    }

    private func route(_ request: inout Request) throws -> Destination {
        guard let match = tree.match(request.rawPath) else { throw HTTPError(.notFound) }
        guard let route = match.endpoint.route(for: request.method) else {
            let allow = match.endpoint.allow
            if request.method == .options {
                return .options(allow: allow, match.endpoint.middleware(for: request.preflightedMethod))
            }
            throw HTTPError(.methodNotAllowed, headers: [.allow: allow])
        }
        for (name, value) in zip(route.names, match.values) { request.parameters.append(name: name, value: value) }
        return .responder(route.responder)
    }
}

extension RouteTree.Endpoint {
    func route(for method: HTTPRequest.Method) -> RouteTree.Route? {
        responders[method] ?? (method == .head ? responders[.get] : nil) ?? any
    }

    /// The methods that this path answers, for `Allow`.
    var allow: String {
        var methods = Set(responders.keys.map(\.rawValue))
        if methods.contains("GET") { methods.insert("HEAD") }
        methods.insert("OPTIONS")
        return methods.sorted().joined(separator: ", ")
    }
}

extension RouteTree.Endpoint {
    /// The middleware that an automatic answer to `OPTIONS` passes: that of the route for the method that a preflight asks about, else
    /// that of any.
    fileprivate func middleware(for method: HTTPRequest.Method?) -> [any Middleware] {
        if let method, let route = route(for: method) { return route.middleware }
        return responders.min { $0.key.rawValue < $1.key.rawValue }?.value.middleware ?? []
    }
}

extension Request {
    /// The method that a browser asks about before it sends it (WHATWG Fetch §3.2.2).
    fileprivate var preflightedMethod: HTTPRequest.Method? {
        variables[nonEmpty: "HTTP_ACCESS_CONTROL_REQUEST_METHOD"].flatMap { HTTPRequest.Method($0) }
    }
}
