import CNestboxSystem
import Glibc

extension FileSessionStore {
    /// The bytes of a file's content, unless they are too many.
    func encode(_ content: SessionFileContent) throws(SessionStoreError) -> [UInt8] {
        let bytes = try serializer.serialize(content.object)
        guard bytes.count > maxBytes, case .session(let record) = content else { return bytes }
        throw .tooLarge(bytes: bytes.count, limit: maxBytes, values: record.values)
    }

    /// Puts a session in a new file under a new id.
    func insert(_ record: SessionRecord, _ content: [UInt8]) throws(SessionStoreError) -> StoredSession {
        for _ in 0..<3 {
            let id = makeID()
            let name = id.key
            let isPlaced = try marking(name, of: record.user) { () throws(SessionStoreError) in
                try place(content, modified: record.usedAt, as: name, replacing: false)
            }
            if isPlaced { return StoredSession(token: id.token, record: record, key: name) }
        }
        throw SessionStoreError(.unavailable, "three new ids in a row were taken. Check the generator of ids")
    }

    /// Writes new content to a file that was read under the lock.
    ///
    /// It goes to the slot that is not in use, or to a new file when it does not fit.
    func write(
        _ content: [UInt8], modified: Int64, over file: borrowing SessionFile, _ name: String
    ) throws(SessionStoreError) {
        let slots = file.slots
        guard let offset = slots.nextOffset, SessionSlots.fits(content.count, in: slots.size) else {
            _ = try place(content, modified: modified, as: name, replacing: true)
            return
        }
        let path = SessionDirectory.sessionPath(name)
        let bytes = SessionSlots.encode(
            content, generation: slots.generation + 1, size: slots.size, name: name, sealingKey: sealingKey)
        try file.descriptor.write(bytes, at: offset, directory.full(path))
        try file.descriptor.setModified(modified, directory.full(path))
        if durability == .sync, nestbox_sync_data(file.descriptor.raw) != 0 {
            throw .system("write", directory.full(path))
        }
    }

    /// Makes a file beside and gives it the name of a session when it is complete.
    /// - Returns: Whether the name was free; with `replacing` it need not be.
    func place(
        _ content: [UInt8], modified: Int64, as name: String, replacing: Bool
    ) throws(SessionStoreError) -> Bool {
        let path = SessionDirectory.sessionPath(name)
        let temporary = SessionDirectory.path(
            of: "new-" + String(UInt64.random(in: .min ... .max), radix: 36), in: name)
        let file = try directory.create(temporary)
        do throws(SessionStoreError) {
            let size = SessionSlots.size(for: content.count)
            // Not fallocate: ext4 has a file's blocks written before it takes another's name, so that the power may go, but
            // only blocks that were not there yet. It would be no faster either: 75 µs with and 77 without.
            if nestbox_set_size(file.raw, Int64(2 * size)) != 0 {
                throw .system("set the size of", directory.full(temporary))
            }
            let bytes = SessionSlots.encode(content, generation: 1, size: size, name: name, sealingKey: sealingKey)
            try file.write(bytes, at: 0, directory.full(temporary))
            try file.setModified(modified, directory.full(temporary))
            if durability == .sync, nestbox_sync_data(file.raw) != 0 {
                throw .system("write", directory.full(temporary))
            }
            if replacing {
                try directory.rename(temporary, to: path)
            } else if nestbox_rename_new(directory.descriptor.raw, temporary, path) != 0 {
                guard errno == EEXIST else { throw .system("rename", directory.full(temporary)) }
                try directory.remove(temporary)
                return false
            }
        } catch {
            _ = try? directory.remove(temporary)
            throw error
        }
        if durability == .sync { try syncDirectory(SessionDirectory.shard(of: name)) }
        return true
    }

    func syncDirectory(_ name: String) throws(SessionStoreError) {
        guard case .file(let shard) = try directory.open(name, NESTBOX_DIRECTORY) else { return }
        if nestbox_sync_data(shard.raw) != 0 { throw .system("write", directory.full(name)) }
    }
}
