public import HTTPTypes
public import NestboxHTTP

/// Finds the handler for a request by its method and path.
///
///     var router = Router()
///     router.get("/birds/{name}") { request in
///         try "A \(request.parameters.require("name"))\n"
///     }
///
/// `{name}` matches one segment that is not empty, `{name...}` all that follow. Text wins over a parameter. `GET` routes
/// answer `HEAD` too, and every path answers `OPTIONS`, unless there is a route for these; that passes the middleware of the
/// path's routes. Another method on a known path is answered with 405 and `Allow`, an unknown path with 404.
///
/// The path is what the client sent, where web servers choose their locations by a path that they have tidied up. So no
/// request comes here that has `.` or `..` as a segment, encoded or not, also between slashes that are encoded: it is
/// refused with 400. What a location of nginx keeps from `/admin/` no route below `/admin/` sees. Empty segments are no
/// danger to that: `//admin` is another path here, and the guarded one there. `TRACE`, `TRACK` and `CONNECT` are refused
/// with 405 before that.
///
/// A router is a value: what is added after it was given to an `Application` is not part of that.
public struct Router: Sendable {
    private struct Entry: Sendable {
        var method: HTTPRequest.Method?
        var pattern: String
        var responder: any Responder
        var middleware: [any Middleware]
    }

    private var entries: [Entry] = []
    private var middleware: [any Middleware] = []
    private let prefix: String

    /// Creates a router without routes.
    public init() {
        prefix = ""
    }

    private init(prefix: String) {
        self.prefix = prefix
    }

    /// Puts a middleware around the routes that are added after this, in this router or group.
    public mutating func use(_ middleware: any Middleware) {
        self.middleware.append(middleware)
    }

    /// Adds routes below a path, with middleware of their own.
    ///
    ///     router.group("/admin") { admin in
    ///         admin.use(RequireLogin())
    ///         admin.get("/users") { … }
    ///     }
    public mutating func group(_ path: String, _ routes: (inout Router) -> Void) {
        var group = Router(prefix: prefix + (path.hasSuffix("/") ? path.dropLast() : path[...]))
        group.middleware = middleware
        routes(&group)
        entries += group.entries
    }

    /// Adds a route for one method.
    public mutating func on(_ method: HTTPRequest.Method, _ path: String, respond responder: some Responder) {
        add(method, path, responder)
    }

    /// Adds a route for one method.
    ///
    ///     router.on(.options, "/birds") { … }
    public mutating func on<Result: ResponseConvertible>(
        _ method: HTTPRequest.Method, _ path: String, _ handler: @escaping @Sendable (Request) async throws -> Result
    ) { add(method, path, ClosureResponder { request in try await handler(request).response(to: request) }) }

    /// Adds a route for all methods that have no route of their own.
    public mutating func any(_ path: String, respond responder: some Responder) { add(nil, path, responder) }

    /// Adds a route for all methods that have no route of their own.
    ///
    ///     router.any("/echo") { request in "\(request.method)\n" }
    public mutating func any<Result: ResponseConvertible>(
        _ path: String, _ handler: @escaping @Sendable (Request) async throws -> Result
    ) { add(nil, path, ClosureResponder { request in try await handler(request).response(to: request) }) }

    private mutating func add(_ method: HTTPRequest.Method?, _ path: String, _ responder: some Responder) {
        // A group's own path is /admin, and not /admin/, when the route says "".
        entries.append(
            Entry(
                method: method, pattern: prefix + path, responder: responder.wrapped(in: middleware),
                middleware: middleware))
    }

    /// Adds a route for `GET`, which answers `HEAD` too.
    public mutating func get<Result: ResponseConvertible>(
        _ path: String, _ handler: @escaping @Sendable (Request) async throws -> Result
    ) { on(.get, path, handler) }

    /// Adds a route for `POST`.
    public mutating func post<Result: ResponseConvertible>(
        _ path: String, _ handler: @escaping @Sendable (Request) async throws -> Result
    ) { on(.post, path, handler) }

    /// Adds a route for `PUT`.
    public mutating func put<Result: ResponseConvertible>(
        _ path: String, _ handler: @escaping @Sendable (Request) async throws -> Result
    ) { on(.put, path, handler) }

    /// Adds a route for `PATCH`.
    public mutating func patch<Result: ResponseConvertible>(
        _ path: String, _ handler: @escaping @Sendable (Request) async throws -> Result
    ) { on(.patch, path, handler) }

    /// Adds a route for `DELETE`.
    public mutating func delete<Result: ResponseConvertible>(
        _ path: String, _ handler: @escaping @Sendable (Request) async throws -> Result
    ) { on(.delete, path, handler) }

    /// The routes as people read them.
    var table: RouteTable {
        RouteTable(
            entries.map { entry in
                RouteTable.Row(
                    method: entry.method?.rawValue ?? RouteTable.anyMethod, pattern: entry.pattern,
                    middleware: entry.middleware.map { "\(type(of: $0))" })
            })
    }

    /// Asks every middleware whether it can stand where it does, behind `outer` and those before it.
    func checkOrder(behind outer: [any Middleware]) throws {
        try outer.checkOrder(behind: [])
        for entry in entries { try entry.middleware.checkOrder(behind: outer) }
    }

    /// The middleware of all routes, as often as there are routes behind it.
    var allMiddleware: [any Middleware] { entries.flatMap(\.middleware) }

    /// Makes a responder of the routes.
    /// - Throws: ``RoutePatternError`` for a pattern that cannot be used, or a route that is there twice.
    public func responder() throws(RoutePatternError) -> some Responder {
        var tree = RouteTree()
        for entry in entries {
            let pattern = try RoutePattern(entry.pattern)
            let route = RouteTree.Route(
                responder: entry.responder, middleware: entry.middleware, names: pattern.parameterNames,
                pattern: entry.pattern)
            guard tree.insert(route, method: entry.method, pattern: pattern) else {
                let method = entry.method?.rawValue ?? "any method"
                throw RoutePatternError(entry.pattern, "there is one for \(method) already")
            }
        }
        return RouterResponder(tree: tree)
    }
}

extension RoutePattern {
    var parameterNames: [String] {
        segments.compactMap { segment in
            switch segment {
            case .text: nil
            case .parameter(let name), .rest(let name): name
            }
        }
    }
}

extension [any Middleware] {
    fileprivate func checkOrder(behind outer: [any Middleware]) throws {
        for (index, middleware) in enumerated() { try middleware.check(behind: outer + self[..<index]) }
    }
}
