import Glibc
import NestboxGateway

extension Application {
    /// Does what the command line says, and returns how it ended; `nil` when it names nothing to do, and the program serves.
    /// - Throws: ``StartError`` and whatever keeps the command from doing it.
    func runCommand(
        _ configuration: ApplicationConfiguration, output: CommandOutput = .process
    ) throws -> CommandStatus? {
        let help = { configuration.help(program: CommandLine.programName, width: output.width) }
        if configuration.wantsHelp || configuration.call?.isHelp == true {
            output.line(help())
            return .success
        }
        if configuration.wantsVersion {
            output.line(versionText(program: CommandLine.programName))
            return .success
        }
        guard let call = configuration.call else { return nil }
        guard let command = call.command else {
            output.note(help())
            return .usage
        }
        let context = CommandContext(
            application: self, configuration: configuration, arguments: call.arguments, output: output)
        let result = CGIExecutor().run { () -> Result<CommandStatus, any Error> in
            do {
                return .success(try await command.run(context))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
