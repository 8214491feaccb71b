import NestboxHTTP

/// A part of a multipart body with its data, which may have come in many pieces.
struct ParsedPart: Hashable {
    var header: MultipartHeader
    var data: [UInt8] = []

    var text: String { String(decoding: data, as: UTF8.self) }

    /// Parses a body that comes in these pieces, and holds the parser to the order of its events.
    static func all(
        in chunks: [[UInt8]], boundary: String = "b", headerLimit: Int = 8 << 10
    ) throws -> [ParsedPart] {
        var parser = MultipartParser(boundary: try MultipartBoundary(Array(boundary.utf8)), headerLimit: headerLimit)
        var parts: [ParsedPart] = []
        var open: ParsedPart?
        var hasEnded = false
        for chunk in chunks {
            parser.push(chunk)
            while let event = try parser.next() {
                if hasEnded { throw Disorder() }
                switch event {
                case .part(let header):
                    if open != nil { throw Disorder() }
                    open = ParsedPart(header: header)
                case .data(let data):
                    if open == nil || data.isEmpty { throw Disorder() }
                    open?.data += data
                case .partEnd:
                    guard let part = open else { throw Disorder() }
                    parts.append(part)
                    open = nil
                case .end:
                    if open != nil { throw Disorder() }
                    hasEnded = true
                }
            }
        }
        try parser.finish()
        if !hasEnded { throw Disorder() }
        return parts
    }

    static func all(
        in text: String, boundary: String = "b", headerLimit: Int = 8 << 10
    ) throws -> [ParsedPart] {
        try all(in: [Array(text.utf8)], boundary: boundary, headerLimit: headerLimit)
    }

    /// The parser broke the order of its events.
    struct Disorder: Error {}
}
