import CNestboxSystem
import Glibc

/// The directory of a file store and what is in it.
///
///     <directory>/nestbox-sessions         marks it as ours
///     <directory>/v1/ab/abcd…              a session: 64 hexadecimal digits, in the shard that the first two name;
///                                          locked with flock while it is changed
///     <directory>/v1/ab/new-…              a file that is being made
///     <directory>/v1/users/cd/cdef…/abcd…  an empty file for each session of a user, below the SHA-256 of the name
///     <directory>/v1/exclusive             a byte of it is locked for each session that one request has for itself
///     <directory>/corrupt/abcd…            a file that was no session
///
/// Paths are taken relative to the directory that was opened and checked at the start.
struct SessionDirectory: ~Copyable, Sendable {
    /// What opening a file found.
    enum Opened: ~Copyable {
        case file(Descriptor)
        case missing
        /// A symbolic link, or something else that is no file of ours.
        case foreign
    }

    /// The absolute path, for messages.
    let path: String
    let descriptor: Descriptor

    static func isSessionName(_ name: String) -> Bool {
        let bytes = name.utf8
        return bytes.count == 64
            && bytes.allSatisfy {
                $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") || $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "f")
            }
    }

    static let shards: [String] = (0..<256).map { Hexadecimal.encode([UInt8($0)]) }

    static func shard(of name: String) -> String { "v1/" + name.prefix(2) }

    static func sessionPath(_ name: String) -> String { path(of: name, in: name) }

    /// The path of something in the shard of a session.
    static func path(of entry: String, in name: String) -> String {
        var path = "v1/"
        path.reserveCapacity(5 + 1 + entry.utf8.count)
        path += name.prefix(2)
        path += "/"
        path += entry
        return path
    }

    func full(_ name: String) -> String { "\(path)/\(name)" }

    /// Opens a file; only what the system refuses is an error.
    func open(_ name: String, _ how: Int, mode: UInt32 = 0) throws(SessionStoreError) -> Opened {
        let raw = nestbox_open_below(descriptor.raw, name, Int32(how), mode)
        if raw >= 0 { return .file(Descriptor(raw)) }
        switch errno {
        case ENOENT: return .missing
        case ELOOP, EXDEV, EISDIR, ENXIO: return .foreign
        default: throw .system("open", full(name))
        }
    }

    /// Creates a file with mode 0600 whatever the umask, and the directories it is in when they are missing.
    func create(_ name: String, orOpen: Bool = false) throws(SessionStoreError) -> Descriptor {
        let how = orOpen ? NESTBOX_OPEN_OR_CREATE : NESTBOX_CREATE_NEW
        for _ in 0..<3 {
            let raw = nestbox_open_below(descriptor.raw, name, Int32(how), 0o600)
            if raw >= 0 {
                let file = Descriptor(raw)
                if nestbox_set_permissions(raw, 0o600) != 0 { throw .system("set the mode of", full(name)) }
                return file
            }
            guard errno == ENOENT else { break }
            try makeParents(of: name)
        }
        throw .system("create", full(name))
    }

    /// Makes the directories that a file is to be in, with mode 0700 whatever the umask.
    private func makeParents(of name: String) throws(SessionStoreError) {
        for (index, byte) in zip(name.utf8.indices, name.utf8) where byte == UInt8(ascii: "/") {
            try makeDirectory(String(name[..<index]))
        }
    }

    func makeDirectory(_ name: String) throws(SessionStoreError) {
        if nestbox_make_directory(descriptor.raw, name) != 0, errno != EEXIST { throw .system("create", full(name)) }
    }

    func exists(_ name: String) throws(SessionStoreError) -> Bool { try status(name) != nil }

    /// What a name stands for, or `nil` if nothing has it.
    func status(_ name: String) throws(SessionStoreError) -> nestbox_file_status? {
        var status = nestbox_file_status()
        if nestbox_status_below(descriptor.raw, name, &status) == 0 { return status }
        if errno == ENOENT { return nil }
        throw .system("examine", full(name))
    }

    /// Removes a file.
    /// - Returns: Whether it was there.
    @discardableResult
    func remove(_ name: String) throws(SessionStoreError) -> Bool {
        if nestbox_remove_file(descriptor.raw, name) == 0 { return true }
        if errno == ENOENT { return false }
        throw .system("remove", full(name))
    }

    /// Removes a directory if it is empty.
    func removeIfEmpty(_ name: String) { _ = nestbox_remove_directory(descriptor.raw, name) }

    func rename(_ old: String, to new: String) throws(SessionStoreError) {
        if nestbox_rename(descriptor.raw, old, new) != 0 { throw .system("rename", full(old)) }
    }

    /// The names in a directory, none if it does not exist; at most `limit`.
    func names(in name: String, limit: Int = .max) throws(SessionStoreError) -> [String] {
        guard let listing = nestbox_listing_open(descriptor.raw, name) else {
            if errno == ENOENT { return [] }
            throw .system("list", full(name))
        }
        defer { nestbox_listing_close(listing) }
        var names: [String] = []
        // The call writes at most 256 bytes, of which it tells how many are the name.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            while names.count < limit {
                let length = Int(nestbox_listing_next(listing, buffer.baseAddress))
                if length <= 0 { break }
                names.append(String(decoding: buffer.prefix(length).lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
        }
        return names
    }
}
