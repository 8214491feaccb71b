public import Configuration
public import Logging
public import NestboxGateway
import NestboxHTTP
public import NestboxSessions

/// The configuration of an application: from the command line, else the environment, else the file `nestbox.env` beside
/// the program.
///
/// A key `limits.body` is `--limits-body 1048576` on the command line and `NESTBOX_LIMITS_BODY` in the environment and the
/// file. As a CGI program the command line is not looked at. Words before the options name a command, which
/// ``Application/run(_:)`` does instead of serving. A key that no one knows, or a value that cannot be, stops the
/// start. `--help` prints all keys with their defaults, `--version` the version.
public struct ApplicationConfiguration: Sendable {
    /// Reads the values, the program's own among them.
    public let reader: ConfigReader
    /// What the gateway is configured with; a program may change it before it runs.
    public var gateway: GatewayConfiguration
    /// What the session layer is configured with; a program may change it before it runs.
    public var sessions: SessionConfiguration
    /// Whether the program runs where its author works (`environment=development`): error pages show causes.
    public let isDevelopment: Bool
    /// The least severe level of the log, when it is configured.
    public var logLevel: Logger.Level?

    /// The file beside the program.
    static var file: String { FileRoot.absolute("nestbox.env") }

    let options: [ConfigurationOption]
    /// How many of the options, at the end, are the program's own.
    let ownOptionCount: Int
    let wantsHelp: Bool
    let wantsVersion: Bool
    /// The command that the command line names.
    let call: CommandCall?
    /// The values of the command's own options.
    let commandValues: [String: String]

    /// Reads the configuration of this process.
    ///
    /// What is wrong with it ends the process as ``Application/run(_:)`` does: an error that leaves `main` would be a crash,
    /// and no response of a CGI program.
    /// - Parameter options: Keys of the program's own.
    public init(options: [ConfigurationOption] = []) throws {
        let invocation = Invocation.current
        do {
            try self.init(arguments: invocation.arguments, options: options)
        } catch let error as StartError {
            error.exit(invocation)
        }
    }

    /// Reads the configuration of this process with another command line.
    init(arguments: [String]?, options: [ConfigurationOption] = []) throws {
        try self.init(
            arguments: arguments, environment: CGIVariables.process.map { ($0.name, $0.value) },
            file: Self.file, options: options)
    }

    /// Reads a configuration from texts.
    /// - Parameters:
    ///   - arguments: The command line with the program's name; `nil` for a CGI program.
    ///   - environment: The environment.
    ///   - file: The path of a file, which need not be there.
    ///   - options: Keys of the program's own.
    init(
        arguments: [String]?, environment: some Sequence<(name: String, value: String)>, file: String,
        options: [ConfigurationOption] = []
    ) throws {
        ownOptionCount = options.count
        let options =
            ConfigurationOption.gateway + ConfigurationOption.processes + ConfigurationOption.requests
            + ConfigurationOption.forms + ConfigurationOption.files + ConfigurationOption.sessions + options
        self.options = options
        let wantsHelp = arguments?.dropFirst().contains { $0 == "--help" || $0 == "-h" } ?? false
        let wantsVersion = arguments?.dropFirst().contains("--version") ?? false
        let isQuestion = wantsHelp || wantsVersion
        (self.wantsHelp, self.wantsVersion) = (wantsHelp, wantsVersion)
        let call =
            isQuestion ? try? arguments.flatMap { try CommandCall($0) } : try arguments.flatMap { try CommandCall($0) }
        self.call = call
        var sources: [ConfigurationSource] = []
        if let arguments, !isQuestion {
            sources.append(
                try ConfigurationSource(
                    arguments: call?.options ?? arguments, options: options + (call?.command?.options ?? [])))
        }
        commandValues = sources.first?.values ?? [:]
        do {
            sources.append(try ConfigurationSource(environment: environment, options: options))
            sources.append(try ConfigurationSource(file: file, options: options))
        } catch {
            // What is wrong is told by no message that sends people to --help, when that says no more than the same.
            guard isQuestion else { throw error }
        }
        // A reader without any provider is none.
        let texts = sources.isEmpty ? [[:]] : sources.map(\.values)
        reader = ConfigReader(providers: texts.map { EnvironmentVariablesProvider(environmentVariables: $0) })
        let values = ConfigurationValues(sources: isQuestion ? [] : sources, options: options)
        isDevelopment = try values.isDevelopment
        gateway = try GatewayConfiguration(values)
        sessions = try SessionConfiguration(values)
        logLevel = try values.value("log.level", "one of trace, debug, info, notice, warning, error, critical") {
            Logger.Level(rawValue: $0.lowercased())
        }
    }

    /// Whether only help or the version is asked for, for which no value needs to be right.
    var isQuestion: Bool { wantsHelp || wantsVersion || call?.isHelp == true }

    /// The path of a file or directory of the program's own.
    ///
    /// A relative one starts at the directory of the program's file, since no one knows the working directory of a program
    /// that a web server starts.
    /// - Parameters:
    ///   - key: One of the options that the configuration was made with.
    ///   - path: What counts when it is not configured.
    public func path(_ key: String, default path: String) -> String {
        FileRoot.absolute(reader.string(forKey: ConfigKey(key)) ?? path)
    }

    /// The text of a key as it is configured.
    func text(_ key: String) -> String? { reader.string(forKey: ConfigKey(key)) }

    func logger(defaultLevel: Logger.Level) -> Logger {
        let level = logLevel ?? defaultLevel
        return Logger(label: "nestbox") { LineLogHandler(label: $0, level: level) }
    }
}
