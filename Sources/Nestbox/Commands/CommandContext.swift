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

    /// The command line without the command's words and without the options that only the command has.
    var programArguments: [String] {
        var rest = (configuration.call?.options ?? [program])[...]
        var arguments = rest.popFirst().map { [$0] } ?? []
        let own = Set((configuration.call?.command?.options ?? []).map(\.flag))
        while let argument = rest.popFirst() {
            let isOwn = argument.split(separator: "=", maxSplits: 1).first.map { own.contains(String($0)) } ?? false
            let value = argument.contains("=") ? nil : rest.popFirst()
            if !isOwn { arguments += [argument] + (value.map { [$0] } ?? []) }
        }
        return arguments
    }

    var logger: Logger { configuration.logger(defaultLevel: .error) }
}
