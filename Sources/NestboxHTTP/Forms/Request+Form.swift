import HTTPTypes

extension Request {
    /// Reads the body as a form (`application/x-www-form-urlencoded`).
    /// - Parameter limit: How many bytes at most. By default the limit of the application's configuration.
    /// - Throws: ``HTTPError`` 415 for another `Content-Type`, 400 for more than 1,000 fields, 413 over the limit.
    public func form(upTo limit: Int? = nil) async throws -> URLEncodedForm {
        guard hasFormBody else {
            throw HTTPError(.unsupportedMediaType, "Send the form as application/x-www-form-urlencoded.")
        }
        let bytes = try await body.collect(upTo: limit)
        do {
            return try URLEncodedForm(parsing: bytes, limits: .init(maximumLength: bytes.count))
        } catch {
            throw HTTPError(.badRequest, "The form has too many fields: \(error)")
        }
    }

    /// Whether `Content-Type` says that the body is a form.
    public var hasFormBody: Bool { mediaType == "application/x-www-form-urlencoded" }
}
