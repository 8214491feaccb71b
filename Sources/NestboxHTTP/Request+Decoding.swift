import HTTPTypes

extension Request {
    /// Makes a value of the body, which `Content-Type` says to be JSON or a form of either kind.
    ///
    ///     let bird = try await request.decode(Bird.self)
    ///
    /// What becomes of the fields of forms is told at ``Form/decode(_:)``.
    /// - Parameters:
    ///   - type: What to make of it.
    ///   - limit: How many bytes at most. By default the limit of the application's configuration.
    /// - Throws: ``FieldError``, a 422, when a field is missing or has a value that does not fit; ``HTTPError`` 415 for
    ///   another `Content-Type`, 400 for a malformed body, 413 for one over a limit.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, upTo limit: Int? = nil) async throws -> Value
    {
        if hasFormBody {
            var limits = formLimits
            if let limit { limits.size = min(limits.size, limit) }
            return try await form(limits: limits).decode(type)
        }
        guard hasJSONBody else {
            throw HTTPError(
                .unsupportedMediaType,
                "Send the body as application/json, application/x-www-form-urlencoded or multipart/form-data.")
        }
        return try JSONBody(try await body.collect(upTo: limit)).decode(type)
    }
}
