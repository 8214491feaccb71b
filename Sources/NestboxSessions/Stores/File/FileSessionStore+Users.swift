import CNestboxSystem
import Crypto
import Glibc

/// The sessions of each user: empty files with the names of the sessions.
///
/// A mark is there before the session is and goes after it, so that ``revokeAll(user:except:)`` misses none. One without a
/// session is removed when it is met, but not in its first hour: the session may be in the making.
extension FileSessionStore {
    static let usersPath = "v1/users"

    func usersDirectory(_ user: String) -> String {
        let hash = Hexadecimal.encode(SHA256.hash(data: Array(user.utf8)))
        return "\(Self.usersPath)/\(hash.prefix(2))/\(hash)"
    }

    func addMark(_ name: String, of user: String) throws(SessionStoreError) {
        _ = try directory.create("\(usersDirectory(user))/\(name)", orOpen: true)
    }

    /// Adds a mark and writes its session; a disk that takes no more is not left with marks of no session.
    func marking<Result>(
        _ name: String, of user: String?, _ write: () throws(SessionStoreError) -> Result
    ) throws(SessionStoreError) -> Result {
        guard let user else { return try write() }
        do throws(SessionStoreError) {
            try addMark(name, of: user)
            return try write()
        } catch {
            try? removeMark(name, of: user)
            throw error
        }
    }

    func removeMark(_ name: String, of user: String) throws(SessionStoreError) {
        let path = usersDirectory(user)
        try directory.remove("\(path)/\(name)")
        directory.removeIfEmpty(path)
    }

    /// The sessions that a user's marks name, whether they are there or not.
    func markedNames(_ user: String) throws(SessionStoreError) -> [String] {
        try directory.names(in: usersDirectory(user)).filter(SessionDirectory.isSessionName)
    }

    /// Removes a mark that is an hour old and whose session is not its user's.
    /// - Returns: Whether it did.
    @discardableResult
    func removeStaleMark(_ name: String, in users: String) throws(SessionStoreError) -> Bool {
        let path = "\(users)/\(name)"
        guard let status = try directory.status(path), Int64(time(nil)) - status.changed > Self.remainsAge else {
            return false
        }
        if let file = try readLocked(name) {
            defer { extendLifetime(file) }
            if case .session(let record) = file.content, let user = record.user, usersDirectory(user) == users {
                return false
            }
        }
        let removed = try directory.remove(path)
        directory.removeIfEmpty(users)
        return removed
    }
}
