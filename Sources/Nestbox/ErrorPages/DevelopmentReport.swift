import FoundationEssentials
import HTTPTypes
import NestboxHTTP

/// What the author of an application wants to know of an error.
struct DevelopmentReport {
    let error: HTTPError
    /// The type of what was thrown.
    let type: String
    /// What was thrown, in its own words.
    let causeText: String
    let request: Request
    /// Where the request went, if it went anywhere.
    let route: RouteTable.Row?
    /// The routes most like what was asked for, when there is none for it.
    let nearest: [RouteTable.Row]
    let routes: RouteTable
    let middleware: [String]

    init(_ cause: ErrorCause, _ development: DevelopmentErrors) {
        error = cause.error
        // Where a private type is declared, the compiler says with an address.
        type = String(reflecting: Swift.type(of: cause.cause)).replacing(
            #/\(unknown context at \$[0-9a-f]+\)\./#, with: "")
        causeText = Redaction.shortened("\(cause.cause)", to: 10_000)
        request = cause.request
        route = development.route(of: cause.request)
        routes = development.routes
        middleware = development.middleware
        nearest = route == nil && [404, 405].contains(error.status.code) ? routes.nearest(to: cause.request.path) : []
    }

    var title: String { "\(error.status.code) \(error.status.phrase)" }

    /// Whether what was thrown says more than the client is told.
    var hasCause: Bool { causeText != "\(error)" }

    /// For those who asked by `curl`.
    var text: String {
        var lines = [error.message]
        lines += error.fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        lines.append("\(type): \(causeText)")
        if let route { lines.append("Route: \(route.method) \(route.pattern)") }
        if !nearest.isEmpty { lines.append("Nearest routes:\n" + RouteTable(nearest).text) }
        lines.append("Request: \(request.id)")
        return lines.joined(separator: "\n") + "\n"
    }

    /// For scripts.
    var json: Response {
        let content = Content(
            error: error.message, fields: error.fields.isEmpty ? nil : error.fields,
            cause: .init(type: type, text: causeText), route: route.map { "\($0.method) \($0.pattern)" },
            nearestRoutes: nearest.isEmpty ? nil : nearest.map { "\($0.method) \($0.pattern)" }, request: request.id)
        return (try? .json(content)) ?? .text(text)
    }

    private struct Content: Encodable {
        var error: String
        var fields: [String: String]?
        var cause: Cause
        var route: String?
        var nearestRoutes: [String]?
        var request: String

        struct Cause: Encodable {
            var type: String
            var text: String
        }
    }
}
