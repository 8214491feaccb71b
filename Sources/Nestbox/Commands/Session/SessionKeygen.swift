import Glibc
import NestboxSessions

/// `session keygen`: makes a secret, and the directory of sessions that is configured.
enum SessionKeygen {
    static func run(_ context: CommandContext) async throws -> CommandStatus {
        let sessions = try context.sessionConfiguration()
        if let path = context.arguments.first {
            guard !path.isEmpty, !path.utf8.contains(0) else {
                throw StartError("session keygen needs the path of a file that is not there yet", isUsage: true)
            }
            try make(secret: absolute(path), context, sessions)
            return .success
        }
        let directory = try sessions.flatMap { try Self.directory($0) }
        if let file = sessions?.secretFile {
            // With both there is nothing to make, and that is said as an error.
            if let directory, isThere(file), !isThere(directory) {
                context.output.note("\(file.printable) is there already and stays as it is.")
            } else {
                try Folders.makeParents(of: file, context.output)
                try make(secret: file, context, sessions)
            }
        } else {
            context.output.line(SessionSecrets.randomText())
            let prefix = context.configuration.text("session.secretPrefix") ?? "APP_SECRET"
            context.output.note(
                "Next: set \(prefix)_1 to this where \(context.program) is started. To renew a secret, set the next "
                    + "number (\(prefix)_2 …): the highest signs, all are read.")
        }
        if let directory, let sessions { try make(directory: directory, context, sessions) }
        return .success
    }

    private static func make(
        secret file: String, _ context: CommandContext, _ sessions: SessionConfiguration?
    ) throws {
        try SessionSecrets.createFile(at: file)
        context.output.line("\(file.printable) holds a new secret. Only user \(geteuid()) can read it.")
        context.output.note(next(file.printable, sessions, context.program))
    }

    /// Makes the directory as the application would at its start, so that it belongs to the same user and has its mark.
    private static func make(directory: String, _ context: CommandContext, _ sessions: SessionConfiguration) throws {
        if isThere(directory) { return }
        try Folders.makeParents(of: directory, context.output)
        var settings = sessions
        if settings.secretFile == nil, settings.secrets == nil { settings.secrets = .random() }
        _ = try settings.makeStore(clock: context.clock, logger: context.logger)
        context.output.note("\(directory.printable) is made for the sessions. Only user \(geteuid()) can look into it.")
    }

    /// The directory that sessions, or logouts, are kept in.
    private static func directory(_ sessions: SessionConfiguration) throws -> String? {
        guard sessions.store == .file || sessions.revocation == .file else { return nil }
        guard var directory = sessions.file.directory else {
            throw StartError(
                "sessions in files need a directory of their own: set NESTBOX_SESSION_FILE_DIRECTORY, and run this again"
            )
        }
        while directory.count > 1, directory.hasSuffix("/") { directory.removeLast() }
        return directory
    }

    private static func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// What is to be done with the file.
    private static func next(_ file: String, _ sessions: SessionConfiguration?, _ program: String) -> String {
        let user = "It must run as user \(geteuid()), or the file be chowned to its user."
        guard let sessions else {
            return "Next: read it where \(program) makes its session store: SessionSecrets(file:). \(user)"
        }
        if sessions.secretFile == file { return "Next: start \(program); the file is the configured one. \(user)" }
        if let other = sessions.secretFile {
            return "\(program) reads \(other.printable), and not this file: set NESTBOX_SESSION_SECRET_FILE=\(file)"
        }
        if sessions.secrets != nil {
            let origin = sessions.secretsOrigin ?? "the program's code"
            return
                "\(program) has its secret from \(origin). Next: to change over, put that secret before the new one in "
                + "the file, a line each, take it away there, and set NESTBOX_SESSION_SECRET_FILE=\(file). \(user)"
        }
        return
            "Next: set NESTBOX_SESSION_SECRET_FILE=\(file) where \(program) is started, or in nestbox.env beside it. "
            + user
    }

    private static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard getcwd(&buffer, buffer.count) != nil else { return path }
        let directory = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return directory.hasSuffix("/") ? directory + path : "\(directory)/\(path)"
    }
}
