import CNestboxSystem
import Glibc

/// The temporary directory of `serve`, which only its user can enter.
///
/// Its lock is held as long as the process lives: what a process has left that was killed is removed by the next one.
struct ServeDirectory: Sendable {
    let path: String
    private let lock: Int32

    private static let prefix = "nestbox-serve."

    init() throws(StartError) {
        let parent = Self.parent
        Self.removeAbandoned(in: parent)
        var template = Array("\(parent)/\(Self.prefix)XXXXXX".utf8CString)
        guard nestbox_make_temporary_directory(&template) == 0 else {
            throw StartError("\(parent): \(String(cString: strerror(errno))). Set TMPDIR to a directory of yours")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // It has its name once it is locked: another process takes one that it can lock for abandoned.
        let new = "\(path)/lock.new"
        lock = open(new, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard lock >= 0, nestbox_try_lock(lock) == 0, rename(new, "\(path)/lock") == 0 else {
            let error = StartError("\(new): \(String(cString: strerror(errno)))")
            remove()
            throw error
        }
    }

    /// The path of a file in it.
    func path(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String) throws(StartError) {
        // Beside, then renamed: nginx may be reading it.
        let new = path(name) + ".new"
        let file = open(new, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
        var rest = Array(text.utf8)[...]
        while file >= 0, !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        let error = errno
        if file >= 0 { close(file) }
        guard file >= 0, rest.isEmpty, rename(new, path(name)) == 0 else {
            throw StartError("\(new) cannot be written: \(String(cString: strerror(error)))")
        }
    }

    /// Removes it with all that is in it.
    func remove() {
        _ = nestbox_remove_tree(path)
        nestbox_close(lock)
    }

    /// `TMPDIR`, unless the path of a socket there would be too long.
    private static var parent: String {
        guard let text = getenv("TMPDIR").map({ String(cString: $0) }), text.hasPrefix("/"), text.utf8.count <= 70,
            !text.utf8.contains(where: { $0 <= 0x20 || #""';{}$\"#.utf8.contains($0) })
        else { return "/tmp" }
        return text.hasSuffix("/") && text.count > 1 ? String(text.dropLast()) : text
    }

    private static func removeAbandoned(in parent: String) {
        guard let listing = opendir(parent) else { return }
        defer { closedir(listing) }
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            let path = "\(parent)/\(name)"
            var status = stat()
            guard name.hasPrefix(prefix), lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
                status.st_uid == geteuid()
            else { continue }
            let lock = open("\(path)/lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
            guard lock >= 0 else { continue }
            if nestbox_try_lock(lock) == 0 { _ = nestbox_remove_tree(path) }
            close(lock)
        }
    }
}
