import HTTPTypes
import NestboxHTTP

/// A part of a multipart form that a test sends.
struct SentPart {
    var disposition: String
    var type: String?
    var data: [UInt8]

    static func text(_ name: String, _ value: String) -> SentPart {
        SentPart(disposition: "name=\"\(name)\"", type: nil, data: Array(value.utf8))
    }

    static func file(_ name: String, _ data: [UInt8]) -> SentPart { file(name, "f", data) }

    static func file(
        _ name: String, _ filename: String, type: String? = "application/octet-stream", _ data: [UInt8]
    ) -> SentPart {
        SentPart(disposition: "name=\"\(name)\"; filename=\"\(filename)\"", type: type, data: data)
    }

    static func body(_ parts: [SentPart]) -> [UInt8] {
        var body: [UInt8] = []
        for part in parts {
            body += Array("--b\r\nContent-Disposition: form-data; \(part.disposition)\r\n".utf8)
            if let type = part.type { body += Array("Content-Type: \(type)\r\n".utf8) }
            body += Array("\r\n".utf8) + part.data + Array("\r\n".utf8)
        }
        return body + Array("--b--\r\n".utf8)
    }
}

extension Request {
    /// A request with a multipart form.
    static func multipart(_ parts: SentPart..., settings: RequestSettings = .test()) -> Request {
        .multipart(SentPart.body(parts), settings: settings)
    }

    static func multipart(_ body: [UInt8], settings: RequestSettings = .test()) -> Request {
        .made(
            of: ["CONTENT_TYPE": "multipart/form-data; boundary=b"], body: RequestBody(body), settings: settings)
    }

    static func urlEncoded(_ text: String, settings: RequestSettings = .test()) -> Request {
        .made(
            of: ["CONTENT_TYPE": "application/x-www-form-urlencoded"], body: RequestBody(Array(text.utf8)),
            settings: settings)
    }
}

/// The status and the message of what was thrown.
func refusal(_ work: () async throws -> Void) async -> (status: Int, message: String)? {
    do {
        try await work()
        return nil
    } catch {
        let answer = error as? HTTPError ?? (error as? any HTTPErrorConvertible)?.httpError
        return answer.map { ($0.status.code, $0.message) }
    }
}
