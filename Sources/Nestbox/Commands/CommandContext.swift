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

    /// The options of the command line that are not the command's own, with the words that were typed: `--key value` in two
    /// or `--key=value` in one.
    var programOptions: [(option: ConfigurationOption, words: [String])] {
        var rest = (configuration.call?.options ?? []).dropFirst()
        let own = Set((configuration.call?.command?.options ?? []).map(\.flag))
        var options: [(option: ConfigurationOption, words: [String])] = []
        while let word = rest.popFirst() {
            let value = word.contains("=") ? nil : rest.popFirst()
            let flag = String(word.prefix { $0 != "=" })
            guard !own.contains(flag), let option = configuration.options.first(where: { $0.flag == flag }) else {
                continue
            }
            options.append((option, [word] + (value.map { [$0] } ?? [])))
        }
        return options
    }

    /// The command line without the command's words and without the options that only the command has.
    var programArguments: [String] { [configuration.call?.options.first ?? program] + programOptions.flatMap(\.words) }

    var logger: Logger { configuration.logger(defaultLevel: .error) }
}
