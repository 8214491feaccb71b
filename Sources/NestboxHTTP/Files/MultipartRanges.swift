/// A body of several parts of a file, `multipart/byteranges` (RFC 9110 §14.6).
struct MultipartRanges {
    private let file: OpenFile
    private let parts: [(head: String, range: Range<Int>)]
    private let end: String
    /// The media type with its boundary.
    let type: String

    /// - Parameter type: The media type of the file.
    init(_ ranges: [Range<Int>], of file: OpenFile, type: String) {
        self.file = file
        var generator = SystemRandomNumberGenerator()
        // 128 random bits: no content has them by chance, and none can be made to have them.
        let boundary = (0..<2).map { _ in String(generator.next() as UInt64, radix: 36) }.joined(separator: "_")
        parts = ranges.map { range in
            (
                "\r\n--\(boundary)\r\nContent-Type: \(type)\r\nContent-Range: \(file.contentRange(range))\r\n\r\n",
                range
            )
        }
        end = "\r\n--\(boundary)--\r\n"
        self.type = "multipart/byteranges; boundary=\(boundary)"
    }

    var body: ResponseBody {
        let length = parts.reduce(end.utf8.count) { $0 + $1.head.utf8.count + $1.range.count }
        return .stream(length: length) { [file, parts, end] writer in
            for part in parts {
                try await writer.write(part.head)
                try await file.write(part.range, to: writer)
            }
            try await writer.write(end)
        }
    }
}
