import Glibc
import HTTPTypes
import Logging

/// Answers GET and HEAD requests for files that are there; all other requests go on to the routes.
///
///     try Application(router: router, middleware: [FileMiddleware("Public")])
///     try Application(router: router, middleware: [FileMiddleware("/srv/example", at: "/static")])
///
/// It belongs among the application's middleware: that of a router stands in front of its routes only. A file wins over a
/// route with its path. Behind a login, use ``Response/file(_:in:for:type:asAttachment:)`` in a route.
///
/// The path of the request is decoded once, segment by segment. For a directory its index is sent when the path
/// ends with a slash, else the client is led to the path with one; directories are never listed. See
/// ``Response/file(_:in:for:type:asAttachment:)`` for what a response has.
public struct FileMiddleware: Middleware {
    private let root: FileRoot
    private let prefix: String
    private let index: String?

    /// Creates a middleware.
    /// - Parameters:
    ///   - root: The directory; when it is none, the application does not start.
    ///   - prefix: The path below the mount point at which the directory is, such as `/static`; the root by default.
    ///   - index: What is sent for a directory, `index.html` by default; `nil` for nothing.
    public init(_ root: FileRoot, at prefix: String = "", index: String? = "index.html") {
        self.root = root
        self.index = index
        let path = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
        self.prefix = PercentEncoding.encode(path.isEmpty || path.hasPrefix("/") ? path : "/" + path, allowed: .path)
    }

    /// Answers with a file, or asks `next`.
    public func respond(to request: Request, next: any Responder) async throws -> Response {
        if let response = try response(to: request) { return response }
        return try await next.respond(to: request)
    }

    /// Refuses a root that is no directory.
    public func check(behind outer: [any Middleware]) throws {
        _ = try root.open()
    }

    // Not async, so that what it needs is not kept while the handler runs.
    private func response(to request: Request) throws -> Response? {
        guard request.method == .get || request.method == .head, let path = path(of: request) else { return nil }
        guard let root = open(for: request) else { return nil }
        if !path.namesDirectory {
            let entry = try self.entry(at: path, in: root, request)
            if let file = entry.file(for: request) { return try answer(file, path, request) }
            guard case .directory = entry else { return nil }
        }
        guard let index, let index = path.appending(index),
            let file = try entry(at: index, in: root, request).file(for: request)
        else { return nil }
        return path.namesDirectory ? try answer(file, index, request) : Self.redirect(request)
    }

    /// A root that was there at the start and is not any more keeps no route from answering.
    private func open(for request: Request) -> RootDescriptor? {
        do {
            return try root.open()
        } catch {
            request.logger.error("\(request): \(error)")
            return nil
        }
    }

    /// Nor do too many open files: whether there is one at the path cannot be told then.
    private func entry(
        at path: FilePath, in root: borrowing RootDescriptor, _ request: Request
    ) throws(FileError) -> FileEntry {
        do {
            return try root.open(path)
        } catch {
            guard error.errno == EMFILE || error.errno == ENFILE else { throw error }
            request.logger.error("\(request): \(error)")
            return .nothing(reason: ENOENT)
        }
    }

    private func path(of request: Request) -> FilePath? {
        let bytes = request.rawPath.utf8
        guard bytes.starts(with: prefix.utf8) else { return nil }
        let rest = bytes.dropFirst(prefix.utf8.count)
        guard let first = rest.first else {
            // The prefix itself, which is a directory without its slash.
            return FilePath.root
        }
        guard first == UInt8(ascii: "/") else { return nil }
        return FilePath(percentEncoded: Array(rest.dropFirst())[...], showsHidden: root.showsHidden)
    }

    private func answer(_ file: OpenFile, _ path: FilePath, _ request: Request) throws -> Response {
        try FileAnswer(file, path, root).response(to: request)
    }

    /// Leads to the same path with a slash: a relative reference, which stays on this host and works behind every proxy.
    private static func redirect(_ request: Request) -> Response? {
        guard let name = request.rawPath.split(separator: "/").last else { return nil }
        let query = request.queryString
        // What stands before a colon would be a scheme (RFC 3986 §4.2).
        let start = name.contains(":") ? "./" : ""
        return try? .redirect(to: "\(start)\(name)/\(query.isEmpty ? "" : "?\(query)")", status: .permanentRedirect)
    }
}
