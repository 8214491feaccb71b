import Glibc
import NestboxHTTP

/// `check`: looks at the program as it is installed, and says what keeps a web server from running it, or shows more than
/// it should.
///
/// It needs no configuration that is right, changes nothing but a session that it tries, and asks no network.
struct InstallationCheck {
    /// The path of the program's file as it was called, which may be a link.
    let program: String
    /// The user that the check runs as.
    var user = geteuid()
    var findings: [Finding] = []

    static func run(_ context: CommandContext) async throws -> CommandStatus {
        var check = InstallationCheck(program: Self.calledProgram)
        check.examineProgram()
        check.examineWebRoot()
        check.examineSettingsFile()
        check.examineUploads(context.configuration)
        if try context.hasSessions {
            check.findings += try await SessionDoctor.findings(context)
        } else {
            check.findings.append(.ok("sessions", "none: the application does not use them"))
        }
        return check.findings.report(to: context.output)
    }

    /// What can be looked at when the program does not start, and why it does not.
    static func diagnose(_ error: StartError, _ output: CommandOutput) -> CommandStatus {
        var check = InstallationCheck(program: Self.calledProgram)
        check.examineProgram()
        check.examineWebRoot()
        check.examineSettingsFile()
        check.findings.append(.problem("configuration", error.description))
        return check.findings.report(to: output)
    }

    /// The program's file: by the path that it was called with, else by what the system knows.
    private static var calledProgram: String {
        if let path = CommandLine.arguments.first, path.contains("/") { return path }
        return "\(CommandLine.programDirectory)/\(CommandLine.programName)"
    }

    /// The name of the program's file.
    var name: String { program.split(separator: "/").last.map(String.init) ?? program }

    /// The directory of the file itself, where its configuration is.
    var directory: String {
        let path = Self.real(program) ?? program
        guard let end = path.lastIndex(of: "/") else { return "." }
        return end == path.startIndex ? "/" : String(path[..<end])
    }

    /// The path without links and dots.
    static func real(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        // The call made the text for us, with a zero at its end.
        defer { free(real) }
        return String(cString: real)
    }

    static func octal(_ mode: mode_t) -> String { String(mode & 0o7777, radix: 8) }
}

extension CommandContext {
    /// Whether there is a session layer to look at.
    fileprivate var hasSessions: Bool {
        get throws {
            try application.sessionConfiguration(configuration) != nil || application.ownSessionStore != nil
        }
    }
}
