import HTTPTypes
import Logging

/// Makes responses of an open file.
struct FileAnswer {
    let file: OpenFile
    let root: FileRoot
    var type: String
    var disposition: String?

    init(_ file: OpenFile, _ path: FilePath, _ root: FileRoot) {
        self.file = file
        self.root = root
        type =
            path.fileExtension.flatMap { root.types[$0] ?? MediaType.of(fileExtension: $0) } ?? MediaType.unknown
    }

    /// Up to this size a file is read at once and its descriptor closed before the response is sent.
    static let readAtOnce = 64 << 10

    /// Answers a request; methods other than GET and HEAD get the whole file.
    /// - Throws: ``HTTPError`` 412 and 416.
    func response(to request: Request, now: HTTPDate = .now) throws -> Response {
        if let field = request.head.fileHandOff.field(for: file, servedBy: request.variables["SERVER_SOFTWARE"]) {
            return handedOff(field)
        }
        let tag = EntityTag(file, now: now)
        // No date in the future (RFC 9110 §8.8.2.1).
        let modified = min(file.modified, now)
        let isRetrieval = request.method == .get || request.method == .head
        var allowsRange = request.method == .get && root.rangeLimit > 0
        if isRetrieval {
            switch Preconditions(request.variables, tag: tag, modified: modified, now: now) {
            case .hold: break
            case .holdWithoutRange: allowsRange = false
            case .notModified: return notModified(tag)
            case .failed: throw HTTPError(.preconditionFailed)
            }
        }
        var response = Response()
        response.headers[.contentType] = type
        response.headers[.eTag] = tag.description
        response.headers[.lastModified] = modified.description
        if root.rangeLimit > 0 { response.headers[.acceptRanges] = "bytes" }
        addCommonFields(&response)
        let ranges =
            allowsRange
            ? request.variables[field: "HTTP_RANGE"].map {
                ByteRanges($0, size: file.size, limit: root.rangeLimit)
            } : nil
        switch ranges {
        case nil, .whole: response.body = try body(0..<file.size, request)
        case .unsatisfiable:
            throw HTTPError(.rangeNotSatisfiable, headers: [.contentRange: "bytes */\(file.size)"])
        case .parts(let parts):
            response.status = .partialContent
            if parts.count == 1, let part = parts.first {
                response.headers[.contentRange] = file.contentRange(part)
                response.body = try body(part, request)
            } else {
                // The type as a header field has it: without line ends, should it come from outside.
                let multipart = MultipartRanges(parts, of: file, type: response.headers[.contentType] ?? type)
                response.headers[.contentType] = multipart.type
                response.body = multipart.body
            }
        }
        return response
    }

    /// Only what a cache needs to bring its copy up to date (RFC 9110 §15.4.5).
    private func notModified(_ tag: EntityTag) -> Response {
        var response = Response(status: .notModified, headers: [.eTag: tag.description])
        if let cacheControl = root.cacheControl { response.headers[.cacheControl] = cacheControl }
        return response
    }

    /// The web server adds validators of its own, with which later requests will come.
    private func handedOff(_ field: (name: String, value: String)) -> Response {
        var response = Response(headers: [.contentType: type])
        addCommonFields(&response)
        response.handOff = field
        return response
    }

    private func addCommonFields(_ response: inout Response) {
        if let disposition { response.headers[.contentDisposition] = disposition }
        if let cacheControl = root.cacheControl { response.headers[.cacheControl] = cacheControl }
        // A browser that guesses would run a script in what was declared an image.
        response.headers[.xContentTypeOptions] = "nosniff"
    }

    private func body(_ range: Range<Int>, _ request: Request) throws -> ResponseBody {
        if range.isEmpty { return .empty }
        if range.count <= Self.readAtOnce, request.method != .head { return .bytes(try file.read(range)) }
        return .stream(length: range.count) { [file] writer in try await file.write(range, to: writer) }
    }
}

extension OpenFile {
    /// What is read and sent at once: as much as a FastCGI record holds.
    private static let chunk = 65_535

    /// Sends a range of the file, holding one chunk of it at a time.
    func write(_ range: Range<Int>, to writer: ResponseBodyWriter) async throws {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(range.upperBound, start + Self.chunk)
            try await writer.write(try read(start..<end))
            start = end
        }
    }

    /// The value of `Content-Range` for a part that is not empty (RFC 9110 §14.4).
    func contentRange(_ part: Range<Int>) -> String { "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)" }
}

extension FileEntry {
    /// The file, if it is one; why one that is there is not sent goes to the log.
    func file(for request: Request) -> OpenFile? {
        switch self {
        case .file(let file): return file
        case .directory: return nil
        case .nothing(let reason):
            if let reason = FileError.hidden(reason) { request.logger.notice("\(request): \(reason)") }
            return nil
        }
    }
}
