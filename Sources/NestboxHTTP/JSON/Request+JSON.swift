import FoundationEssentials
import HTTPTypes

extension Request {
    /// Reads the body as JSON.
    ///
    ///     let bird = try await request.decode(Bird.self)
    ///
    /// - Parameters:
    ///   - type: What to make of it.
    ///   - limit: How many bytes at most. By default the limit of the application's configuration.
    /// - Throws: ``HTTPError`` 415 when the `Content-Type` is not JSON, 400 for malformed JSON or values that do not
    ///   fit, 413 for a body over the limit.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, upTo limit: Int? = nil) async throws -> Value
    {
        guard hasJSONBody else {
            throw HTTPError(.unsupportedMediaType, "Send the body as application/json.")
        }
        let bytes = try await body.collect(upTo: limit)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw HTTPError(.badRequest, error.clientMessage)
        }
    }

    /// Whether `Content-Type` is `application/json` or ends in `+json` (RFC 6839 §3.1).
    public var hasJSONBody: Bool {
        guard let type = mediaType else { return false }
        return type == "application/json" || type.hasSuffix("+json")
    }

    /// The media type of the body in lower case, without parameters.
    var mediaType: String? {
        guard let type = contentType?.split(separator: ";", maxSplits: 1).first else { return nil }
        return type.trimmingOWS().lowercased()
    }
}

extension DecodingError {
    /// What is wrong and where, in words for the client: names of fields, no values.
    fileprivate var clientMessage: String {
        switch self {
        case .keyNotFound(let key, let context): "\(Self.path(context.codingPath + [key])) is missing."
        case .typeMismatch(_, let context): "\(Self.path(context.codingPath)) has the wrong type."
        case .valueNotFound(_, let context): "\(Self.path(context.codingPath)) is null."
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            "\(Self.path(context.codingPath)) has a value that is not allowed."
        default: "The body is not valid JSON."
        }
    }

    private static func path(_ path: [any CodingKey]) -> String {
        path.isEmpty
            ? "The body"
            : "'" + path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".") + "'"
    }
}
