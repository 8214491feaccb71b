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

    /// Up to this size files are always in memory.
    private static let small = 16 << 10

    static let sizes = [0, 1, 999, 16_383, 16_384, 16_385, 30_000, 30_001, 65_535, 65_536, 65_537, 200_000]

    @Test("have the bytes that were sent, in memory or in a file", arguments: sizes, [0, 30_000, .max])
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
            #expect(try folder.openFiles() - before == (size > max(memory, Self.small) ? 1 : 0))
        }
        #expect(try folder.names().isEmpty)
    }

    @Test("are in files without a name and of mode 0600, which end with them")
    func temporary() async throws {
        var file: UploadedFile? = try await upload(Self.pattern(Self.small + 1), memory: 2)
        #expect(file?.size == Self.small + 1)
        #expect(try folder.openFiles() == 1)
        #expect(try folder.openModes() == [0o100600])
        #expect(try folder.names().isEmpty)
        file = nil
        #expect(try folder.openFiles() == 0)
    }

    @Test("share the memory of their form")
    func memory() async throws {
        let files = [20_000, 20_001, 20_000].map(Self.pattern)
        let request = Request.multipart(
            .file("a", files[0]), .file("b", files[1]), .text("c", "text"), .file("d", files[2]))
        let form = try await request.form(limits: FormLimits(memory: 40_000, directory: folder.path))
        #expect(try folder.openFiles() == 1)
        var read: [[UInt8]] = []
        for file in form.files { read.append(try await file.collect()) }
        #expect(read == files)
    }

    @Test("take no descriptors while they are small, however many they are")
    func small() async throws {
        let parts = (0..<100).map { SentPart.file("file", Self.pattern($0 == 0 ? Self.small : $0)) }
        let request = Request.multipart(SentPart.body(parts))
        let form = try await request.form(limits: FormLimits(memory: 0, directory: folder.path))
        #expect(try folder.openFiles() == 0)
        #expect(form.files.map(\.size).reduce(0, +) == Self.small + 99 * 50)
    }

    @Test("are not cut short in silence when whoever has their name cuts them")
    func cut() async throws {
        let file = try await upload(Self.pattern(100_000), memory: 0)
        try await file.save(to: folder.path + "/name")
        for size in [90_000, 65_536, 0] {
            #expect(truncate(folder.path + "/name", size) == 0)
            await #expect(throws: UploadError.self) { _ = try await file.collect() }
            await #expect(throws: UploadError.self) {
                for try await piece in file { #expect(!piece.isEmpty) }
            }
            await #expect(throws: UploadError.self) { try await file.save(to: folder.path + "/copy") }
            #expect(try folder.names() == ["name"])
        }
    }

    @Test("leave nothing when the form is refused behind them")
    func refused() async throws {
        let request = Request.multipart(Array(SentPart.body([.file("a", Self.pattern(20_000))]).dropLast(4)))
        let limits = FormLimits(memory: 0, directory: folder.path)
        let refusal = await refusal { _ = try await request.form(limits: limits) }
        #expect(refusal?.status == 400)
        #expect(try folder.openFiles() == 0)
        #expect(try folder.names().isEmpty)
    }

    @Test("are collected up to a limit")
    func limit() async throws {
        for memory in [0, 20_000] {
            let data = Self.pattern(20_000)
            let file = try await upload(data, memory: memory)
            #expect(try await file.collect(upTo: 20_000) == data)
            #expect(await refusal { _ = try await file.collect(upTo: 19_999) }?.status == 413)
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
        let other = Self.pattern(20_000)
        try await upload(other, memory: memory).save(to: first, permissions: 0o640, replacing: true)
        #expect(try folder.read("first") == other)
        #expect(try folder.mode("first") == 0o100640)
        #expect(try folder.read("second") == data)
        #expect(try folder.names() == ["first", "second"])
    }

    @Test("are saved under names as long as a file system takes", arguments: [0, .max], [false, true])
    func longNames(memory: Int, replacing: Bool) async throws {
        let data = Self.pattern(20_000)
        let file = try await upload(data, memory: memory)
        let name = String(repeating: "n", count: 255)
        try await file.save(to: "\(folder.path)/\(name)", replacing: replacing)
        #expect(try folder.read(name) == data)
        await #expect(throws: UploadError.self) {
            try await file.save(to: "\(folder.path)/\(name)n", replacing: replacing)
        }
        #expect(try folder.names() == [name])
    }

    @Test("are saved whole where files cannot be nameless, too", arguments: [0, .max])
    func renaming(memory: Int) async throws {
        let data = Self.pattern(100_000)
        let file = try await upload(data, memory: memory)
        let path = folder.path + "/file"
        try await file.move(to: path, 0o640, replacing: false, isLinked: false)
        #expect(try folder.read("file") == data)
        #expect(try folder.mode("file") == 0o100640)
        let other = try await upload([1], memory: memory)
        let error = await #expect(throws: UploadError.self) {
            try await other.move(to: path, 0o600, replacing: false, isLinked: false)
        }
        #expect(error?.code == .exists)
        #expect(try folder.read("file") == data)
        try await other.move(to: path, 0o600, replacing: true, isLinked: false)
        #expect(try folder.read("file") == [1])
        #expect(try folder.names() == ["file"])
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
        let file = try await upload(Self.pattern(20_000), memory: memory)
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
        let request = Request.multipart(.file("a", Self.pattern(20_000)))
        let error = await #expect(throws: UploadError.self) {
            try await request.form(limits: FormLimits(memory: 0, directory: folder.path + "/none"))
        }
        #expect(error?.code == .system)
        #expect(error?.systemError == ENOENT)
        #expect(error?.description == "cannot make a temporary file in \(folder.path)/none: No such file or directory")
        #expect(error?.httpError.message == "Internal Server Error")
    }

    @Test(
        "are refused with what the client may do about it",
        arguments: [(ENOSPC, 507), (EDQUOT, 507), (EMFILE, 503), (ENFILE, 503), (EIO, 500), (EEXIST, 500)])
    func statuses(error: Int32, status: Int) {
        #expect(UploadError("save", "a", error).httpError.status.code == status)
    }

    @Test("say their names and size, not what is in them")
    func description() {
        let file = UploadedFile(name: "photo", filename: "a.jpg", bytes: Array("hunter2".utf8))
        #expect("\(file)" == "photo: a.jpg, 7 bytes")
    }
}
