import Glibc
import HTTPTypes
import NestboxHTTP
import NestboxTesting
import Testing

@Suite("uploaded files", .timeLimit(.minutes(1)))
struct UploadedFileTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private func upload(_ data: [UInt8], memory: Int, chunk: Int = 1000) async throws -> UploadedFile {
        let body = SentPart.body([.file("file", "a.bin", data)])
        let pieces = stride(from: 0, to: body.count, by: chunk).map { Array(body[$0..<min(body.count, $0 + chunk)]) }
        let request = Request.made(
            of: ["CONTENT_TYPE": "multipart/form-data; boundary=b"],
            body: RequestBody(source: Pieces(pieces), length: nil, limit: .max))
        let form = try await request.form(limits: FormLimits(memory: memory, directory: folder.path))
        return try #require(form.file("file"))
    }

    private static func pattern(_ count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(count))
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    static let sizes = [0, 1, 999, 1000, 1001, 65_535, 65_536, 65_537, 200_000]

    @Test("have the bytes that were sent, in memory or in a file", arguments: sizes, [0, 1000, .max])
    func bytes(size: Int, memory: Int) async throws {
        let data = Self.pattern(size)
        for chunk in [700, 50_000] {
            let before = try folder.openFiles()
            let file = try await upload(data, memory: memory, chunk: chunk)
            #expect(file.size == size)
            #expect(try await file.collect() == data)
            for _ in 0..<2 {
                var read: [UInt8] = []
                for try await piece in file {
                    #expect(!piece.isEmpty && piece.count <= 65_536)
                    read += piece
                }
                #expect(read == data)
            }
            #expect(try folder.openFiles() - before == (size > memory ? 1 : 0))
        }
        #expect(try folder.names().isEmpty)
    }

    @Test("are in files without a name and of mode 0600, which end with them")
    func temporary() async throws {
        var file: UploadedFile? = try await upload([1, 2, 3], memory: 2)
        #expect(file?.size == 3)
        #expect(try folder.openFiles() == 1)
        #expect(try folder.openModes() == [0o100600])
        #expect(try folder.names().isEmpty)
        file = nil
        #expect(try folder.openFiles() == 0)
    }

    @Test("share the memory of their form")
    func memory() async throws {
        let request = Request.multipart(.file("a", [1, 2]), .file("b", [3, 4]), .text("c", "text"), .file("d", [5]))
        let form = try await request.form(limits: FormLimits(memory: 3, directory: folder.path))
        #expect(try folder.openFiles() == 1)
        var read: [[UInt8]] = []
        for file in form.files { read.append(try await file.collect()) }
        #expect(read == [[1, 2], [3, 4], [5]])
    }

    @Test("leave nothing when the form is refused behind them")
    func refused() async throws {
        let request = Request.multipart(Array(SentPart.body([.file("a", [1, 2])]).dropLast(4)))
        let limits = FormLimits(memory: 0, directory: folder.path)
        let refusal = await refusal { _ = try await request.form(limits: limits) }
        #expect(refusal?.status == 400)
        #expect(try folder.openFiles() == 0)
        #expect(try folder.names().isEmpty)
    }

    @Test("are collected up to a limit")
    func limit() async throws {
        for memory in [0, 10] {
            let file = try await upload([1, 2, 3], memory: memory)
            #expect(try await file.collect(upTo: 3) == [1, 2, 3])
            #expect(await refusal { _ = try await file.collect(upTo: 2) }?.status == 413)
        }
    }

    // MARK: Saving

    @Test("are saved with the mode that is asked for, never over another file", arguments: [0, 1000, .max])
    func saving(memory: Int) async throws {
        let data = Self.pattern(100_000)
        let file = try await upload(data, memory: memory)
        let first = folder.path + "/first"
        #expect(try folder.openFiles() == (memory < data.count ? 1 : 0))
        try await file.save(to: first)
        // The temporary file itself has the name now: nothing was copied.
        #expect(try folder.openFiles() == 0)
        #expect(try folder.read("first") == data)
        #expect(try folder.mode("first") == 0o100600)
        // A second name is a second file.
        try await file.save(to: folder.path + "/second", permissions: 0o644)
        #expect(try folder.read("second") == data)
        #expect(try folder.mode("second") == 0o100644)
        #expect(try folder.mode("first") == 0o100600)

        let error = await #expect(throws: UploadError.self) { try await file.save(to: first) }
        #expect(error?.code == .exists)
        #expect(error?.description == "cannot save \(first): File exists")
        #expect(error?.httpError.status == .internalServerError)
        try await upload([7], memory: memory).save(to: first, permissions: 0o640, replacing: true)
        #expect(try folder.read("first") == [7])
        #expect(try folder.mode("first") == 0o100640)
        #expect(try folder.read("second") == data)
        #expect(try folder.names() == ["first", "second"])
    }

    @Test("are saved on another file system", .enabled(if: Folder.hasSharedMemory, "no /dev/shm"))
    func otherFileSystem() async throws {
        let other = try Folder(in: "/dev/shm")
        let data = Self.pattern(100_000)
        let file = try await upload(data, memory: 0)
        try await file.save(to: other.path + "/file", permissions: 0o640)
        #expect(try other.read("file") == data)
        #expect(try other.mode("file") == 0o100640)
        #expect(try other.names() == ["file"])
        #expect(await (try? file.save(to: other.path + "/file")) == nil)
    }

    @Test("are not saved through a symbolic link, nor where there is no directory", arguments: [0, .max])
    func badPlaces(memory: Int) async throws {
        let file = try await upload([1], memory: memory)
        #expect(symlink(folder.path + "/target", folder.path + "/link") == 0)
        await #expect(throws: UploadError.self) { try await file.save(to: folder.path + "/link") }
        #expect(try folder.names() == ["link"])
        for path in ["/none/file", "/link/file", "/fi\0le", ""] {
            await #expect(throws: UploadError.self) { try await file.save(to: path.isEmpty ? "" : folder.path + path) }
        }
        try await file.save(to: folder.path + "/link", replacing: true)
        #expect(try folder.mode("link") == 0o100600)
        #expect(try folder.names() == ["link"])
    }

    @Test("are refused with the reason in the log when there is no place for them")
    func noPlace() async throws {
        let request = Request.multipart(.file("a", [1]))
        let error = await #expect(throws: UploadError.self) {
            try await request.form(limits: FormLimits(memory: 0, directory: folder.path + "/none"))
        }
        #expect(error?.code == .system)
        #expect(error?.systemError == ENOENT)
        #expect(error?.description == "cannot make a temporary file in \(folder.path)/none: No such file or directory")
        #expect(error?.httpError.message == "Internal Server Error")
    }

    @Test("say their names and size, not what is in them")
    func description() {
        let file = UploadedFile(name: "photo", filename: "a.jpg", bytes: Array("hunter2".utf8))
        #expect("\(file)" == "photo: a.jpg, 7 bytes")
    }
}
