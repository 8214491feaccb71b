import FoundationEssentials
public import HTTPTypes

extension Response {
    /// A value as JSON, its keys in a fixed order.
    /// - Throws: `EncodingError` for a value that JSON cannot say, such as an infinite number.
    public static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return .bytes(Array(try encoder.encode(value)), type: "application/json", status: status)
    }
}
