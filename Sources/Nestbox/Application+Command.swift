import Glibc
import NestboxGateway

extension Application {
    /// Does what the words of the command line say.
    /// - Throws: ``StartError`` and whatever keeps the command from doing it.
    func run(
        _ call: CommandCall, _ configuration: ApplicationConfiguration, output: CommandOutput = .process
    ) throws -> CommandStatus {
        guard let command = call.command, !configuration.wantsHelp else {
            let isAnswer = call.isHelp || configuration.wantsHelp
            let text = configuration.help(program: CommandLine.programName)
            if isAnswer { output.line(text) } else { output.note(text) }
            return isAnswer ? .success : .usage
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
