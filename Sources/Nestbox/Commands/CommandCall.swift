/// A command line, taken apart: the words before the options, which name a command, and the options.
struct CommandCall: Sendable {
    /// The command, or `nil` where only help is asked for.
    let command: Command?
    /// The group whose commands are to be shown.
    let group: String?
    /// What follows the command's words.
    let arguments: [String]
    /// The program's name, and the options.
    let options: [String]
    /// Whether help was asked for in words; a group alone is a command that was forgotten.
    let isHelp: Bool

    /// Takes a command line with the program's name apart; `nil` when it has no words, and the program serves.
    /// - Throws: ``StartError`` for words that name no command.
    init?(_ line: [String], commands: [Command] = Command.all) throws(StartError) {
        let words = Array(line.dropFirst().prefix { !$0.hasPrefix("-") })
        guard let first = words.first else { return nil }
        options = Array(line.prefix(1) + line.dropFirst(1 + words.count))
        // `help session list` and `help session` are what `session list --help` and `session help` are.
        if first == "help", words.count > 1 {
            let named = Array(words.dropFirst())
            let isGroup = named.count == 1 && commands.contains { $0.words.count > 1 && $0.words.first == named[0] }
            (command, arguments) = (commands.first { $0.words == named }, [])
            (group, isHelp) = (isGroup ? named[0] : nil, true)
            guard command != nil || isGroup else { throw Self.unknown(words, commands) }
            return
        }
        if let command = commands.first(where: { words.starts(with: $0.words) }) {
            arguments = Array(words.dropFirst(command.words.count))
            guard arguments.count <= command.maximumArguments else {
                throw StartError(
                    "\(command.name) takes no '\(arguments[command.maximumArguments])': "
                        + "it is \(command.name) \(command.usage)".trimmed,
                    isUsage: true)
            }
            (self.command, group, isHelp) = (command, nil, false)
            return
        }
        (command, arguments) = (nil, [])
        let group = commands.filter { $0.words.count > 1 && $0.words.first == first }
        if words == ["help"] {
            (self.group, isHelp) = (nil, true)
        } else if group.isEmpty {
            throw Self.unknown(words, commands)
        } else if words.count == 1 || words[1] == "help" {
            (self.group, isHelp) = (first, words.count > 1)
        } else {
            let names = group.map(\.name).joined(separator: ", ")
            throw StartError("'\(first) \(words[1])' is no command of this program: there are \(names)", isUsage: true)
        }
    }

    private static func unknown(_ words: [String], _ commands: [Command]) -> StartError {
        let question = words.prefix(2).joined(separator: " ").question(in: commands.map(\.name))
        return StartError("'\(words[0])' is no command of this program; --help names them\(question)", isUsage: true)
    }
}

extension String {
    fileprivate var trimmed: String { String(self[...].trimmingBlanks()) }
}
