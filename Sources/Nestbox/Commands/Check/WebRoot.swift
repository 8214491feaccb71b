import Glibc

/// A directory whose files a web server shows.
struct WebRoot {
    /// The path without links.
    let path: String
    /// What hosts call the directory.
    private static let names: Set<Substring> = [
        "public_html", "htdocs", "httpdocs", "wwwroot", "webroot", "www-root", "html", "www", "web",
    ]

    /// Finds the root that a file or directory lies in.
    /// - Parameters:
    ///   - path: What may not be there yet; what is there of its path counts.
    ///   - documentRoot: The web server's root, where it is known; names mean nothing then.
    init?(around path: String, documentRoot: String? = Self.documentRoot) {
        guard let path = Self.existing(path) else { return nil }
        if let documentRoot {
            guard let root = InstallationCheck.real(documentRoot), root != "/",
                path == root || path.hasPrefix(root + "/")
            else { return nil }
            self.path = root
            return
        }
        let segments = path.split(separator: "/")
        let found = segments.indices.first { index in
            // /var/www and /srv/www hold roots, and are none.
            index > 0 && Self.names.contains(segments[index]) && !(index == 1 && segments[index] == "www")
        }
        guard let index = found else { return nil }
        self.path = "/" + segments[...index].joined(separator: "/")
    }

    static var documentRoot: String? {
        getenv("DOCUMENT_ROOT").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether `.htaccess` files on the way from the root keep visitors from something below it: a file, or all that may be
    /// in a directory.
    func closes(_ path: String) -> Bool {
        guard let path = Self.existing(path), path == self.path || path.hasPrefix(self.path + "/") else { return false }
        var segments = path.dropFirst(self.path.count).split(separator: "/").map(String.init)
        var status = stat()
        if stat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFREG { segments.append("any-0.file") }
        var directory = self.path
        let files = segments.map { segment in
            defer { directory += "/\(segment)" }
            return AccessFile(in: directory)
        }
        return files.close(segments)
    }

    /// The real path of what is there, with what is not there yet behind it.
    private static func existing(_ path: String) -> String? {
        guard path.hasPrefix("/") else { return nil }
        var segments = path.split(separator: "/")
        var missing: [Substring] = []
        while true {
            if let real = InstallationCheck.real("/" + segments.joined(separator: "/")) {
                return missing.isEmpty
                    ? real : (real == "/" ? "" : real) + "/" + missing.reversed().joined(separator: "/")
            }
            guard let last = segments.popLast() else { return nil }
            missing.append(last)
        }
    }
}
