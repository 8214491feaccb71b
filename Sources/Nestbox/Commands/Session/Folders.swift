import Glibc

/// Directories that commands make.
enum Folders {
    /// Makes the directories that are missing above a path, for their owner alone; says so.
    ///
    /// The first one of them gets a `.htaccess` that denies everything when a web server would show it.
    /// - Throws: ``StartError`` with what the system says.
    static func makeParents(of path: String, _ output: CommandOutput) throws(StartError) {
        var missing: [String] = []
        var parent = Substring(path)
        while let end = parent.lastIndex(of: "/"), end > parent.startIndex {
            parent = parent[..<end]
            var status = stat()
            if stat(String(parent), &status) == 0 { break }
            missing.append(String(parent))
        }
        let first = missing.last
        for directory in missing.reversed() {
            // A umask may have taken away what the owner needs.
            let isMade = mkdir(directory, 0o700) == 0 && chmod(directory, 0o700) == 0
            guard isMade || errno == EEXIST else {
                throw StartError(
                    "cannot create \(directory): \(String(cString: strerror(errno))). Make it for user \(geteuid())")
            }
            output.note("\(directory.printable) is made. Only user \(geteuid()) can look into it.")
        }
        if let first, WebRoot(around: first) != nil { try close(first, output) }
    }

    /// Keeps a web server from showing a directory.
    private static func close(_ directory: String, _ output: CommandOutput) throws(StartError) {
        let path = "\(directory)/.htaccess"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        let text = "Require all denied\n"
        let isWritten = file >= 0 && write(file, text, text.utf8.count) == text.utf8.count
        let number = errno
        if file >= 0 { Glibc.close(file) }
        guard isWritten else { throw StartError("cannot write \(path): \(String(cString: strerror(number)))") }
        output.note(
            "It is where a web server shows files; \(path.printable) keeps visitors out of it. A place elsewhere is better."
        )
    }
}
