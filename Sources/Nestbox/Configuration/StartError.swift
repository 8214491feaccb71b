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
    /// A web server that started it as a CGI program gets a response, which says nothing of
    /// the cause.
    func exit(_ invocation: Invocation) -> Never {
        let message = "\(CommandLine.programName): \(description)\n"
        _ = message.utf8.withContiguousStorageIfAvailable { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        if case .cgi = invocation {
            print("Status: 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\nThe application cannot start.")
            Glibc.exit(1)
        }
        Glibc.exit(isUsage ? 64 : 2)
    }
}
