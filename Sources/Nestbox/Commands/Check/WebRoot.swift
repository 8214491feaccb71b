import Glibc

/// A directory whose files a web server shows.
struct WebRoot {
    /// The path without links.
    let path: String
    /// Whether `DOCUMENT_ROOT` says so; else its name does.
    let isCertain: Bool

    /// What hosts call the directory.
    private static let names: Set<Substring> = [
        "public_html", "htdocs", "httpdocs", "wwwroot", "webroot", "www-root", "html", "www",
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
            (self.path, isCertain) = (root, true)
            return
        }
        let segments = path.split(separator: "/")
        let found = segments.indices.first { index in
            // /var/www and /srv/www hold roots, and are none.
            index > 0 && Self.names.contains(segments[index]) && !(index == 1 && segments[index] == "www")
        }
        guard let index = found else { return nil }
        self.path = "/" + segments[...index].joined(separator: "/")
        isCertain = false
    }

    static var documentRoot: String? {
        getenv("DOCUMENT_ROOT").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether a `.htaccess` file on the way from the root keeps visitors from something below it.
    func closes(_ path: String) -> Bool {
        guard let path = Self.existing(path), path.hasPrefix(self.path) else { return false }
        var directory = self.path
        for segment in path.dropFirst(self.path.count).split(separator: "/") {
            if AccessFile(in: directory).closes(name: String(segment)) { return true }
            directory += "/\(segment)"
        }
        return AccessFile(in: directory).closesAll
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
