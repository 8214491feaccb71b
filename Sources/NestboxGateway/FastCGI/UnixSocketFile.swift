import Glibc

/// The file of a unix socket that we made.
struct UnixSocketFile: Sendable {
    let path: String
    let device: dev_t
    let inode: ino_t

    /// Makes a socket file and listens there.
    ///
    /// A socket that nobody listens on is replaced. One that is in use, or a file of another kind, is left alone.
    /// Owner, group and mode are set before anyone can connect: until `listen`, connecting is refused.
    static func listen(
        at path: String, options: UnixSocketOptions, backlog: Int
    ) throws(GatewayError) -> (descriptor: Int32, file: UnixSocketFile) {
        let owner = try options.owner.map(userID) ?? uid_t.max
        let group = try options.group.map(groupID) ?? gid_t.max
        guard var address = SocketAddress(path: path) else {
            throw GatewayError(.invalidAddress, path, remedy: "A socket's path has 1 to 107 bytes.")
        }
        try removeStale(path, &address)
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else {
            throw GatewayError(.systemCallFailed, "socket", errno: errno, remedy: "Check the limit of open files.")
        }
        // The file gets the mode of the socket, less the umask. That belongs to all threads, and is left alone.
        let mode = mode_t(options.mode & 0o777)
        fchmod(descriptor, mode)
        guard address.bind(descriptor) == 0 else {
            let error = errno
            close(descriptor)
            throw GatewayError(
                .invalidAddress, path, errno: error,
                remedy: "Its directory must exist and this user must be allowed to write there.")
        }
        var status = stat()
        guard lstat(path, &status) == 0, options.owner == nil && options.group == nil || chown(path, owner, group) == 0,
            status.st_mode & 0o7777 == mode || chmod(path, mode) == 0,
            Glibc.listen(descriptor, Int32(clamping: backlog)) == 0
        else {
            let error = errno
            close(descriptor)
            unlink(path)
            throw GatewayError(
                .invalidAddress, path, errno: error,
                remedy: "Only root may give a socket to another user, and others only to a group of their own.")
        }
        return (descriptor, UnixSocketFile(path: path, device: status.st_dev, inode: status.st_ino))
    }

    /// Removes the file if it is still ours: a newer process may have put its own there.
    func remove() {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else { return }
        unlink(path)
    }

    private static func removeStale(_ path: String, _ address: inout SocketAddress) throws(GatewayError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw GatewayError(.notASocket, path, remedy: "Move it away or choose another path.")
        }
        let probe = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else {
            throw GatewayError(.systemCallFailed, "socket", errno: errno, remedy: "Check the limit of open files.")
        }
        defer { close(probe) }
        let connected = address.connect(probe)
        // Only a refusal says that nobody is there; a full queue, for one, says the contrary.
        guard connected != 0, errno == ECONNREFUSED else {
            throw GatewayError(
                .addressInUse, path, errno: connected == 0 ? 0 : errno,
                remedy: "Stop the process that listens there or choose another path.")
        }
        unlink(path)
    }

    private static func userID(_ name: String) throws(GatewayError) -> uid_t {
        if let number = uid_t(name) { return number }
        guard let entry = getpwnam(name) else {
            throw GatewayError(.unknownOwner, name, remedy: "Write an existing user's name or number.")
        }
        return entry.pointee.pw_uid
    }

    private static func groupID(_ name: String) throws(GatewayError) -> gid_t {
        if let number = gid_t(name) { return number }
        guard let entry = getgrnam(name) else {
            throw GatewayError(.unknownOwner, name, remedy: "Write an existing group's name or number.")
        }
        return entry.pointee.gr_gid
    }
}
