import CNestboxSystem
import Glibc
import HTTPTypes
import NestboxTesting
import Testing

@testable import NestboxHTTP

@Suite("directories whose files are sent", .timeLimit(.minutes(1)))
struct FileRootTests {
    @Test(
        "are absolute, seen from the program's directory",
        arguments: [
            ("/srv/www", "/srv/www"), ("/srv//www/", "/srv/www"), ("/srv/./a/../www", "/srv/www"),
            ("Public", "/opt/app/Public"),
            ("../Public", "/opt/Public"), ("./Public/", "/opt/app/Public"), ("/", "/"), ("/..", "/"),
            ("../../../..", "/"),
            ("", ""), ("/srv\0/www", ""),
        ])
    func absolute(path: String, expected: String) {
        #expect(FileRoot.absolute(path, below: "/opt/app") == expected)
    }

    @Test(
        "that are none, or hold the program with its configuration, are refused",
        arguments: ["", "/nonexistent/directory", "/proc/self/exe", ".", CommandLine.programDirectory])
    func refused(path: String) {
        #expect(throws: FileError.self) { _ = try FileRoot(path).open() }
    }

    @Test("that lead to the program over links are refused as well, unless it is hidden below")
    func refusedBehindLink() throws {
        let directory = try TemporaryDirectory()
        var program = CommandLine.programDirectory.split(separator: "/")
        try #require(program.count > 1)
        for (index, name) in ["current", "above"].enumerated() {
            let place = "/" + program.joined(separator: "/")
            symlink(place, directory.path(name))
            let error = #expect(throws: FileError.self) { _ = try FileRoot(directory.path(name)).open() }
            #expect(error?.code == .invalidRoot, "\(place)")
            let last = program.removeLast()
            // What is above a hidden directory may be sent.
            if index == 0, last.hasPrefix(".") { return }
        }
        symlink("current", directory.path("release"))
        #expect(throws: FileError.self) { _ = try FileRoot(directory.path("release")).open() }
        symlink("/", directory.path("all"))
        var all = FileRoot(directory.path("all"))
        all.showsHidden = true
        #expect(throws: FileError.self) { _ = try all.open() }
        #expect(throws: Never.self) { _ = try FileRoot(directory.path).open() }
    }

    @Test("that the system has no descriptors for are busy, not missing")
    func busy() {
        #expect(FileError.system("open", EMFILE).httpError.status == .serviceUnavailable)
        #expect(FileError.system("open", EIO).httpError.status == .internalServerError)
    }

    /// A tree of all kinds of things, and a secret beside it.
    private struct Tree {
        let directory: TemporaryDirectory
        let root: FileRoot

        init() throws {
            directory = try TemporaryDirectory()
            for name in ["root", "root/sub", "root/closed", "root-evil"] { mkdir(directory.path(name), 0o700) }
            try directory.write("secret", to: "secret.txt")
            try directory.write("secret", to: "root-evil/secret.txt")
            try directory.write("page", to: "root/page.txt")
            try directory.write("inner", to: "root/sub/inner.txt")
            try directory.write("dots", to: "root/sub/do..ts")
            symlink("page.txt", directory.path("root/link.txt"))
            symlink("sub", directory.path("root/link"))
            symlink("../page.txt", directory.path("root/sub/up.txt"))
            symlink("../secret.txt", directory.path("root/out.txt"))
            symlink("../../secret.txt", directory.path("root/sub/out.txt"))
            symlink("..", directory.path("root/parent"))
            symlink(directory.path("secret.txt"), directory.path("root/absolute.txt"))
            symlink(directory.path("root/page.txt"), directory.path("root/absolute-inside.txt"))
            symlink("/proc/self/root", directory.path("root/magic"))
            symlink("loop", directory.path("root/loop"))
            mkfifo(directory.path("root/fifo"), 0o600)
            root = FileRoot(directory.path("root"))
        }
    }

    private func text(_ entry: FileEntry) throws -> String? {
        guard case .file(let file) = entry else { return nil }
        return String(decoding: try file.read(0..<file.size), as: UTF8.self)
    }

    @Test(
        "give out what is inside, over links that stay there",
        arguments: [
            ("page.txt", "page"), ("sub/inner.txt", "inner"), ("sub/do..ts", "dots"), ("link.txt", "page"),
            ("link/inner.txt", "inner"), ("sub/up.txt", "page"),
        ])
    func inside(path: String, expected: String) throws {
        let tree = try Tree()
        #expect(try text(try tree.root.open().open(try #require(FilePath(path)))) == expected)
    }

    @Test(
        "give out nothing else, and no FIFO holds them up",
        arguments: [
            "out.txt", "sub/out.txt", "parent/secret.txt", "parent/root/page.txt", "absolute.txt",
            "absolute-inside.txt",
            "magic/etc/passwd", "loop", "fifo", "sub", "link", "nothing", "page.txt/x", "sub/nothing/x", "parent",
        ])
    func outside(path: String) throws {
        let tree = try Tree()
        #expect(try text(try tree.root.open().open(try #require(FilePath(path)))) == nil)
    }

    @Test("are as safe without openat2, where no link is followed")
    func walking() throws {
        let tree = try Tree()
        let root = nestbox_open_root(tree.root.path)
        defer { close(root) }
        let before = descriptors(below: tree.directory.path)
        for path in ["page.txt", "sub/inner.txt", "sub/do..ts"] {
            let file = nestbox_walk_beneath(root, path)
            #expect(file >= 0, "\(path)")
            close(file)
        }
        for path in [
            "out.txt", "sub/out.txt", "parent/secret.txt", "absolute.txt", "link.txt", "link/inner.txt", "sub/up.txt",
            "magic/etc/passwd", "loop", "nothing", "sub/nothing", "page.txt/x", "..", "../secret.txt",
            "sub/../page.txt", "",
            "/etc/passwd", "sub//inner.txt", ".", "./page.txt", "sub/", String(repeating: "a", count: 256), "sub/..",
        ] {
            #expect(nestbox_walk_beneath(root, path) < 0, "\(path)")
        }
        let fifo = nestbox_walk_beneath(root, "fifo")
        #expect(fifo >= 0, "it is opened without waiting, and then seen to be no file")
        close(fifo)
        #expect(descriptors(below: tree.directory.path) == before)
    }

    /// How many descriptors of this process are open below a directory; other tests have theirs.
    private func descriptors(below directory: String) -> Int {
        var count = 0
        for descriptor in Int32(0)..<1024 {
            var buffer = [CChar](repeating: 0, count: 256)
            let length = nestbox_descriptor_path(descriptor, &buffer, buffer.count)
            guard length > 0 else { continue }
            if String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self).hasPrefix(directory) {
                count += 1
            }
        }
        return count
    }

    @Test("may be links, and a changed one counts at once")
    func release() throws {
        let directory = try TemporaryDirectory()
        for name in ["one", "two"] {
            mkdir(directory.path(name), 0o700)
            try directory.write(name, to: "\(name)/page.txt")
        }
        symlink("one", directory.path("current"))
        let root = FileRoot(directory.path("current"))
        let path = try #require(FilePath("page.txt"))
        #expect(try text(try root.open().open(path)) == "one")
        symlink("two", directory.path("next"))
        rename(directory.path("next"), directory.path("current"))
        #expect(try text(try root.open().open(path)) == "two")
    }

    @Test("a file that became shorter is not filled up")
    func truncated() throws {
        let tree = try Tree()
        guard case .file(let file) = try tree.root.open().open(try #require(FilePath("page.txt"))) else {
            throw TestingError(.refused, "no file")
        }
        truncate(tree.directory.path("root/page.txt"), 2)
        let error = #expect(throws: FileError.self) { try file.read(0..<4) }
        #expect(error?.code == .truncated)
    }
}
