import Logging
import NestboxHTTP
import Synchronization

extension FuzzTarget {
    /// Multipart bodies: the first line is the boundary, and all that follows is the body.
    static let multipart = FuzzTarget("multipart") { input in
        let (first, body) = input.firstLine
        let boundary = try (try? MultipartBoundary(first)) ?? MultipartBoundary(Array("X".utf8))
        let whole = MultipartOutcome(boundary, [body[...]])
        let pieces = MultipartOutcome(boundary, body.pieces(upTo: 20))
        let bytewise = MultipartOutcome(boundary, body.pieces(upTo: 1))
        try expect(
            whole == bytewise && pieces == bytewise,
            "pieces change nothing: \(whole) in one, \(pieces) in pieces, \(bytewise) byte by byte")
        guard whole.error == nil else { return }
        try expect(whole.hasEnded && whole.parts.allSatisfy(\.hasEnded), "a form that is complete has an end")
        for part in whole.parts {
            try expect(part.header.filename?.utf8.contains { slashes.contains($0) } != true, "a filename is no path")
            try expect(![".", ".."].contains(part.header.filename), "a filename is no directory")
            try expect(
                part.header.filename?.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } != true,
                "a filename has no control characters")
        }
        // Escapes, and U+FFFD for what is no UTF-8, take more room.
        let written = MultipartOutcome(boundary, [whole.written(boundary)[...]], headerLimit: 2000)
        try expect(written == whole, "a form can be sent on: \(whole) becomes \(written)")
    }

    private static let slashes = Array("/\\".utf8)

    /// Bodies of forms: the first line is the content type, and all that follows is the body.
    static let form = FuzzTarget("form") { input in
        let (first, body) = input.firstLine
        let type = String(decoding: first, as: UTF8.self)
        let whole = await read(type, [body[...]])
        let pieces = await read(type, body.pieces(upTo: 50))
        switch (whole, pieces) {
        case (.success(let form), .success(let other)):
            try expect(body.count <= limits.size, "no more bytes than allowed")
            try expect(form.count == other.count, "pieces change no field")
            var textSize = 0
            for (field, same) in zip(form, other) {
                try expect(field.name.isSame(as: same.name) && field.text == same.text, "pieces change no text")
                if let file = field.file, let sameFile = same.file {
                    let bytes = try await file.collect()
                    try expect(bytes.count == file.size && file.size <= limits.fileSize, "a file has its size")
                    try expect(try await sameFile.collect() == bytes, "pieces change no file")
                }
                textSize += field.text.map { $0.utf8.count + field.name.utf8.count } ?? 0
            }
            try expect(form.count { $0.text != nil } <= limits.fields, "no more fields than allowed")
            try expect(form.files.count <= limits.files, "no more files than allowed")
            // A byte that is no UTF-8 becomes three.
            try expect(textSize <= 3 * limits.fieldsSize, "no more text than allowed")
            _ = try? form.decode(Entry.self)
        case (.failure(let error), .failure(let other)):
            // A body that is too large may have its fault in the pieces before that is known.
            try expect(
                "\(error)" == "\(other)" || body.count > limits.size, "pieces change no error: \(error), \(other)")
            try expect(error is HTTPError || error is any HTTPErrorConvertible, "an error is the client's: \(error)")
        default: throw Violation(description: "pieces change nothing: \(whole), \(pieces)")
        }
    }

    private static let limits = FormLimits(
        fields: 20, files: 5, headerSize: 200, fieldsSize: 500, fileSize: 800, size: 2000, memory: 100)

    private struct Entry: Decodable {
        var name: String
        var count: Int?
        var weight: Double?
        var agrees: Bool?
        var tags: [String]?
        var numbers: [UInt8]?
        var photo: UploadedFile?
        var nested: Nested?

        struct Nested: Decodable {
            var id: UInt64
        }
    }

    private static func read(_ type: String, _ pieces: [ArraySlice<UInt8>]) async -> Result<Form, any Error> {
        let variables = CGIVariables([("REQUEST_METHOD", "POST"), ("REQUEST_URI", "/"), ("CONTENT_TYPE", type)])
        let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        let settings = RequestSettings(bodyLimit: 4000, logger: logger)
        let body = RequestBody(source: Pieces(pieces), length: nil, limit: 4000)
        do {
            return .success(
                try await Request(head: RequestHead(variables: variables, settings: settings), body: body)
                    .form(limits: limits))
        } catch {
            return .failure(error)
        }
    }

    /// A body in pieces.
    private final class Pieces: RequestBody.Source {
        private let pieces: Mutex<ArraySlice<ArraySlice<UInt8>>>

        init(_ pieces: [ArraySlice<UInt8>]) {
            self.pieces = Mutex(pieces.filter { !$0.isEmpty }[...])
        }

        func next() async throws -> [UInt8]? {
            pieces.withLock { $0.popFirst().map { Array($0) } }
        }
    }
}

/// What a multipart parser makes of a body.
private struct MultipartOutcome: Equatable {
    struct Part: Equatable {
        var header: MultipartHeader
        var data: [UInt8] = []
        var hasEnded = false
    }

    private(set) var parts: [Part] = []
    private(set) var hasEnded = false
    private(set) var error: MultipartError?

    init(_ boundary: MultipartBoundary, _ pieces: [ArraySlice<UInt8>], headerLimit: Int = 300) {
        var parser = MultipartParser(boundary: boundary, headerLimit: headerLimit)
        do throws(MultipartError) {
            for piece in pieces {
                parser.push(Array(piece))
                while let event = try parser.next() { take(event) }
            }
            try parser.finish()
        } catch {
            self.error = error
        }
    }

    private mutating func take(_ event: MultipartParser.Event) {
        let last = parts.count - 1
        switch event {
        case .part(let header): parts.append(Part(header: header))
        // An event that belongs to no part is one too many, which comparing finds.
        case .data(let bytes) where last >= 0: parts[last].data += bytes
        case .partEnd where last >= 0: parts[last].hasEnded = true
        case .data, .partEnd: hasEnded = true
        case .end: hasEnded = true
        }
    }

    /// A body that says the same.
    func written(_ boundary: MultipartBoundary) -> [UInt8] {
        var body: [UInt8] = []
        for part in parts {
            body += Array("--".utf8) + boundary.bytes + Array("\r\nContent-Disposition: form-data; name=".utf8)
            body += Self.quoted(part.header.name)
            if let filename = part.header.filename { body += Array("; filename=".utf8) + Self.quoted(filename) }
            if let type = part.header.contentType { body += Array("\r\nContent-Type: \(type)".utf8) }
            body += Array("\r\n\r\n".utf8) + part.data + Array("\r\n".utf8)
        }
        return body + Array("--".utf8) + boundary.bytes + Array("--\r\n".utf8)
    }

    private static func quoted(_ text: String) -> [UInt8] {
        let escaped = text.utf8.flatMap { byte in
            byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") ? [UInt8(ascii: "\\"), byte] : [byte]
        }
        return [UInt8(ascii: "\"")] + escaped + [UInt8(ascii: "\"")]
    }
}

extension [UInt8] {
    /// What stands before the first line feed and what behind it.
    fileprivate var firstLine: (line: [UInt8], rest: [UInt8]) {
        let end = firstIndex(of: 0x0A) ?? endIndex
        return (Array(self[..<end]), Array(self[end...].dropFirst()))
    }
}
