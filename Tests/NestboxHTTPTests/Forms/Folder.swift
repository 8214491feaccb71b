import Glibc

/// A directory of one test, in which it looks at names, modes and files that are open without a name.
final class Folder: Sendable {
    struct SystemError: Error {
        var number = errno
    }

    let path: String

    static var hasSharedMemory: Bool { access("/dev/shm", W_OK) == 0 }

    init(in parent: String = "/tmp") throws {
        var template = Array("\(parent)/nestbox-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError() }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in (try? names()) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    func names() throws -> [String] {
        try Self.names(in: path).sorted()
    }

    func mode(_ name: String) throws -> UInt32 {
        var status = stat()
        guard lstat("\(path)/\(name)", &status) == 0 else { throw SystemError() }
        return status.st_mode
    }

    func read(_ name: String) throws -> [UInt8] {
        let descriptor = open("\(path)/\(name)", O_RDONLY)
        guard descriptor >= 0 else { throw SystemError() }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw SystemError() }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// How many files of this process are open here and have no name.
    func openFiles() throws -> Int { try openModes().count }

    /// The modes of the files of this process that are open here and have no name.
    func openModes() throws -> [UInt32] {
        try Self.names(in: "/proc/self/fd").compactMap { name in
            var buffer = [CChar](repeating: 0, count: 1024)
            let count = readlink("/proc/self/fd/\(name)", &buffer, buffer.count)
            let target = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            var status = stat()
            guard target.hasPrefix(path + "/"), stat("/proc/self/fd/\(name)", &status) == 0, status.st_nlink == 0 else {
                return nil
            }
            return status.st_mode
        }
    }

    private static func names(in path: String) throws -> [String] {
        guard let directory = opendir(path) else { throw SystemError() }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
