extension ApplicationConfiguration {
    /// What `--help` prints.
    func help(program: String) -> String {
        let width = options.map(\.flag.count).max() ?? 0
        let lines = options.map { option in
            "  \(option.flag)\(String(repeating: " ", count: width - option.flag.count))  \(option.help)"
        }
        return """
            \(program): a FastCGI and CGI program made with Nestbox

            Usage: \(program) --listen unix:/run/app.sock [options]
            Started by a web server or a spawner it needs no options.

            Every option is also an environment variable, and a line of the file nestbox.env beside the program:
            --limits-body 1048576 is NESTBOX_LIMITS_BODY=1048576.

            \(lines.joined(separator: "\n"))
            """
    }
}
