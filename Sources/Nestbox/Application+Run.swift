import Glibc
import Logging
import NestboxGateway
import NestboxHTTP

extension Application {
    /// Reads the configuration, serves, and returns when it is done.
    ///
    /// As a CGI program it answers its one request and ends the process. Otherwise it serves FastCGI until SIGTERM or SIGINT
    /// and then lets the requests under way finish; on SIGHUP or SIGUSR2 the program's file, as it is then, is started in its
    /// place and no request is lost. What keeps the program from starting is written to the standard error
    /// stream, and the process ends with status 2, or 64 when the command line was used wrongly.
    ///
    /// With words before the options of the command line, such as `session doctor`, it does what they say and ends the
    /// process; not so as a CGI program, or on sockets that it was given.
    /// - Parameter configuration: The configuration, when the program has read it already to learn values of its own. By
    ///   default it is read here.
    public func run(_ configuration: ApplicationConfiguration? = nil) throws {
        let invocation = Invocation.current
        do {
            let configuration = try configuration ?? ApplicationConfiguration()
            switch invocation {
            case .cgi: try runCGI(configuration)
            case .fastCGI(let inherited):
                // On sockets that it was given the program serves, whatever words there are.
                if inherited.isEmpty || configuration.isQuestion, let status = try runCommand(configuration) {
                    exit(status.rawValue)
                }
                try runFastCGI(configuration, inherited)
            }
        } catch let error as StartError {
            error.exit(invocation)
        } catch {
            StartError(error).exit(invocation)
        }
    }

    private func runCGI(_ configuration: ApplicationConfiguration) throws -> Never {
        guard !StartFailure.isUnparsed else { throw StartFailure.unparsed }
        let logger = configuration.logger(defaultLevel: .warning)
        var settings = configuration.gateway
        settings.limits.largestBody = largestBody
        let gateway = CGIGateway(
            configuration: settings, responder: try responder(logger: logger) { configuration },
            errors: errors(isDevelopment: configuration.isDevelopment),
            logger: logger)
        warnOfDevelopment(configuration, logger)
        try warn(configuration, logger)
        warnOfForgottenCounts(logger)
        exit(gateway.run())
    }

    private func runFastCGI(_ configuration: ApplicationConfiguration, _ inherited: [ListenAddress]) throws {
        var settings = configuration.gateway
        if !inherited.isEmpty { settings.listen = inherited }
        guard !settings.listen.isEmpty else {
            throw StartError(
                "there is nothing to listen on. Start with --listen unix:/run/app.sock or --listen 127.0.0.1:9000, "
                    + "let a web server start this program, or try it at a terminal with \(CommandLine.programName) serve",
                isUsage: true)
        }
        settings.limits.largestBody = largestBody
        let logger = configuration.logger(defaultLevel: .info)
        if settings.processes > 0, !Supervisor.hasStartedThisProcess {
            exit(try Supervisor(configuration: settings, logger: logger).run())
        }
        let gateway = FastCGIGateway(
            configuration: settings, responder: try responder(logger: logger) { configuration },
            errors: errors(isDevelopment: configuration.isDevelopment), logger: logger)
        warnOfDevelopment(configuration, logger)
        try warn(configuration, logger)
        try gateway.run()
    }

    /// Says what is taken and is not good.
    func warn(_ configuration: ApplicationConfiguration, _ logger: Logger) throws {
        guard let warning = try sessionConfiguration(configuration)?.weakSecretWarning else { return }
        logger.warning("\(warning)", metadata: ["session.event": "weak_secret"])
    }

    /// Says who reads what the log is for otherwise.
    private func warnOfDevelopment(_ configuration: ApplicationConfiguration, _ logger: Logger) {
        guard configuration.isDevelopment else { return }
        logger.warning("environment=development: whoever can send requests is shown the causes of errors")
    }

    /// Says that rate limits in the memory of a CGI program limit nothing.
    private func warnOfForgottenCounts(_ logger: Logger) {
        guard allMiddleware.contains(where: { ($0 as? RateLimitMiddleware)?.store.isMemory == true }) else { return }
        let message =
            "a rate limit counts in memory, and a CGI program starts anew for each request, so that it limits nothing. "
            + "Give it a file: RateLimitMiddleware(…, store: .file(\"/var/lib/NAME/rates\"))"
        logger.warning("\(message)")
    }
}
