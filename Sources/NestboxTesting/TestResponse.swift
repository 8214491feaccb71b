import FoundationEssentials
public import HTTPTypes
import NestboxGateway
import NestboxHTTP

/// The response to a request of a ``TestClient``, as a gateway would have sent it.
public struct TestResponse: Sendable {
    /// The status.
    public let status: HTTPResponse.Status
    /// The header fields, those that gateways add among them.
    public let headers: HTTPFields
    /// The bytes of the body.
    ///
    /// Of a stream that failed, those that were sent.
    public let body: [UInt8]
    /// Why the response is broken, when it is.
    ///
    /// The error of a stream that failed after its first bytes, or a ``TestingError`` when the header block is malformed.
    /// Web servers answer 502 or cut the response off.
    public let failure: (any Error)?
    /// What the application threw, when this response is the answer to an error.
    public let error: (any Error)?

    init(_ response: Response, _ buffered: BufferedResponse, error: (any Error)?) {
        self.error = error
        do {
            let parsed = try CGIResponse(parsing: buffered.bytes)
            status = HTTPResponse.Status(code: parsed.status, reasonPhrase: parsed.reasonPhrase ?? "")
            headers = parsed.headerFields
            body = parsed.body
            failure = buffered.failure
        } catch {
            status = response.status
            headers = response.headers
            body = []
            failure = buffered.failure ?? error
        }
    }

    /// The body as text; bytes that are not UTF-8 come out as U+FFFD.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The cookies that the response sets or deletes, in order.
    public var setCookies: [SetCookie] {
        headers[values: .setCookie].compactMap { SetCookie(parsing: $0) }
    }

    /// Reads the body as JSON, whatever its type.
    /// - Throws: `DecodingError`, or ``failure`` when the response is broken.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        if let failure { throw failure }
        return try JSONDecoder().decode(type, from: Data(body))
    }
}

extension TestResponse: CustomStringConvertible {
    /// Status, type and length, and what went wrong, for messages of failed tests.
    public var description: String {
        var parts = ["\(status.code)", headers[.contentType] ?? "no type", "\(body.count) bytes"]
        if let error { parts.append("error: \(error)") }
        if let failure { parts.append("broken: \(failure)") }
        return parts.joined(separator: ", ")
    }
}
