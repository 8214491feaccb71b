import Glibc
import NestboxSessions

extension SessionDoctor {
    /// Looks at the directory of the file store and makes nothing.
    /// - Returns: Whether it is there, so that the store can be tried.
    mutating func examineDirectory() -> Bool {
        guard var path = sessions.file.directory else {
            findings.append(
                .problem(
                    "directory",
                    "none is configured: set NESTBOX_SESSION_FILE_DIRECTORY to one of its own, such as "
                        + "/var/lib/\(context.program)/sessions"))
            return false
        }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        var status = stat()
        guard lstat(path, &status) == 0 else {
            findings.append(errno == ENOENT ? absence(path) : failure(path))
            return false
        }
        // Whoever allows it has another way to close it: only Apache minds .htaccess.
        findings += Finding.exposure(of: path, as: "directory", remedy: "Use a directory elsewhere").map { finding in
            let isAllowed = sessions.file.isAllowedInDocumentRoot && finding.level == .problem
            return isAllowed ? .warning(finding.subject, finding.text) : finding
        }
        let mode = String(status.st_mode & 0o7777, radix: 8)
        if status.st_mode & S_IFMT != S_IFDIR {
            let what = status.st_mode & S_IFMT == S_IFLNK ? "a symbolic link" : "no directory"
            findings.append(.problem("directory", "\(path) is \(what). Give the path of the directory itself"))
        } else if status.st_uid != geteuid() {
            findings.append(
                .problem(
                    "directory",
                    "\(path) belongs to user \(status.st_uid), and this runs as user \(geteuid()). Run the doctor as the "
                        + "application's user, or chown \(geteuid()) \(path)"))
        } else if status.st_mode & 0o022 != 0 {
            findings.append(.problem("directory", "\(path) can be written by others (\(mode)). Run chmod 700 \(path)"))
        } else {
            if status.st_mode & 0o077 != 0 {
                findings.append(
                    .warning("directory", "\(path) can be listed by others (\(mode)). Run chmod 700 \(path)"))
            } else {
                let isMarked = access("\(path)/nestbox-sessions", F_OK) == 0
                findings.append(
                    .ok("directory", "\(path), mode \(mode), \(isMarked ? "marked as ours" : "not used before")"))
            }
            examineSpace(path)
            return true
        }
        return false
    }

    private func absence(_ path: String) -> Finding {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        let parent = end == path.startIndex ? "/" : String(path[..<end])
        var status = stat()
        guard stat(parent, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            return .problem(
                "directory", "\(path) is not there, nor is \(parent). Run install -d -m 700 \(path), or session keygen")
        }
        guard access(parent, W_OK | X_OK) == 0 else {
            return .problem(
                "directory", "\(path) is not there, and user \(geteuid()) cannot make it. Run install -d -m 700 \(path)"
            )
        }
        return .warning(
            "directory", "\(path) is not there yet: the application makes it at its start, if its user may")
    }

    private func failure(_ path: String) -> Finding {
        .problem("directory", "\(path) cannot be examined: \(String(cString: strerror(errno))). Check the path")
    }

    private mutating func examineSpace(_ path: String) {
        var system = statvfs()
        guard statvfs(path, &system) == 0 else { return }
        let bytes = UInt64(system.f_bavail).multipliedReportingOverflow(by: UInt64(system.f_frsize))
        let mebibytes = (bytes.overflow ? .max : bytes.partialValue) >> 20
        // A file system without a number of inodes says 0 of 0.
        let inodes = system.f_files == 0 ? nil : UInt64(system.f_favail)
        let text = "\(mebibytes) MiB\(inodes.map { " and \($0) files" } ?? "") are free"
        if mebibytes == 0 || inodes == 0 {
            findings.append(.problem("space", "\(text): no session can be stored. Make room"))
        } else if mebibytes < 64 || (inodes ?? .max) < 10_000 {
            findings.append(.warning("space", "\(text), which new sessions may use up. Make room, or run session gc"))
        } else {
            findings.append(.ok("space", text))
        }
    }
}
