import Glibc
import NestboxGateway

/// Why the program does not start.
public struct StartError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, where, and what to do about it; never holds a secret.
    public let description: String
    /// Whether the command line was used wrongly.
    let isUsage: Bool

    init(_ description: String, isUsage: Bool = false) {
        self.description = description
        self.isUsage = isUsage
    }

    init(_ error: any Error) {
        self.init("\(error)")
    }

    /// Says so and ends the process.
    ///
    /// A command that is asked why the program does not start says it in its own way. A web server that started it as a CGI
    /// program gets a response, which says nothing of the cause but with `environment=development`.
    func exit(_ invocation: Invocation) -> Never {
        if !isUsage, let diagnose = invocation.diagnosis { Glibc.exit(diagnose(self, .process).rawValue) }
        CommandOutput.process.note("\(CommandLine.programName): \(description)")
        if case .cgi = invocation {
            StartFailure(self).send()
            Glibc.exit(1)
        }
        Glibc.exit(isUsage ? 64 : 2)
    }
}
