import Glibc
import NestboxSessions

extension CommandContext {
    /// The configuration of the session layer, `nil` for one with a store of the application's own.
    /// - Throws: ``StartError`` when there is no session layer.
    func sessionConfiguration() throws -> SessionConfiguration? {
        if let sessions = try application.sessionConfiguration(configuration) { return sessions }
        if application.ownSessionStore != nil { return nil }
        throw StartError("no session layer: this application does not call useSessions, so it has no sessions")
    }

    /// Opens the store that the application uses, in a way that does no harm where the environment is not the
    /// application's.
    /// - Throws: ``StartError`` when there is nothing to open.
    func openSessionStore() throws -> any SessionStore {
        guard let sessions = try sessionConfiguration() else {
            guard let store = application.ownSessionStore else { throw StartError("no session layer") }
            if store is MemorySessionStore { throw StartError(Self.memory) }
            return store
        }
        if sessions.store == .memory { throw StartError(Self.memory) }
        // Opening the store would make the directory, for whoever runs the command.
        if sessions.store == .file || sessions.revocation == .file, let directory = sessions.file.directory {
            try Self.check(directory)
        }
        let store = try sessions.makeStore(clock: clock, logger: logger)
        (store as? FileSessionStore)?.unusableFiles.leave()
        return store
    }

    /// Speaks of files that could not be read, after the command is done.
    func status(with store: any SessionStore, _ status: CommandStatus = .success) -> CommandStatus {
        guard let count = (store as? FileSessionStore)?.unusableFiles.count, count > 0 else { return status }
        output.note(
            "\(program): \(count) files cannot be read and were left alone: either they are damaged, or this command "
                + "has another secret than the application. Start it with the same environment and as the same user")
        return .problem
    }

    private static let memory =
        "sessions in memory belong to the process that has them, and no other one sees them. Choose session.store=file"

    private static func check(_ directory: String) throws(StartError) {
        var status = stat()
        if lstat(directory, &status) != 0, errno == ENOENT {
            throw StartError("\(directory) is not there: no session has been stored yet. `session doctor` says more")
        }
        if status.st_mode & S_IFMT == S_IFDIR, status.st_uid != geteuid() {
            throw StartError(
                "\(directory) belongs to user \(status.st_uid), and this command runs as user \(geteuid()): run it as "
                    + "the application's user, with sudo -u")
        }
    }
}

extension String {
    /// The text on one line of a terminal: what would steer it is escaped.
    var printable: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
