import NestboxGateway

/// How the program was started.
enum Invocation {
    /// As a CGI program, for one request.
    case cgi
    /// As a FastCGI program, on sockets that it was given or, when there are none, on its own.
    case fastCGI([ListenAddress])

    /// How this process was started.
    ///
    /// A listening socket settles it: a spawner may leave CGI variables in the environment. Then the variables that every
    /// CGI request has (RFC 3875 §4.1) tell. That standard input is a connected socket tells nothing.
    static var current: Invocation {
        let inherited = ListenAddress.inheritedSockets
        if !inherited.isEmpty { return .fastCGI(inherited) }
        return CGIGateway.isRequested ? .cgi : .fastCGI([])
    }

    /// The command line, which a CGI program never looks at: a URL can set it (RFC 3875 §4.4).
    var arguments: [String]? {
        switch self {
        case .cgi: nil
        case .fastCGI: CommandLine.arguments
        }
    }

    /// What the command of the command line says when the program does not start, if it is asked why.
    var diagnosis: ((StartError, CommandOutput) -> CommandStatus)? {
        guard case .fastCGI(let inherited) = self, inherited.isEmpty else { return nil }
        return (try? CommandCall(CommandLine.arguments))?.command?.diagnose
    }
}
