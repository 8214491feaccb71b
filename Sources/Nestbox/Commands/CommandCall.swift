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
        if words == ["help"]
            || words.count == 2 && words[0] == "help" && commands.contains(where: { $0.words[0] == words[1] })
        {
            (self.group, isHelp) = (words.count == 2 ? words[1] : nil, true)
        } else if group.isEmpty {
            let question = words.prefix(2).joined(separator: " ").question(in: commands.map(\.name))
            throw StartError("'\(first)' is no command of this program; --help names them\(question)", isUsage: true)
        } else if words.count == 1 || words[1] == "help" {
            (self.group, isHelp) = (first, words.count > 1)
        } else {
            let names = group.map(\.name).joined(separator: ", ")
            throw StartError("'\(first) \(words[1])' is no command of this program: there are \(names)", isUsage: true)
        }
    }
}

extension String {
    fileprivate var trimmed: String { String(self[...].trimmingBlanks()) }
}
