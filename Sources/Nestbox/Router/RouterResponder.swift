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
        case .options(let allow): return Response(status: .noContent, headers: [.allow: allow])
        }
    }

    private enum Destination {
        case responder(any Responder)
        case options(allow: String)
    }

    private func route(_ request: inout Request) throws -> Destination {
        guard let match = tree.match(request.rawPath) else { throw HTTPError(.notFound) }
        guard let route = match.endpoint.route(for: request.method) else {
            let allow = match.endpoint.allow
            if request.method == .options { return .options(allow: allow) }
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
