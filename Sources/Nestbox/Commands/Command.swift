import NestboxGateway

/// What an application's program does when words stand before the options of its command line, such as `session gc`.
struct Command: Sendable {
    /// The words: a group's and the command's own.
    let words: [String]
    /// What follows the words, for the help text.
    let usage: String
    /// What it does, in one line.
    let summary: String
    /// Options of its own, besides those of the configuration.
    let options: [ConfigurationOption]
    /// How many words may follow.
    let maximumArguments: Int
    /// What it says when the program does not start, for a command that is asked why; others end with the error.
    let diagnose: (@Sendable (StartError, CommandOutput) -> CommandStatus)?
    /// Does it, and returns the exit status.
    let run: @Sendable (CommandContext) async throws -> CommandStatus

    init(
        _ name: String, usage: String = "", _ summary: String, options: [ConfigurationOption] = [],
        maximumArguments: Int = 0, diagnose: (@Sendable (StartError, CommandOutput) -> CommandStatus)? = nil,
        run: @escaping @Sendable (CommandContext) async throws -> CommandStatus
    ) {
        words = name.split(separator: " ").map(String.init)
        self.usage = usage
        self.summary = summary
        self.options = options
        self.maximumArguments = maximumArguments
        self.diagnose = diagnose
        self.run = run
    }

    var name: String { words.joined(separator: " ") }

    /// The commands of every application's program.
    static let all = application + check + session
}

/// How a command ended, as its exit status; what keeps it from doing anything is a ``StartError``: 2, or 64.
enum CommandStatus: Int32, Sendable {
    /// It is done, and nothing is wrong.
    case success = 0
    /// There is a problem, or there was nothing to do it to.
    case problem = 1
    /// The command line was used wrongly.
    case usage = 64
}
