import NestboxHTTP

extension CommandLine {
    /// The program's name, for messages.
    static var programName: String {
        // Swift has no arguments where /proc is missing.
        (arguments.first ?? calledPath).split(separator: "/").last.map(String.init) ?? "program"
    }
}
