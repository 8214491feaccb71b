import HTTPTypes
import NestboxHTTP

/// Answers errors where the application is written: with what was thrown, the request and the routes.
///
/// Only `environment=development` brings it in.
struct DevelopmentErrors: Sendable {
    let routes: RouteTable
    /// The types of the application's middleware, the outermost first.
    let middleware: [String]
    /// What finds the route of a request.
    private let tree: RouteTree?

    init(router: Router?, middleware: [String]) {
        routes = router?.table ?? RouteTable([])
        tree = ((try? router?.responder()) as? RouterResponder)?.tree
        self.middleware = middleware
    }

    func response(to cause: ErrorCause) -> Response {
        let report = DevelopmentReport(cause, self)
        var response: Response
        switch ErrorFormat(for: cause.request) {
        case .html: response = DevelopmentPage(report).response
        case .json: response = report.json
        case .text: response = .text(report.text)
        }
        response.headers[.cacheControl] = "no-store"
        response.headers.addVary("Accept")
        return response
    }

    /// The route that a request went to, if it went to one.
    func route(of request: Request) -> RouteTable.Row? {
        guard let endpoint = tree?.match(request.rawPath)?.endpoint, let route = endpoint.route(for: request.method)
        else {
            return nil
        }
        let method = endpoint.responders[request.method] == nil ? nil : request.method.rawValue
        let rows = routes.rows.filter { $0.pattern == route.pattern }
        return rows.first { $0.method == method } ?? rows.first { $0.method == "GET" && request.method == .head }
            ?? rows.first { $0.method == RouteTable.anyMethod } ?? rows.first
    }
}
