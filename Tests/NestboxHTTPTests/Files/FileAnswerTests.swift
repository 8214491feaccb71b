import Glibc
import HTTPTypes
import NestboxTesting
import Testing

@testable import NestboxHTTP

@Suite("responses of files", .timeLimit(.minutes(1)))
struct FileAnswerTests {
    /// A file that was not changed of late, seen from the time of the response.
    private struct Page {
        static let text = "0123456789abcdef"
        let directory: TemporaryDirectory
        let modified: HTTPDate
        var root: FileRoot

        init(_ text: String = Page.text) throws {
            directory = try TemporaryDirectory()
            try directory.write(text, to: "page.txt")
            root = FileRoot(directory.path)
            modified = try Self.open(root).modified
        }

        private static func open(_ root: FileRoot) throws -> OpenFile {
            guard let path = FilePath("page.txt"), case .file(let file) = try root.open().open(path) else {
                throw TestingError(.refused, "no file")
            }
            return file
        }

        var tag: String {
            get throws { EntityTag(try Self.open(root), now: modified.advanced(bySeconds: 100)).description }
        }

        func answer(
            _ method: String = "GET", _ fields: [String: String] = [:], age: Int64 = 100,
            _ change: (inout FileAnswer) -> Void = { _ in }
        ) throws -> Response {
            let variables = CGIVariables(
                [("REQUEST_METHOD", method), ("REQUEST_URI", "/page.txt")] + fields.map { ("HTTP_\($0.key)", $0.value) }
            )
            let request = Request(head: RequestHead(variables: variables, settings: .test()), body: .empty)
            guard let path = FilePath("page.txt") else { throw TestingError(.refused, "no path") }
            var answer = FileAnswer(try Self.open(root), path, root)
            change(&answer)
            return try answer.response(to: request, now: modified.advanced(bySeconds: age))
        }
    }

    private func body(_ response: Response) async throws -> String {
        switch response.body.storage {
        case .empty: return ""
        case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .string(let string): return string
        case .stream(let length, let produce):
            let sink = Sink()
            try await produce(ResponseBodyWriter(sink))
            let bytes = await sink.bytes
            #expect(bytes.count == length)
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private actor Sink: ResponseBodyWriter.Sink {
        var bytes: [UInt8] = []
        func write(_ bytes: [UInt8]) { self.bytes += bytes }
    }

    @Test("have a type, a tag, a date, and say that ranges may be asked for")
    func whole() async throws {
        let page = try Page()
        let response = try page.answer()
        #expect(response.status == .ok)
        #expect(try await body(response) == Page.text)
        #expect(
            response.headers == [
                .contentType: "text/plain; charset=utf-8", .eTag: try page.tag,
                .lastModified: page.modified.description,
                .acceptRanges: "bytes", .cacheControl: "no-cache", .xContentTypeOptions: "nosniff",
            ])
    }

    @Test("to HEAD have the same fields, and ignore Range")
    func head() throws {
        let page = try Page()
        let response = try page.answer("HEAD", ["RANGE": "bytes=0-1"])
        #expect(response.status == .ok)
        #expect(response.headers == (try page.answer()).headers)
        #expect(response.body.length == 16)
    }

    @Test("to other methods are the whole file, whatever is asked", arguments: ["POST", "PUT"])
    func otherMethods(method: String) throws {
        let page = try Page()
        let response = try page.answer(
            method, ["RANGE": "bytes=0-1", "IF_NONE_MATCH": try page.tag, "IF_MATCH": "\"other\""])
        #expect(response.status == .ok)
        #expect(response.body.length == 16)
    }

    @Test(
        "are one part where one is asked for",
        arguments: [
            ("bytes=0-3", "0123", "bytes 0-3/16"), ("bytes=-2", "ef", "bytes 14-15/16"),
            ("bytes=15-", "f", "bytes 15-15/16"),
            ("bytes=0-3,2-5", "012345", "bytes 0-5/16"),
        ])
    func part(range: String, text: String, contentRange: String) async throws {
        let response = try Page().answer("GET", ["RANGE": range])
        #expect(response.status == .partialContent)
        #expect(response.headers[.contentRange] == contentRange)
        #expect(response.headers[.contentType] == "text/plain; charset=utf-8")
        #expect(response.headers[.eTag] != nil)
        #expect(try await body(response) == text)
    }

    @Test("are parts where several are asked for")
    func parts() async throws {
        let response = try Page().answer("GET", ["RANGE": "bytes=10-11,0-1,-1"])
        #expect(response.status == .partialContent)
        #expect(response.headers[.contentRange] == nil)
        let type = try #require(response.headers[.contentType])
        let boundary = try #require(type.split(separator: "boundary=").last)
        #expect(type == "multipart/byteranges; boundary=\(boundary)")
        #expect((1...70).contains(boundary.count))
        let expected = [("ab", "10-11"), ("01", "0-1"), ("f", "15-15")].map { text, range in
            "\r\n--\(boundary)\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes \(range)/16\r\n\r\n\(text)"
        }.joined()
        #expect(try await body(response) == "\(expected)\r\n--\(boundary)--\r\n")
    }

    @Test("are parts of the type that was given, of which no line end gets into them")
    func typeOfParts() async throws {
        let response = try Page().answer("GET", ["RANGE": "bytes=0-0,2-2"]) { $0.type = "text/plain\r\nX: y\r\n\r\nz" }
        let lines = try await body(response).split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(!lines.contains { $0.hasPrefix("X:") || $0 == "z" })
        #expect(lines.count { $0.hasPrefix("Content-Type: text/plain") } == 2)
    }

    @Test("are 416 where nothing of it is there, with the size")
    func unsatisfiable() throws {
        let page = try Page()
        let error = #expect(throws: HTTPError.self) { _ = try page.answer("GET", ["RANGE": "bytes=16-"]) }
        #expect(error?.status == .rangeNotSatisfiable)
        #expect(error?.headers[.contentRange] == "bytes */16")
    }

    @Test("of an empty file are 200, and without ranges where a root offers none")
    func withoutRanges() async throws {
        let empty = try Page("").answer("GET", ["RANGE": "bytes=0-"])
        #expect(empty.status == .ok)
        #expect(empty.body.length == 0)
        var page = try Page()
        page.root.rangeLimit = 0
        let response = try page.answer("GET", ["RANGE": "bytes=0-1"])
        #expect(response.status == .ok)
        #expect(response.headers[.acceptRanges] == nil)
        #expect(try await body(response) == Page.text)
    }

    @Test("are 304 with what a cache needs and nothing else", arguments: ["GET", "HEAD"])
    func notModified(method: String) throws {
        let page = try Page()
        for fields in [["IF_NONE_MATCH": try page.tag], ["IF_MODIFIED_SINCE": page.modified.description]] {
            let response = try page.answer(method, fields)
            #expect(response.status == .notModified)
            #expect(response.headers == [.eTag: try page.tag, .cacheControl: "no-cache"])
            #expect(response.body.length == 0)
        }
    }

    @Test("are 412 where another state is asked for")
    func failed() throws {
        let page = try Page()
        let error = #expect(throws: HTTPError.self) { _ = try page.answer("GET", ["IF_MATCH": "\"other\""]) }
        #expect(error?.status == .preconditionFailed)
    }

    @Test("go on with a range only where If-Range names this state")
    func resumed() throws {
        let page = try Page()
        for (field, status) in [
            (try page.tag, 206), ("\"other\"", 200), (page.modified.description, 206), ("W/" + (try page.tag), 200),
        ] {
            let response = try page.answer("GET", ["RANGE": "bytes=4-", "IF_RANGE": field])
            #expect(response.status.code == status, "\(field)")
        }
        // Nothing beyond the end is 416 when the file is another.
        #expect(try page.answer("GET", ["RANGE": "bytes=99-", "IF_RANGE": "\"other\""]).status == .ok)
    }

    @Test("have a weak tag while the file may change unseen, and no date in the future")
    func fresh() throws {
        let page = try Page()
        #expect(try page.answer(age: 3).headers[.eTag] == (try page.tag))
        for age in [Int64(1), 0, -5] {
            let response = try page.answer(age: age)
            #expect(response.headers[.eTag] == "W/" + (try page.tag))
            #expect(response.headers[.lastModified] == page.modified.advanced(bySeconds: min(0, age)).description)
        }
    }

    @Test("have another tag when the file has other content of the same size and time")
    func tags() throws {
        let page = try Page()
        let before = try page.tag
        #expect(try page.tag == before)
        try page.directory.write("fedcba9876543210", to: "other.txt")
        var status = stat()
        #expect(stat(page.directory.path("page.txt"), &status) == 0)
        utimensat(AT_FDCWD, page.directory.path("other.txt"), [status.st_atim, status.st_mtim], 0)
        rename(page.directory.path("other.txt"), page.directory.path("page.txt"))
        #expect(try page.tag != before)
    }

    @Test("have what the root and the call say")
    func settings() throws {
        var page = try Page()
        page.root.types = ["txt": "text/x-special"]
        page.root.cacheControl = "public, max-age=60"
        let response = try page.answer { $0.disposition = ContentDisposition.attachment("a.txt") }
        #expect(response.headers[.contentType] == "text/x-special")
        #expect(response.headers[.cacheControl] == "public, max-age=60")
        #expect(response.headers[.contentDisposition] == "attachment; filename=\"a.txt\"")
        page.root.cacheControl = nil
        #expect(try page.answer().headers[.cacheControl] == nil)
    }

    @Test("that are large are read while they are sent, and break off when the file becomes shorter")
    func large() async throws {
        let text = String(repeating: "0123456789", count: 20_000)
        let page = try Page(text)
        let response = try page.answer()
        #expect(response.body.isStream)
        #expect(response.body.length == 200_000)
        #expect(try await body(response) == text)
        let part = try page.answer("GET", ["RANGE": "bytes=100000-199998"])
        #expect(try await body(part) == String(text.dropFirst(100_000).dropLast()))

        truncate(page.directory.path("page.txt"), 150_000)
        let error = await #expect(throws: FileError.self) { try await self.body(response) }
        #expect(error?.code == .truncated)
    }
}
