import Glibc

/// A new directory of mode 0700 that is removed with all that is in it when the object goes.
public final class TemporaryDirectory: Sendable {
    /// The absolute path, without a slash at the end.
    public let path: String

    /// Makes the directory below `parent`.
    ///
    /// The default is short so that a socket path fits in 107 bytes.
    public init(in parent: String = "/tmp") throws(TestingError) {
        var template = Array("\(parent)/nestbox.XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else { throw .system("mkdtemp in \(parent)") }
        path = made
    }

    /// The path of `name` in the directory; nothing is created.
    public func path(_ name: String) -> String { "\(path)/\(name)" }

    /// The address of a unix socket called `name` in the directory; nothing is created.
    public func socket(_ name: String = "socket") -> LoopbackAddress { .unix(path: path(name)) }

    /// Writes `text` to the file `name`, replacing what was there, and returns its path.
    @discardableResult
    public func write(_ text: String, to name: String, mode: UInt32 = 0o600) throws(TestingError) -> String {
        let path = path(name)
        let file = try OwnedDescriptor(
            open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode_t(mode)), from: "open \(path)")
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file.raw, $0.baseAddress, $0.count) }
            guard count > 0 else { throw .system("write \(path)") }
            rest = rest.dropFirst(count)
        }
        return path
    }

    /// Reads the file `name`; bytes that are not UTF-8 come out as U+FFFD.
    public func read(_ name: String) throws(TestingError) -> String {
        let path = path(name)
        let file = try OwnedDescriptor(open(path, O_RDONLY | O_CLOEXEC), from: "open \(path)")
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(file.raw, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw .system("read \(path)") }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    // A failure leaves the rest behind, since deinit cannot report it.
    deinit { Self.removeTree(path) }

    /// Removes a file, a link (not what it leads to) or a directory with all that is in it.
    private static func removeTree(_ path: String) {
        if remove(path) == 0 || errno != ENOTEMPTY && errno != EEXIST { return }
        guard let directory = opendir(path) else { return }
        var names: [String] = []
        while let entry = readdir(directory) {
            withUnsafeBytes(of: &entry.pointee.d_name) {
                names.append(String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self))
            }
        }
        closedir(directory)
        for name in names where name != "." && name != ".." { removeTree("\(path)/\(name)") }
        rmdir(path)
    }
}
