import HTTPTypes

/// A file that came in a multipart form.
///
/// ```swift
/// guard let photo = try await request.form().file("photo") else { throw FieldError("photo", "is missing.") }
/// try await photo.save(to: "\(folder)/\(id).jpg")
/// ```
///
/// What the client says about a file is no proof: neither ``filename`` nor ``contentType`` should choose where it goes or
/// how it is sent to others. A small file is kept in memory, a larger one in a temporary file of mode 0600 that has no
/// name; both are gone with the last copy of this value and its request.
public struct UploadedFile: Sendable {
    enum Storage: Sendable {
        case bytes([UInt8])
        case file(TemporaryFile)
    }

    /// The name of the form's field.
    public let name: String
    /// The name of the file on the client's machine, without the path and without control characters; it may be empty.
    public let filename: String
    /// The `Content-Type` of the part as the client sent it, or `nil` without one.
    public let contentType: String?
    /// The number of bytes.
    public let size: Int

    let storage: Storage

    init(name: String, filename: String, contentType: String?, size: Int, storage: Storage) {
        self.name = name
        self.filename = filename
        self.contentType = contentType
        self.size = size
        self.storage = storage
    }

    /// Makes a file of bytes in memory, for tests.
    public init(name: String, filename: String, contentType: String? = nil, bytes: [UInt8]) {
        self.init(
            name: name, filename: filename, contentType: contentType, size: bytes.count, storage: .bytes(bytes))
    }

    /// The bytes, unless they are in a temporary file.
    package var bytesInMemory: [UInt8]? {
        if case .bytes(let bytes) = storage { bytes } else { nil }
    }

    /// Reads the whole file into memory.
    /// - Parameter limit: How many bytes at most; 16 MiB unless told otherwise.
    /// - Throws: ``HTTPError`` 413 when there are more, ``UploadError`` when it cannot be read.
    public func collect(upTo limit: Int = 16 << 20) async throws -> [UInt8] {
        guard size <= limit else {
            throw HTTPError(.contentTooLarge, "The file \(name) is larger than \(limit) bytes.")
        }
        switch storage {
        case .bytes(let bytes): return bytes
        case .file(let file): return try file.read(size, at: 0)
        }
    }
}

extension UploadedFile: AsyncSequence {
    /// Some bytes of the file, never empty.
    public typealias Element = [UInt8]

    /// Reads a file in pieces of 64 KiB.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let file: UploadedFile
        private var position = 0

        fileprivate init(_ file: UploadedFile) {
            self.file = file
        }

        /// The next bytes, or `nil` at the end.
        /// - Throws: ``UploadError`` when the file cannot be read.
        public mutating func next() async throws -> [UInt8]? {
            guard position < file.size else { return nil }
            let count = Swift.min(64 << 10, file.size - position)
            defer { position += count }
            switch file.storage {
            case .bytes(let bytes): return Array(bytes[position..<(position + count)])
            case .file(let temporary): return try temporary.read(count, at: position)
            }
        }
    }

    /// Makes an iterator that begins with the first byte.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}

extension UploadedFile: CustomStringConvertible {
    /// The names and the size.
    public var description: String { "\(name): \(filename), \(size) bytes" }
}

extension UploadedFile: Decodable {
    /// Takes the file of a field; only forms have files.
    /// - Throws: ``FieldError`` when the field is missing or a text, `DecodingError` from another decoder.
    public init(from decoder: any Decoder) throws {
        guard let decoder = decoder as? FormValueDecoder else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "A file comes in a multipart form only."))
        }
        self = try decoder.field.file()
    }
}
