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
        _ line: [String], environment: [String: String] = [:],
        sessions: (inout Application) -> Void = { $0.useSessions() }
    ) throws {
        let directory = try TemporaryDirectory()
        var application = try Application(router: Router())
        sessions(&application)
        let written = Written()
        let output = CommandOutput(
            line: { text in written.texts.withLock { $0.lines.append(text) } },
            note: { text in written.texts.withLock { $0.notes.append(text) } })
        do {
            let configuration = try ApplicationConfiguration(
                arguments: ["app"] + line, environment: environment.map { (name: $0.key, value: $0.value) },
                file: directory.path("nestbox.env"))
            if let call = configuration.call {
                status = try application.run(call, configuration, output: output)
            }
        } catch let failure as StartError {
            error = failure
        } catch let failure {
            error = StartError(failure)
        }
        (lines, notes) = written.texts.withLock { ($0.lines, $0.notes) }
    }

    var text: String { lines.joined(separator: "\n") }

    private final class Written: Sendable {
        let texts = Mutex((lines: [String](), notes: [String]()))
    }
}
