import Glibc
import Logging
import NestboxGateway
import NestboxHTTP

extension Application {
    /// Reads the configuration, serves, and returns when it is done.
    ///
    /// As a CGI program it answers its one request and ends the process. Otherwise it serves FastCGI until SIGTERM or SIGINT
    /// and then lets the requests under way finish. What keeps the program from starting is written to the standard error
    /// stream, and the process ends with status 2, or 64 when the command line was used wrongly.
    /// - Parameter configuration: The configuration, when the program has read it already to learn values of its own. By
    ///   default it is read here.
    public func run(_ configuration: ApplicationConfiguration? = nil) throws {
        let invocation = Invocation.current
        do {
            let configuration = try configuration ?? ApplicationConfiguration()
            switch invocation {
            case .cgi: try runCGI(configuration)
            case .fastCGI(let inherited): try runFastCGI(configuration, inherited)
            }
        } catch let error as StartError {
            error.exit(invocation)
        } catch {
            StartError(error).exit(invocation)
        }
    }

    private func runCGI(_ configuration: ApplicationConfiguration) throws -> Never {
        let gateway = CGIGateway(
            configuration: configuration.gateway, responder: try responder { configuration }, errors: errors,
            logger: configuration.logger(defaultLevel: .warning))
        exit(gateway.run())
    }

    private func runFastCGI(_ configuration: ApplicationConfiguration, _ inherited: [ListenAddress]) throws {
        if configuration.wantsHelp { return print(configuration.help(program: CommandLine.programName)) }
        var settings = configuration.gateway
        if !inherited.isEmpty { settings.listen = inherited }
        guard !settings.listen.isEmpty else {
            throw StartError(
                "there is nothing to listen on. Start with --listen unix:/run/app.sock or --listen 127.0.0.1:9000, "
                    + "or let a web server start this program",
                isUsage: true)
        }
        let gateway = FastCGIGateway(
            configuration: settings, responder: try responder { configuration }, errors: errors,
            logger: configuration.logger(defaultLevel: .info))
        try gateway.run()
    }
}
