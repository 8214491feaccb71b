import FoundationEssentials
import HTTPTypes
import NestboxHTTP
import Synchronization

extension TestClient {
    /// The body of a request.
    public struct Body: Sendable {
        let chunks: [[UInt8]]
        /// What goes into `CONTENT_LENGTH`, when that is known beforehand.
        let length: Int?
        let type: String?

        private init(_ chunks: [[UInt8]], length: Int?, type: String?) {
            self.chunks = chunks.filter { !$0.isEmpty }
            self.length = length
            self.type = type
        }

        /// No body.
        public static let none = Body([], length: nil, type: nil)

        /// These bytes.
        public static func bytes(_ bytes: [UInt8], type: String? = "application/octet-stream") -> Body {
            Body([bytes], length: bytes.count, type: type)
        }

        /// A text in UTF-8.
        public static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Body {
            .bytes(Array(text.utf8), type: type)
        }

        /// A value as JSON.
        /// - Throws: `EncodingError` for a value that JSON cannot say.
        public static func json(_ value: some Encodable) throws -> Body {
            .bytes(Array(try JSONEncoder().encode(value)), type: "application/json")
        }

        /// A form as `application/x-www-form-urlencoded`; names may repeat.
        public static func form(_ fields: KeyValuePairs<String, String>) -> Body {
            let form = URLEncodedForm(fields.map { URLEncodedForm.Field(name: $0.key, value: $0.value) })
            return .text(form.serialized, type: "application/x-www-form-urlencoded")
        }

        /// A body that comes in pieces and whose length is not told, like a chunked upload.
        public static func chunks(_ chunks: [[UInt8]], type: String? = "application/octet-stream") -> Body {
            Body(chunks, length: nil, type: type)
        }
    }

    /// Hands out a body piece by piece, by the rules that gateways have for lengths and limits.
    final class BodySource: RequestBody.Source {
        private let chunks: Mutex<ArraySlice<[UInt8]>>
        private let received = Mutex(0)
        private let declared: Int?
        private let limit: Int

        init(_ chunks: [[UInt8]], declared: Int?, limit: Int) {
            self.chunks = Mutex(chunks[...])
            self.declared = declared
            self.limit = limit
        }

        func next() async throws -> [UInt8]? {
            try Task.checkCancellation()
            let chunk = chunks.withLock { $0.popFirst() }
            return try received.withLock { received in
                let left = declared.map { $0 - received }
                if left == 0 { return nil }
                guard let chunk else {
                    guard left == nil else {
                        throw HTTPError(.badRequest, "The request body is shorter than it was declared.")
                    }
                    return nil
                }
                let part = left.map { Array(chunk.prefix($0)) } ?? chunk
                received += part.count
                if declared == nil, received > limit { throw RequestBody.tooLarge(limit) }
                return part
            }
        }
    }
}
