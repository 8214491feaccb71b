import HTTPTypes

extension Request {
    /// Reads the body as a form, `application/x-www-form-urlencoded` or `multipart/form-data`.
    ///
    ///     let form = try await request.form()
    ///     let name = form["name"]
    ///     try await form.file("photo")?.save(to: path)
    ///
    /// A body is read once: whoever asks again, such as a handler behind a middleware that looked for a token, gets the same
    /// form, or the same error, whatever limits it names.
    /// - Parameter limits: How much is taken; ``formLimits`` unless told otherwise.
    /// - Throws: ``HTTPError`` 415 for another `Content-Type`, 400 for a malformed form, 413 over a limit;
    ///   ``UploadError`` when a file cannot be kept.
    public func form(limits: FormLimits? = nil) async throws -> Form {
        switch mediaType {
        case "application/x-www-form-urlencoded":
            try await head.form(of: body) { try await urlEncodedForm(limits ?? formLimits) }
        case "multipart/form-data":
            try await head.form(of: body) { try await multipartForm(limits ?? formLimits) }
        default:
            throw HTTPError(
                .unsupportedMediaType,
                "Send the form as application/x-www-form-urlencoded or multipart/form-data.")
        }
    }

    /// Whether `Content-Type` says that the body is a form, of either kind.
    public var hasFormBody: Bool {
        mediaType == "application/x-www-form-urlencoded" || mediaType == "multipart/form-data"
    }

    /// How much of a form is taken: what the configuration says, or a middleware in front has set.
    public var formLimits: FormLimits {
        get { self[FormLimitsKey.self] ?? head.formLimits }
        set { self[FormLimitsKey.self] = newValue }
    }

    private func urlEncodedForm(_ limits: FormLimits) async throws -> Form {
        let size = min(limits.size, limits.fieldsSize, body.limit)
        let bytes = try await body.collect(upTo: size)
        do {
            return Form(
                try URLEncodedForm(parsing: bytes, limits: .init(maximumPairs: limits.fields, maximumLength: size)))
        } catch {
            throw FormLimits.exceeded("text fields", limits.fields)
        }
    }

    private func multipartForm(_ limits: FormLimits) async throws -> Form {
        let size = min(limits.size, body.limit)
        if let length = body.length, length > size { throw RequestBody.tooLarge(size) }
        var builder = MultipartFormBuilder(
            boundary: try MultipartBoundary(contentType: contentType ?? ""), limits: limits)
        var received = 0
        for try await chunk in body {
            guard chunk.count <= size - received else { throw RequestBody.tooLarge(size) }
            received += chunk.count
            try builder.receive(chunk)
        }
        return try builder.finish()
    }
}

private enum FormLimitsKey: RequestKey { typealias Value = FormLimits }
