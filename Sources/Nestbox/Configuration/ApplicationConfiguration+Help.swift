extension ApplicationConfiguration {
    /// What `--help` prints: all that the program can, or what the words before it name.
    /// - Parameter width: How many columns the terminal has; lines are as long as they are without one.
    func help(program: String, width: Int? = nil) -> String {
        if let command = call?.command { return help(program: program, command, width) }
        if let group = call?.group {
            let commands = Command.all.filter { $0.words.first == group }
            return """
                Usage: \(program) \(group) COMMAND [options]

                \(Self.table(commands.map { ("\($0.name) \($0.usage)", $0.summary) }, width))

                \(program) \(group) COMMAND --help names the options.
                """
        }
        let flags = options.map(\.flag.count).max() ?? 0
        let options = subjects.map { title, options in
            "\(title):\n" + Self.table(options.map { ($0.flag, $0.help) }, width, column: flags)
        }
        let commands =
            Command.all.map { ($0.name, $0.summary) } + [
                ("--help", "Shows this, and after a command what that takes."),
                ("--version", "Shows the version of the program and of Nestbox."),
            ]
        return """
            \(program): a FastCGI and CGI program made with Nestbox

            Usage: \(program) --listen unix:/run/app.sock [options]
                   \(program) COMMAND [options]
            Started by a web server or a spawner it needs no options.

            Commands:
            \(Self.table(commands, width))

            Every option is also an environment variable, and a line of the file nestbox.env beside the program:
            --limits-body 1048576 is NESTBOX_LIMITS_BODY=1048576.

            \(options.joined(separator: "\n\n"))
            """
    }

    private func help(program: String, _ command: Command, _ width: Int?) -> String {
        let own = command.options.isEmpty ? "" : "\(Self.table(command.options.map { ($0.flag, $0.help) }, width))\n\n"
        return """
            \(command.summary)

            Usage: \(program) \(command.name)\(command.usage.isEmpty ? "" : " " + command.usage) [options]

            \(own)The options of the configuration are taken as well; \(program) --help names them.
            """
    }

    /// The options by what they are about: by the first word of their keys, and those of the program first.
    private var subjects: [(title: String, options: [ConfigurationOption])] {
        let own = options.suffix(ownOptionCount)
        var rest = Array(options.dropLast(ownOptionCount))
        var subjects = own.isEmpty ? [] : [("This program's own", Array(own))]
        for (title, prefixes) in Self.titles {
            let chosen = rest.filter { option in prefixes.contains { option.key.hasPrefix($0) } }
            rest.removeAll { chosen.contains($0) }
            if !chosen.isEmpty { subjects.append((title, chosen)) }
        }
        // Before the many of the session layer.
        if !rest.isEmpty { subjects.insert(("The program", rest), at: own.isEmpty ? 0 : 1) }
        return subjects
    }

    private static let titles = [
        ("Who may ask", ["trustedProxies", "allowed", "socket."]), ("Limits", ["limits."]), ("Times", ["timeouts."]),
        ("Forms", ["forms."]), ("Files", ["files."]), ("Sessions", ["session."]),
    ]

    /// Two columns, the second one broken into lines where the terminal ends.
    /// - Parameter column: How wide the first one is at least.
    private static func table(_ rows: [(name: String, text: String)], _ width: Int?, column: Int = 0) -> String {
        let column = rows.map(\.name.count).max().map { max($0, column) } ?? 0
        let room = max(24, (width ?? .max) - column - 4)
        return rows.map { name, text in
            let lines = width == nil ? [text] : text.broken(at: room)
            return lines.enumerated().map { number, line in
                "  \((number == 0 ? name : "").padded(to: column))  \(line)"
            }.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}

extension String {
    /// The text in lines of at most `width` characters, but for words that are longer.
    func broken(at width: Int) -> [String] {
        var lines: [String] = []
        for word in split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
