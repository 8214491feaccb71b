import CNestboxSystem
import Glibc

/// The file of this program, by the path that it was started with.
///
/// A deployment puts another file there, or leads a link elsewhere: what is started from the path is the new program,
/// while `/proc/self/exe` stays the old one.
package struct ProgramFile: Sendable {
    /// The absolute path, ended by NUL; bytes, since a path need not be text.
    package let path: [CChar]

    /// What tells one file from another, and a file from what it was.
    package struct Identity: Sendable, Hashable {
        let device: dev_t
        let inode: ino_t
        let size: off_t
        let modified: Int
        let nanoseconds: Int
    }

    static let current = ProgramFile()

    private init() {
        let name = nestbox_called_path().map { String(cString: $0) } ?? ""
        // Started by descriptor (fexecve) it has no other path than where the file is.
        guard let given = nestbox_called_path(), !name.isEmpty, !name.hasPrefix("/dev/fd/") else {
            path = Self.resolved
            return
        }
        let bytes = Array(UnsafeBufferPointer(start: given, count: strlen(given) + 1))
        if name.hasPrefix("/") {
            path = bytes
            return
        }
        guard let directory = nestbox_start_directory() else {
            path = Self.resolved
            return
        }
        path =
            UnsafeBufferPointer(start: directory, count: strlen(directory)) + [CChar(bitPattern: UInt8(ascii: "/"))]
            + bytes
    }

    private static var resolved: [CChar] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        return buffer.prefix(max(0, count)) + [0]
    }

    package init(path: [CChar]) { self.path = path }

    /// What is at the path now, if it is a program.
    package var identity: Identity? { Self.identity(path) }

    /// The file that this process runs, wherever it is by now; `nil` where /proc is missing.
    static var running: Identity? { identity("/proc/self/exe".utf8CString.map(\.self)) }

    private static func identity(_ path: [CChar]) -> Identity? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o111 != 0,
            status.st_size > 0
        else { return nil }
        return Identity(
            device: status.st_dev, inode: status.st_ino, size: status.st_size, modified: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }
}

extension ProgramFile: CustomStringConvertible {
    package var description: String {
        String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
