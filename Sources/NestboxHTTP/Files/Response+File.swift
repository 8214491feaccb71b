import HTTPTypes

extension Response {
    /// A file below a root.
    ///
    ///     router.get("/reports/{name}") { request in
    ///         try await Response.file(request.parameters.require("name"), in: reports, for: request)
    ///     }
    ///
    /// The response has a type, an entity tag, `Last-Modified`, the root's `Cache-Control` and
    /// `X-Content-Type-Options: nosniff`. Conditional fields of a GET or HEAD request are answered (RFC 9110 §13), and so are
    /// ranges of a GET request, one or several (§14). The file is read while it is sent, and when it becomes shorter
    /// meanwhile, the response breaks off. A web server sends it in the application's place where ``FileHandOff`` says so.
    ///
    /// What users have uploaded is best sent `asAttachment`: a browser that shows another's HTML or SVG runs its scripts.
    /// - Parameters:
    ///   - path: The path below the root; decoded text, which may come from a client.
    ///   - root: The directory.
    ///   - request: The request that is answered.
    ///   - type: The media type; by default what the extension says, and `application/octet-stream` for unknown ones.
    ///   - name: Makes browsers save the file under this name, which may come from a user.
    /// - Throws: ``HTTPError`` 404 when there is no such file, or only a directory, a link that leads out of the root,
    ///   something that is no regular file, or one that the program may not read; 412 and 416 as the request's fields say.
    ///   ``FileError`` when the root cannot be opened or the system fails.
    public static func file(
        _ path: String, in root: FileRoot, for request: Request, type: String? = nil, asAttachment name: String? = nil
    ) async throws -> Response {
        guard let path = FilePath(path, showsHidden: root.showsHidden), !path.namesDirectory else {
            throw HTTPError(.notFound)
        }
        let entry: FileEntry = try root.open().open(path)
        guard let file = entry.file(for: request) else { throw HTTPError(.notFound) }
        var answer = FileAnswer(file, path, root)
        if let type { answer.type = type }
        answer.disposition = name.map { ContentDisposition.attachment($0) }
        return try answer.response(to: request)
    }
}
