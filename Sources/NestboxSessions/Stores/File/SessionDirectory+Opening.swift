import CNestboxSystem
import Glibc

extension SessionDirectory {
    private static let marker = "nestbox-sessions"
    private static let markerText = "Nestbox keeps sessions here, in format 1.\n"

    /// Opens a directory, or makes it, once it is known to be fit for sessions.
    static func opening(
        _ given: String, documentRoot: String?, allowsDocumentRoot: Bool
    ) throws(SessionStoreError) -> SessionDirectory {
        var path = given
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        guard path.hasPrefix("/"), path.count > 1, !path.utf8.contains(0) else {
            throw refusal(given, "is not an absolute path", "Give one such as /var/lib/NAME/sessions")
        }
        var raw = nestbox_open_directory(path)
        if raw < 0, errno == ENOENT {
            if nestbox_make_directory(AT_FDCWD, path) != 0, errno != EEXIST { throw .system("create", path) }
            raw = nestbox_open_directory(path)
        }
        if raw < 0, errno == ELOOP || errno == ENOTDIR {
            throw refusal(path, "is a symbolic link or no directory", "Give the path of the directory itself")
        }
        if raw < 0 { throw .system("open", path) }
        let descriptor = Descriptor(raw)
        let status = try descriptor.status(path)
        if status.owner != nestbox_user() {
            throw refusal(
                path, "belongs to user \(status.owner), and the program runs as user \(nestbox_user())",
                "Run chown \(nestbox_user()) \(path)")
        }
        if status.permissions & 0o022 != 0 {
            throw refusal(path, "can be written by others", "Run chmod 700 \(path)")
        }
        let isExposed = try isInside(path, documentRoot)
        if isExposed, !allowsDocumentRoot {
            throw refusal(
                path, "is inside of the document root, where the web server shows files to everyone",
                "Use a directory elsewhere")
        }
        let directory = SessionDirectory(path: path, descriptor: descriptor)
        try directory.mark()
        if isExposed { try directory.write("Require all denied\n", to: ".htaccess") }
        try directory.makeDirectory("v1")
        return directory
    }

    /// Sees to the marker; a directory that is used for other things gets none.
    private func mark() throws(SessionStoreError) {
        if try hasMarker() { return }
        let names = try names(in: ".", limit: 10)
        let others = names.filter { ![Self.marker, "lost+found", ".htaccess"].contains($0) }
        // A second process that opens the directory at the same moment may have been faster.
        if let other = others.first, try !hasMarker() {
            throw Self.refusal(
                path, "has other things in it, such as \(other.debugDescription)", "Give an empty directory")
        }
        try write(Self.markerText, to: Self.marker)
    }

    /// Whether the directory is marked as one for sessions.
    func hasMarker() throws(SessionStoreError) -> Bool { try status(Self.marker)?.is_regular == 1 }

    private func write(_ text: String, to name: String) throws(SessionStoreError) {
        let file = try create(name, orOpen: true)
        try file.write(Array(text.utf8), at: 0, full(name))
    }

    private static func isInside(_ path: String, _ root: String?) throws(SessionStoreError) -> Bool {
        guard let root, !root.isEmpty, let real = Self.real(root) else { return false }
        guard let own = Self.real(path) else { throw .system("examine", path) }
        return own == real || own.hasPrefix(real.hasSuffix("/") ? real : real + "/")
    }

    /// The path without links and dots.
    private static func real(_ path: String) -> String? {
        guard let real = nestbox_real_path(path) else { return nil }
        // The call made the text for us, with a zero at its end.
        defer { free(real) }
        return String(cString: real)
    }

    private static func refusal(_ path: String, _ reason: String, _ remedy: String) -> SessionStoreError {
        SessionStoreError(.unavailable, "the session directory \(path) \(reason). \(remedy)")
    }
}
