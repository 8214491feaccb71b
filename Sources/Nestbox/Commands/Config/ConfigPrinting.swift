/// `config …`: prints what a web server or systemd is to be configured with for this application.
enum ConfigPrinting {
    static func nginx(_ context: CommandContext) async throws -> CommandStatus {
        print(try NginxSite(try Site(context)).text, context)
    }

    static func apache(_ context: CommandContext) async throws -> CommandStatus {
        print(try ApacheSite(try Site(context, defaultStatic: false)).text, context)
    }

    static func systemd(_ context: CommandContext) async throws -> CommandStatus {
        print(try SystemdService(context).text, context)
    }

    static func htaccess(_ context: CommandContext) async throws -> CommandStatus {
        print(try HtaccessFile(context).text, context)
    }

    /// Prints a text, whose last line ends with the output's own end of line.
    static func print(_ text: String, _ context: CommandContext) -> CommandStatus {
        context.output.line(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        return .success
    }
}
