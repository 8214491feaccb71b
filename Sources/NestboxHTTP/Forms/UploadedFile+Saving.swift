import CNestboxSystem
import Glibc

extension UploadedFile {
    /// Saves the file under a name of the program's choice, whole or not at all.
    ///
    /// A temporary file on the same file system gets the name without being copied; set `forms.directory` for that. The
    /// name appears when all bytes are there, on file systems that cannot do this after a hidden name beside it. They are
    /// not forced to the disk.
    /// - Parameters:
    ///   - path: Where to. Never make it of ``filename`` alone: clients choose that.
    ///   - permissions: The mode of the file, whatever the umask; 0600 unless told otherwise.
    ///   - replacing: Whether it takes the place of a file that is there.
    /// - Throws: ``UploadError``, with the code `exists` when the name is taken.
    public func save(to path: String, permissions: UInt32 = 0o600, replacing: Bool = false) async throws {
        guard !path.utf8.contains(0) else { throw UploadError("save", path, EINVAL) }
        if !replacing, try await link(to: path, for: path, permissions) { return }
        try await move(to: path, permissions, replacing: replacing, isLinked: replacing)
    }

    /// Saves the file under a short name beside the one it gets in the end: what `path` names is whole.
    /// - Parameter isLinked: Whether the file system may have nameless files.
    package func move(to path: String, _ permissions: UInt32, replacing: Bool, isLinked: Bool) async throws {
        let number = String(UInt64.random(in: 0 ... .max), radix: 36)
        let beside = "\(Self.directory(of: path))/.nestbox-\(number)"
        let hasName = isLinked ? try await link(to: beside, for: path, permissions) : false
        if !hasName { try await create(beside, for: path, permissions) }
        let result =
            replacing ? nestbox_rename_path(beside, path) : nestbox_rename_new(AT_FDCWD, beside, path)
        if result != 0 {
            let error = UploadError("save", path)
            _ = nestbox_remove(beside)
            throw error
        }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Gives the temporary file, or a nameless copy, a name, unless the file system cannot.
    private func link(to name: String, for path: String, _ permissions: UInt32) async throws -> Bool {
        if case .file(let file) = storage, try file.link(to: name, permissions: permissions) { return true }
        let copy: TemporaryFile
        do {
            copy = try TemporaryFile(in: Self.directory(of: path))
        } catch {
            throw UploadError("save", path, error.systemError)
        }
        try await write(to: copy.descriptor, path)
        return try copy.link(to: name, permissions: permissions)
    }

    /// Writes a copy with a name from the first byte on.
    private func create(_ name: String, for path: String, _ permissions: UInt32) async throws {
        let named = nestbox_create(name, 0o600)
        guard named >= 0 else { throw UploadError("save", path) }
        defer { nestbox_close(named) }
        do {
            try await write(to: named, path)
            if nestbox_set_permissions(named, permissions) != 0 { throw UploadError("save", path) }
        } catch {
            _ = nestbox_remove(name)
            throw error
        }
    }

    /// Writes all bytes, and lets others work in between.
    private func write(to descriptor: Int32, _ path: String) async throws {
        switch storage {
        case .bytes(let bytes):
            // The call reads as many bytes as it is told the array has.
            if nestbox_write_at(descriptor, bytes, bytes.count, 0) != 0 { throw UploadError("save", path) }
        case .file(let file):
            var done = 0
            while done < size {
                let wanted = Swift.min(size - done, 8 << 20)
                let count = nestbox_copy(file.descriptor, Int64(done), descriptor, Int64(done), wanted)
                guard count > 0 else { throw UploadError("save", path, count == 0 ? EIO : errno) }
                done += count
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }
}
