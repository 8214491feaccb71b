import HTTPTypes
import NestboxHTTP

/// Answers requests by a tree of routes.
struct RouterResponder: Responder {
    let tree: RouteTree

    func respond(to request: Request) async throws -> Response {
        guard let match = tree.match(request.rawPath) else { throw HTTPError(.notFound) }
        guard let route = match.endpoint.route(for: request.method) else {
            let allow = match.endpoint.allow
            if request.method == .options {
                return Response(status: .noContent, headers: [.allow: allow])
            }
            throw HTTPError(.methodNotAllowed, headers: [.allow: allow])
        }
        if route.names.isEmpty { return try await route.responder.respond(to: request) }
        var request = request
        for (name, value) in zip(route.names, match.values) { request.parameters.append(name: name, value: value) }
        return try await route.responder.respond(to: request)
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
