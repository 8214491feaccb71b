public import HTTPTypes

/// What a handler may return.
public protocol ResponseConvertible: SendableMetatype {
    /// The response that this value stands for.
    func response(to request: Request) throws -> Response
}

extension Response: ResponseConvertible {
    /// Itself.
    public func response(to request: Request) -> Response { self }
}

extension String: ResponseConvertible {
    /// `200 OK` with this text.
    public func response(to request: Request) -> Response { .text(self) }
}

extension HTTPResponse.Status: ResponseConvertible {
    /// This status without a body.
    public func response(to request: Request) -> Response { Response(status: self) }
}

extension Optional: ResponseConvertible where Wrapped: ResponseConvertible {
    /// The wrapped value's response, or `204 No Content`.
    public func response(to request: Request) throws -> Response {
        try self?.response(to: request) ?? Response(status: .noContent)
    }
}
