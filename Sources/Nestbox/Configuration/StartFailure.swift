import Glibc

/// What a CGI program answers that cannot start: a response of its own, since nothing else works yet.
struct StartFailure {
    /// The response, head and body (RFC 3875 §6.2.1).
    let text: String

    /// - Parameters:
    ///   - error: The cause, which visitors are shown in development alone.
    ///   - isDevelopment: Whether `environment=development` is configured, however wrong the rest is.
    ///   - isUnparsed: Whether the web server passes on what the program writes as it is.
    init(_ error: StartError, isDevelopment: Bool = Self.isDevelopment, isUnparsed: Bool = Self.isUnparsed) {
        let status = "500 Internal Server Error"
        let start = isUnparsed ? "HTTP/1.0 \(status)\r\nConnection: close" : "Status: \(status)"
        let cause = isDevelopment ? "\n\(error.description)\n\nenvironment=development shows this to everyone.\n" : ""
        text =
            "\(start)\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n\r\n"
            + "The application cannot start.\n\(cause)"
    }

    /// Writes it to standard output.
    func send() { print(text, terminator: "") }

    /// Whether the program's name asks the web server to pass on what it writes as it is (RFC 3875 §5).
    ///
    /// A URL has no say in the name.
    static var isUnparsed: Bool { CommandLine.programName.hasPrefix("nph-") }

    /// Why such a program does not run: what it writes is a CGI response.
    static var unparsed: StartError {
        StartError(
            "a web server passes on what a program writes as it is when its name begins with nph-, and this one writes CGI "
                + "responses. Give \(CommandLine.programName) another name")
    }

    /// Whether `environment=development` is configured, as far as the configuration can be read.
    private static var isDevelopment: Bool {
        let key = ConfigurationSource.prefix + "ENVIRONMENT"
        let value =
            getenv(key).map { String(cString: $0) }
            ?? ConfigurationSource.assignments(file: ApplicationConfiguration.file).last { $0.name == key }?.value
        return value == "development"
    }
}
