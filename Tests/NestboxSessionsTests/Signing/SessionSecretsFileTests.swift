import Glibc
import NestboxSessions
import NestboxTesting
import Testing

@Suite("files of secrets")
struct SessionSecretsFileTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func expectRefusal(
        of path: String, _ code: SessionSecretsError.Code, saying words: String = "",
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(sourceLocation: location) {
            _ = try SessionSecrets(file: path)
        } throws: {
            guard let error = $0 as? SessionSecretsError else { return false }
            return error.code == code && error.description.contains(path) && error.description.contains(words)
                && !error.description.contains("hush")
        }
    }

    @Test("lines are secrets, oldest first; comments, blanks and empty lines do not count")
    func lines() throws {
        let path = try directory.write("# keys\n\nold\r\n  middle\t\n # more\nnew # one\n\n", to: "secrets")
        #expect(try SessionSecrets(file: path) == SessionSecrets(["old", "middle", "new # one"]))
    }

    @Test("a created file is its owner's alone, has 48 random bytes, and is read")
    func create() throws {
        let path = directory.path("secrets")
        try SessionSecrets.createFile(at: path)
        var status = stat()
        try #require(stat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        let text = try directory.read("secrets")
        #expect(text.utf8.count == 65)
        #expect(text.dropLast().allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) })
        #expect(try SessionSecrets(file: path).weakest == 64)
    }

    @Test("a file that is there is not overwritten, nor the target of a link created")
    func exists() throws {
        let path = try directory.write("hush\n", to: "secrets")
        #expect {
            try SessionSecrets.createFile(at: path)
        } throws: { ($0 as? SessionSecretsError)?.code == .exists }
        #expect(try directory.read("secrets") == "hush\n")
        let link = directory.path("link")
        try #require(symlink(directory.path("target"), link) == 0)
        #expect {
            try SessionSecrets.createFile(at: link)
        } throws: { ($0 as? SessionSecretsError)?.code == .exists }
        #expect(access(directory.path("target"), F_OK) != 0)
        #expect {
            try SessionSecrets.createFile(at: directory.path("no/such/directory"))
        } throws: { ($0 as? SessionSecretsError)?.code == .unavailable }
    }

    @Test("a file that others may read or write is refused", arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o644])
    func permissions(mode: UInt32) throws {
        let path = try directory.write("hush\n", to: "secrets")
        try #require(chmod(path, mode) == 0)
        expectRefusal(of: path, .unsafe, saying: String(mode, radix: 8))
    }

    @Test("a file that its owner may only read is fine", arguments: [0o600, 0o400])
    func ownerOnly(mode: UInt32) throws {
        let path = try directory.write("hush\n", to: "secrets")
        try #require(chmod(path, mode) == 0)
        #expect(try SessionSecrets(file: path).count == 1)
    }

    @Test("a file of another user is refused", .enabled(if: geteuid() == 0, "only root can give files away"))
    func owner() throws {
        let path = try directory.write("hush\n", to: "secrets")
        try #require(chown(path, 12_345, 12_345) == 0)
        expectRefusal(of: path, .unsafe, saying: "12345")
    }

    @Test("a link, a directory, a pipe and a device are refused without waiting")
    func noFiles() throws {
        let link = directory.path("link")
        try #require(symlink(try directory.write("hush\n", to: "secrets"), link) == 0)
        expectRefusal(of: link, .unsafe, saying: "symbolic link")
        expectRefusal(of: directory.path, .unsafe)
        let pipe = directory.path("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        expectRefusal(of: pipe, .unsafe)
        expectRefusal(of: "/dev/null", .unsafe)
        expectRefusal(of: directory.path("none"), .unavailable)
    }

    @Test("a file may have 64 KiB")
    func size() throws {
        let path = try directory.write(String(repeating: "hush\n", count: 13_107) + "\n", to: "exact")
        #expect(try SessionSecrets(file: path).count == 13_107)
        expectRefusal(of: try directory.write(String(repeating: "hush\n", count: 13_108), to: "over"), .tooLarge)
    }

    @Test("a file without a secret is refused", arguments: ["", "\n", "# hush\n", " \t\r\n"])
    func empty(text: String) throws {
        expectRefusal(of: try directory.write(text, to: "secrets"), .missing)
    }
}
