public import HTTPTypes

/// An answer: a status, header fields and a body.
///
/// `Content-Length` is added by the gateway, and so is a `Content-Type` that is missing beside a body. `Date`,
/// `Server` and everything about the connection belong to the web server.
public struct Response: Sendable {
    /// The status, `200 OK` by default.
    public var status: HTTPResponse.Status
    /// The header fields.
    ///
    /// `HTTPFields` turns bytes that no field value may hold (CR, LF, NUL) into spaces. Use
    /// ``setHeader(_:_:)`` for names and values that come from outside: it refuses them. `X-Accel-Redirect`, `X-Sendfile`
    /// and the like are not sent from here: they would let the web server send any file; see ``FileHandOff``.
    public var headers: HTTPFields
    /// The body.
    public var body: ResponseBody

    /// Whether `Location` stands alone (RFC 3875 §6.2.2); see ``localRedirect(to:)``.
    package var isLocalRedirect = false
    /// The header field by which the web server is told to send a file in place of the body; see ``FileHandOff``.
    package var handOff: (name: String, value: String)?
    /// What the gateway does when the response has been sent.
    package var afterwards: (@Sendable () async -> Void)?

    /// Creates a response.
    public init(status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], body: ResponseBody = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    private init(status: HTTPResponse.Status, contentType: String, body: ResponseBody) {
        self.init(status: status, body: body)
        headers.append(HTTPField(name: .contentType, value: contentType))
    }

    /// Plain text in UTF-8.
    public static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, contentType: "text/plain; charset=utf-8", body: .string(text))
    }

    /// A page of HTML in UTF-8; nothing is escaped here.
    public static func html(_ html: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, contentType: "text/html; charset=utf-8", body: .string(html))
    }

    /// Bytes of any type.
    public static func bytes(
        _ bytes: [UInt8], type: String = "application/octet-stream", status: HTTPResponse.Status = .ok
    ) -> Response {
        Response(status: status, contentType: type, body: .bytes(bytes))
    }

    /// A body that is written while it is made; see ``ResponseBody/stream(length:_:)``.
    ///
    /// What is written goes to the client at once, also through nginx, which is told so by `X-Accel-Buffering: no`; a
    /// client that reads slowly holds back the handler. With `buffered` nginx takes it as fast as it is made, into its
    /// buffers and a file, and passes it on when it likes: for what is large and quickly made.
    public static func stream(
        type: String = "application/octet-stream", length: Int? = nil, status: HTTPResponse.Status = .ok,
        buffered: Bool = false, _ produce: @escaping @Sendable (ResponseBodyWriter) async throws -> Void
    ) -> Response {
        var response = Response(status: status, contentType: type, body: .stream(length: length, produce))
        if !buffered, let name = HTTPField.Name.accelBuffering {
            response.headers.append(HTTPField(name: name, value: "no"))
        }
        return response
    }
}

extension Response {
    /// Adds a header field whose name or value comes from outside.
    ///
    /// Fields of one name are kept side by side, in order.
    /// - Throws: ``HeaderFieldError`` when the name is no token, or the value holds CR, LF, NUL or another
    ///   control character (RFC 9110 §5.5): response splitting starts with these. A value does not start or end with
    ///   a space or a tab either.
    public mutating func addHeader(_ name: String, _ value: String) throws(HeaderFieldError) {
        headers.append(try HTTPField(validating: name, value))
    }

    /// Sets a header field whose name or value comes from outside, replacing all of that name.
    /// - Throws: As ``addHeader(_:_:)``.
    public mutating func setHeader(_ name: String, _ value: String) throws(HeaderFieldError) {
        let field = try HTTPField(validating: name, value)
        headers[fields: field.name] = [field]
    }

    /// Adds a `Set-Cookie` field.
    public mutating func setCookie(_ cookie: Cookie) {
        headers.append(HTTPField(name: .setCookie, value: cookie.headerValue))
    }
}

extension HTTPField.Name {
    /// Tells nginx whether to buffer a response; clients never see it there.
    package static let accelBuffering = HTTPField.Name("X-Accel-Buffering")
}

/// A header field that would not be sent as it was given.
public enum HeaderFieldError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name is not a token of RFC 9110 §5.6.2.
    case invalidName(String)
    /// The value of this field holds a control character, or a space or a tab at one of its ends.
    case invalidValue(name: String)

    /// What is wrong, without the value, which may be secret.
    public var description: String {
        switch self {
        case .invalidName(let name): "\(name.debugDescription) is no header field name"
        case .invalidValue(let name):
            "the value of header field '\(name)' holds a control character, or a space at one of its ends"
        }
    }
}

extension HTTPField {
    /// Creates a field, refusing what ``init(name:value:)`` would change.
    init(validating name: String, _ value: String) throws(HeaderFieldError) {
        guard let fieldName = Name(name) else { throw .invalidName(name) }
        guard HTTPField.isValidValue(value) else { throw .invalidValue(name: name) }
        self.init(name: fieldName, value: value)
    }
}
