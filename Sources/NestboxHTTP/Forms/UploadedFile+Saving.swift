import CNestboxSystem
import Glibc

extension UploadedFile {
    /// Saves the file under a name of the program's choice, whole or not at all.
    ///
    /// A temporary file on the same file system gets the name without being copied; set `forms.directory` for that. The
    /// name appears when all bytes are there. They are not forced to the disk.
    /// - Parameters:
    ///   - path: Where to. Never make it of ``filename`` alone: clients choose that.
    ///   - permissions: The mode of the file, whatever the umask; 0600 unless told otherwise.
    ///   - replacing: Whether it takes the place of a file that is there.
    /// - Throws: ``UploadError``, with the code `exists` when the name is taken.
    public func save(to path: String, permissions: UInt32 = 0o600, replacing: Bool = false) async throws {
        guard !path.utf8.contains(0) else { throw UploadError("save", path, EINVAL) }
        guard replacing else { return try await link(to: path, permissions: permissions) }
        let beside = "\(path).\(UInt64.random(in: 0 ... .max))"
        try await link(to: beside, permissions: permissions)
        if nestbox_rename_path(beside, path) != 0 {
            let error = UploadError("save", path)
            _ = nestbox_remove(beside)
            throw error
        }
    }

    private func link(to path: String, permissions: UInt32) async throws {
        if case .file(let file) = storage, try file.link(to: path, permissions: permissions) { return }
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let directory = slash.map { $0 == path.startIndex ? "/" : path[..<$0] } ?? "."
        let copy: TemporaryFile
        do {
            copy = try TemporaryFile(in: String(directory))
        } catch {
            throw UploadError("save", path, error.systemError)
        }
        try await write(to: copy.descriptor, path)
        if try copy.link(to: path, permissions: permissions) { return }
        // A file system without nameless files: the name is there before the bytes are, but never for long.
        let named = nestbox_create(path, 0o600)
        guard named >= 0 else { throw UploadError("save", path) }
        defer { nestbox_close(named) }
        do {
            try await write(to: named, path)
            if nestbox_set_permissions(named, permissions) != 0 { throw UploadError("save", path) }
        } catch {
            _ = nestbox_remove(path)
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
