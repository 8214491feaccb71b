import NestboxTesting
import Synchronization

@testable import Nestbox

/// What a command did, run in this process.
struct CommandRun {
    var lines: [String] = []
    var notes: [String] = []
    var status: CommandStatus?
    var error: StartError?

    /// Runs the command of a command line.
    init(
        _ line: [String], environment: [String: String] = [:], router: Router = Router(),
        middleware: [any Middleware] = [], version: String? = nil,
        sessions: (inout Application) -> Void = { $0.useSessions() }
    ) throws {
        var application = try Application(router: router, middleware: middleware, version: version)
        sessions(&application)
        try self.init(line, environment: environment, application)
    }

    /// Runs the command of a command line of an application.
    init(_ line: [String], environment: [String: String] = [:], _ application: Application) throws {
        let directory = try TemporaryDirectory()
        let written = Written()
        let output = CommandOutput(
            line: { text in written.texts.withLock { $0.lines.append(text) } },
            note: { text in written.texts.withLock { $0.notes.append(text) } })
        do {
            let configuration = try ApplicationConfiguration(
                arguments: ["app"] + line, environment: environment.map { (name: $0.key, value: $0.value) },
                file: directory.path("nestbox.env"))
            status = try application.runCommand(configuration, output: output)
        } catch let failure as StartError {
            error = failure
        } catch let failure {
            error = StartError(failure)
        }
        (lines, notes) = written.texts.withLock { ($0.lines, $0.notes) }
    }

    /// Runs something that writes lines.
    static func collecting(_ work: (CommandOutput) -> CommandStatus) -> (lines: [String], status: CommandStatus) {
        let written = Written()
        let status = work(
            CommandOutput(line: { text in written.texts.withLock { $0.lines.append(text) } }, note: { _ in }))
        return (written.texts.withLock { $0.lines }, status)
    }

    var text: String { lines.joined(separator: "\n") }

    private final class Written: Sendable {
        let texts = Mutex((lines: [String](), notes: [String]()))
    }
}
