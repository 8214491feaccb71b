public import HTTPTypes

extension TestClient {
    /// Sends `GET`.
    public func get(_ target: String, headers: HTTPFields = [:]) async -> TestResponse {
        await send(.get, target, headers: headers)
    }

    /// Sends `HEAD`.
    public func head(_ target: String, headers: HTTPFields = [:]) async -> TestResponse {
        await send(.head, target, headers: headers)
    }

    /// Sends `POST`.
    public func post(_ target: String, headers: HTTPFields = [:], body: Body = .none) async -> TestResponse {
        await send(.post, target, headers: headers, body: body)
    }

    /// Sends `POST` with a value as JSON.
    /// - Throws: `EncodingError` for a value that JSON cannot say.
    public func post(_ target: String, headers: HTTPFields = [:], json value: some Encodable) async throws
        -> TestResponse
    {
        await post(target, headers: headers, body: try .json(value))
    }

    /// Sends `POST` with a form, as browsers do.
    public func post(
        _ target: String, headers: HTTPFields = [:], form fields: KeyValuePairs<String, String>
    ) async -> TestResponse {
        await post(target, headers: headers, body: .form(fields))
    }

    /// Sends `PUT`.
    public func put(_ target: String, headers: HTTPFields = [:], body: Body = .none) async -> TestResponse {
        await send(.put, target, headers: headers, body: body)
    }

    /// Sends `PATCH`.
    public func patch(_ target: String, headers: HTTPFields = [:], body: Body = .none) async -> TestResponse {
        await send(.patch, target, headers: headers, body: body)
    }

    /// Sends `DELETE`.
    public func delete(_ target: String, headers: HTTPFields = [:], body: Body = .none) async -> TestResponse {
        await send(.delete, target, headers: headers, body: body)
    }
}
