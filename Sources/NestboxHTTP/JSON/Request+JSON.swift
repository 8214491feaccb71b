extension Request {
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
