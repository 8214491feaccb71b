extension ApplicationConfiguration {
    /// What `--help` prints: all that the program can, or what the words before it name.
    func help(program: String) -> String {
        if let command = call?.command { return help(program: program, command) }
        if let group = call?.group {
            let commands = Command.all.filter { $0.words.first == group }
            return """
                Usage: \(program) \(group) COMMAND [options]

                \(Self.table(commands.map { ("\($0.name) \($0.usage)", $0.summary) }))

                \(program) \(group) COMMAND --help names the options.
                """
        }
        return """
            \(program): a FastCGI and CGI program made with Nestbox

            Usage: \(program) --listen unix:/run/app.sock [options]
                   \(program) COMMAND [options]
            Started by a web server or a spawner it needs no options.

            Commands:
            \(Self.table(Command.all.map { ($0.name, $0.summary) }))

            Every option is also an environment variable, and a line of the file nestbox.env beside the program:
            --limits-body 1048576 is NESTBOX_LIMITS_BODY=1048576.

            \(Self.table(options.map { ($0.flag, $0.help) }))
            """
    }

    private func help(program: String, _ command: Command) -> String {
        let own = command.options.isEmpty ? "" : "\(Self.table(command.options.map { ($0.flag, $0.help) }))\n\n"
        return """
            \(command.summary)

            Usage: \(program) \(command.name)\(command.usage.isEmpty ? "" : " " + command.usage) [options]

            \(own)The options of the configuration are taken as well; \(program) --help names them.
            """
    }

    private static func table(_ rows: [(name: String, text: String)]) -> String {
        let width = rows.map(\.name.count).max() ?? 0
        return rows.map { name, text in
            "  \(name)\(String(repeating: " ", count: width - name.count))  \(text)"
        }.joined(separator: "\n")
    }
}
