import Glibc
import NestboxSessions

/// `session keygen`: makes a secret.
enum SessionKeygen {
    static func run(_ context: CommandContext) async throws -> CommandStatus {
        let sessions = try context.sessionConfiguration()
        guard let path = context.arguments.first ?? sessions?.secretFile else {
            context.output.line(SessionSecrets.randomText())
            context.output.note(
                "Next: set APP_SECRET_1 to this where \(context.program) is started. To renew a secret, set the next "
                    + "number (APP_SECRET_2 …): the highest signs, all are read.")
            return .success
        }
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw StartError("session keygen needs the path of a file that is not there yet", isUsage: true)
        }
        let file = absolute(path)
        try SessionSecrets.createFile(at: file)
        context.output.line("\(file.printable) holds a new secret. Only user \(geteuid()) can read it.")
        context.output.note(next(file.printable, sessions, context.program))
        return .success
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
