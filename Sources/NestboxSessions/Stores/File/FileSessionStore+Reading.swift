import CNestboxSystem
import Glibc
import Logging

/// A session's file, open, with what is in it; a lock on it is held as long.
struct SessionFile: ~Copyable {
    let descriptor: Descriptor
    let slots: SessionSlots
    let content: SessionFileContent
}

extension FileSessionStore {
    /// How large a file may be: twice what a slot may need, and in any case what an earlier, larger limit allowed.
    private var sizeLimit: Int { 2 * SessionSlots.size(for: max(maxBytes, 16_777_216)) }

    private enum Found: ~Copyable {
        case file(SessionFile)
        case missing
        /// A file that is no session; the text says why.
        case unusable(String)
    }

    /// Reads a session's file without a lock.
    ///
    /// It may look damaged while it is written twice; it is read again under the lock then.
    func read(_ name: String) throws(SessionStoreError) -> SessionFile? {
        switch try examine(name, locks: false) {
        case .file(let file): return file
        case .missing: return nil
        case .unusable: break
        }
        do throws(SessionStoreError) {
            return try readLocked(name)
        } catch {
            report(name, "\(error)")
            return nil
        }
    }

    /// Reads a session's file and keeps it locked until what is returned goes.
    ///
    /// A file that is no session is put aside.
    func readLocked(_ name: String) throws(SessionStoreError) -> SessionFile? {
        switch try examine(name, locks: true) {
        case .file(let file): return file
        case .missing: return nil
        case .unusable(let reason):
            putAside(name, reason)
            return nil
        }
    }

    private func examine(_ name: String, locks: Bool) throws(SessionStoreError) -> Found {
        let path = SessionDirectory.sessionPath(name)
        // A file that was replaced or deleted between two of our calls, or while its lock was waited for, is looked for again.
        for _ in 0..<100 {
            switch try directory.open(path, locks ? NESTBOX_READ_WRITE : NESTBOX_READ) {
            case .missing: return .missing
            case .foreign:
                // Nothing is moved out of a directory that is not ours.
                let shard = SessionDirectory.shard(of: name)
                guard try directory.status(shard)?.is_directory == 1 else {
                    throw .system("open", directory.full(shard), ELOOP)
                }
                return .unusable("it is no regular file")
            case .file(let descriptor):
                if locks, nestbox_lock(descriptor.raw) != 0 { throw .system("lock", directory.full(path)) }
                let status = try descriptor.status(directory.full(path))
                if status.links == 0 { continue }
                if status.is_regular == 0 { return .unusable("it is no regular file") }
                if status.owner != owner { return .unusable("it belongs to user \(status.owner)") }
                if status.links > 1 { return .unusable("it has \(status.links) names") }
                if status.size > sizeLimit { return .unusable("it has \(status.size) bytes") }
                return try parse(descriptor, size: Int(status.size), modified: status.modified, name)
            }
        }
        throw SessionStoreError(.unavailable, "\(directory.full(path)) is replaced faster than it can be read")
    }

    private func parse(
        _ descriptor: consuming Descriptor, size: Int, modified: Int64, _ name: String
    ) throws(SessionStoreError) -> Found {
        let bytes = try descriptor.read(limit: size, directory.full(SessionDirectory.sessionPath(name)))
        guard
            let slots = SessionSlots(bytes, name: name, sealingKey: sealingKey)
                ?? formerSealingKeys.lazy.compactMap({ SessionSlots(bytes, name: name, sealingKey: $0) }).first
        else {
            return .unusable("none of its slots is valid")
        }
        guard let object = serializer.deserialize(slots.content),
            let content = SessionFileContent(object, modified: modified)
        else { return .unusable("its content is no session") }
        return .file(SessionFile(descriptor: descriptor, slots: slots, content: content))
    }

    /// Moves a file to `corrupt/`, or deletes it when there are a hundred.
    private func putAside(_ name: String, _ reason: String) {
        if unusableFiles.stays() { return }
        let path = SessionDirectory.sessionPath(name)
        do throws(SessionStoreError) {
            try directory.makeDirectory("corrupt")
            if try directory.names(in: "corrupt", limit: 100).count < 100 {
                try directory.rename(path, to: "corrupt/\(name)")
            } else {
                try directory.remove(path)
            }
            report(name, reason)
        } catch {
            report(name, "\(reason), and it stays: \(error)")
        }
    }

    /// Whether there is a file of this name, whatever is in it.
    func isThere(_ name: String) throws(SessionStoreError) -> Bool {
        try directory.exists(SessionDirectory.sessionPath(name))
    }

    private func report(_ name: String, _ reason: String) {
        logger.warning(
            "a session file cannot be used: \(reason)",
            metadata: ["session.event": "store_error", "session.key": "\(name)", "directory": "\(directory.path)"])
    }
}
