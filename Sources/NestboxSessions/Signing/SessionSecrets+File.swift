import Glibc

extension SessionSecrets {
    private static let maximumFileSize = 65_536

    /// Reads secrets from a file: one in each line, oldest first.
    ///
    /// Spaces and tabs around a secret, empty lines and lines that begin with `#` do not count. The file has to belong
    /// to the user that the program runs as, may not be readable or writable by anyone else, has to be a regular file
    /// and no symbolic link, and may have 64 KiB. One of systemd's credentials (`LoadCredential=`, below
    /// `$CREDENTIALS_DIRECTORY`) may belong to root, and be readable for the group that its access list shows as.
    /// - Throws: ``SessionSecretsError`` with the path and what to do.
    public init(file path: String) throws(SessionSecretsError) {
        // Without O_NONBLOCK opening a pipe would wait for someone to write to it.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            if errno == ELOOP {
                throw SessionSecretsError(.unsafe, "\(path) is a symbolic link: name the file itself")
            }
            throw Self.failure("read", path, "create it with `session keygen`, or check the path")
        }
        defer { close(descriptor) }
        try Self.check(descriptor, path)
        let bytes = try Self.bytes(descriptor, path)
        let blanks = [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r")]
        let secrets = bytes.split(separator: UInt8(ascii: "\n")).compactMap { line -> [UInt8]? in
            let isBlank = blanks.contains(_:)
            let secret = Array(line.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
            return secret.isEmpty || secret.first == UInt8(ascii: "#") ? nil : secret
        }
        try self.init(secrets, from: path)
    }

    /// Creates a file with one new secret that only its owner can read.
    ///
    /// The secret is 48 random bytes in base64url. A file that is there is never overwritten.
    /// - Throws: ``SessionSecretsError`` with the path and what to do.
    public static func createFile(at path: String) throws(SessionSecretsError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST {
                throw SessionSecretsError(
                    .exists, "\(path) is there already: to renew the secret, append a line with a new one to it")
            }
            throw failure("create", path, "check that its directory exists and may be written to")
        }
        defer { close(descriptor) }
        let text = Array((randomText() + "\n").utf8)
        // The umask may have taken bits away; one write of so few bytes is whole or fails.
        guard fchmod(descriptor, 0o600) == 0, write(descriptor, text, text.count) == text.count,
            fsync(descriptor) == 0
        else {
            let error = failure("write", path, "check the disk's space and quota")
            unlink(path)
            throw error
        }
    }

    /// Refuses a file that others may have read or written.
    private static func check(_ descriptor: Int32, _ path: String) throws(SessionSecretsError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("read", path, "check the path") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SessionSecretsError(.unsafe, "\(path) is no regular file: name a file with one secret in each line")
        }
        let isCredential = status.st_uid == 0 && Self.isCredential(path)
        guard status.st_uid == geteuid() || isCredential else {
            throw SessionSecretsError(
                .unsafe,
                "\(path) belongs to user \(status.st_uid) and the program runs as \(geteuid()): "
                    + "chown it, or run the program as its owner")
        }
        guard status.st_mode & (isCredential ? 0o037 : 0o077) == 0 else {
            throw SessionSecretsError(
                .unsafe,
                "\(path) is open to other users (mode \(String(status.st_mode & 0o7777, radix: 8))): "
                    + "chmod 600 it, and renew the secret if others can have read it")
        }
    }

    /// Whether it is a file that systemd has put where the service alone can read it: newer versions let it belong to root,
    /// and an access list names the service's user.
    static func isCredential(_ path: String, directory: String? = credentialsDirectory) -> Bool {
        guard let directory, path.hasPrefix(directory + "/") else { return false }
        // systemd makes no directories in that one.
        return !path.dropFirst(directory.count + 1).contains("/")
    }

    private static var credentialsDirectory: String? {
        getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }

    /// All of a file.
    private static func bytes(_ descriptor: Int32, _ path: String) throws(SessionSecretsError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path, "check the file") }
            if count == 0 { return bytes }
            bytes += chunk.prefix(count)
            guard bytes.count <= maximumFileSize else {
                throw SessionSecretsError(
                    .tooLarge, "\(path) has more than \(maximumFileSize) bytes: drop secrets that are not in use")
            }
        }
    }

    /// An error with the text of `errno`.
    private static func failure(_ verb: String, _ path: String, _ remedy: String) -> SessionSecretsError {
        SessionSecretsError(.unavailable, "cannot \(verb) \(path): \(String(cString: strerror(errno))); \(remedy)")
    }
}
