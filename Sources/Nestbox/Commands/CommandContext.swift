import Logging
import NestboxSessions

/// What a command works with.
struct CommandContext: Sendable {
    let application: Application
    let configuration: ApplicationConfiguration
    /// What follows the command's words.
    let arguments: [String]
    let output: CommandOutput
    /// The program as it was called, for messages.
    var program = CommandLine.programName
    var clock = SessionClock.system

    /// The value of an option of the command's own.
    func option(_ key: String) -> String? { configuration.commandValues[ConfigurationOption(key, "").variable] }

    var logger: Logger { configuration.logger(defaultLevel: .error) }
}
