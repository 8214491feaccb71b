import HTTPTypes

extension Request {
    /// Reads the body as a form, `application/x-www-form-urlencoded` or `multipart/form-data`.
    ///
    ///     let form = try await request.form()
    ///     let name = form["name"]
    ///     try await form.file("photo")?.save(to: path)
    ///
    /// A body is read once: whoever asks again, such as a handler behind a middleware that looked for a token, gets the same
    /// form. Each one's limits hold, also for a form that another has read; one that was refused stays so.
    /// - Parameter limits: How much is taken; ``formLimits`` unless told otherwise.
    /// - Throws: ``HTTPError`` 415 for another `Content-Type`, 400 for a malformed form, 413 over a limit;
    ///   ``UploadError`` when a file cannot be kept.
    public func form(limits: FormLimits? = nil) async throws -> Form {
        let limits = limits ?? formLimits
        let received: ReceivedForm
        switch mediaType {
        case "application/x-www-form-urlencoded":
            received = try await head.form(of: body) { try await urlEncodedForm(limits) }
        case "multipart/form-data":
            received = try await head.form(of: body) { try await multipartForm(limits) }
        default:
            throw HTTPError(
                .unsupportedMediaType,
                "Send the form as application/x-www-form-urlencoded or multipart/form-data.")
        }
        return try received.form(within: limits, of: body)
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

    /// Reads the body as ``form(limits:)`` does, for a middleware that looks for one field, such as a token.
    ///
    /// Whoever asks again gets the same form; the bytes of a URL-encoded one can be read, too.
    package mutating func formAhead() async throws -> Form {
        // Whoever has read the form before has had the bytes, too.
        guard mediaType == "application/x-www-form-urlencoded", !head.hasForm(of: body) else { return try await form() }
        let limits = formLimits
        let bytes = try await body.collect(upTo: urlEncodedSize(limits))
        body = RequestBody(bytes)
        return try await head.form(of: body) { try urlEncodedForm(bytes, limits) }.form
    }

    private func urlEncodedSize(_ limits: FormLimits) -> Int { min(limits.size, limits.fieldsSize, body.limit) }

    private func urlEncodedForm(_ limits: FormLimits) async throws -> ReceivedForm {
        try urlEncodedForm(try await body.collect(upTo: urlEncodedSize(limits)), limits)
    }

    private func urlEncodedForm(_ bytes: [UInt8], _ limits: FormLimits) throws -> ReceivedForm {
        do {
            let limits = URLEncodedForm.Limits(maximumPairs: limits.fields, maximumLength: bytes.count)
            let form = Form(try URLEncodedForm(parsing: bytes, limits: limits))
            return ReceivedForm(form: form, size: bytes.count, fields: form.count, fieldsSize: bytes.count)
        } catch {
            throw FormLimits.exceeded("text fields", limits.fields)
        }
    }

    private func multipartForm(_ limits: FormLimits) async throws -> ReceivedForm {
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
        return try builder.finish(received: received)
    }
}

private enum FormLimitsKey: RequestKey { typealias Value = FormLimits }
