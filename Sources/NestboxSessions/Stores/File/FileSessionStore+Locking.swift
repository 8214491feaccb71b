import CNestboxSystem
import Glibc
import Synchronization

extension FileSessionStore: LockingSessionStore {
    /// Locks one byte of a file, at an offset that the session's key gives.
    ///
    /// The lock belongs to the open file and not to the process, so that it holds between threads too, and the kernel takes it
    /// back when the process dies. An old id and the new one have the same lock.
    public func tryLock(_ token: SessionToken) async throws(SessionStoreError) -> (any SessionLock)? {
        // What is no id has no session that others could hold.
        guard let first = SessionID(token)?.key else { return FileSessionLock(nil) }
        let name = try current(first)
        let path = "v1/exclusive"
        let file = try directory.create(path, orOpen: true)
        guard nestbox_try_lock_byte(file.raw, Int64(name.prefix(15), radix: 16) ?? 0) == 0 else {
            if errno == EAGAIN { return nil }
            throw .system("lock", directory.full(path))
        }
        // The session may have got a new id before the lock was there, and others hold that of the new one.
        return try current(first) == name ? FileSessionLock(file) : nil
    }

    /// The file that the session of a name has now.
    private func current(_ first: String) throws(SessionStoreError) -> String {
        var name = first
        for _ in 0..<Self.maxForwards {
            guard let file = try read(name), case .forwards(let next, let until) = file.content, clock.now <= until
            else {
                break
            }
            name = next
        }
        return name
    }
}

/// A lock that goes when its file is closed.
private final class FileSessionLock: SessionLock {
    private let file: Mutex<Descriptor?>

    init(_ file: consuming Descriptor?) {
        self.file = Mutex(file)
    }

    func release() {
        file.withLock { $0 = nil }
    }
}
