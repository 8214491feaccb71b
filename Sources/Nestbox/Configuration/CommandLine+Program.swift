extension CommandLine {
    /// The program's name, for messages.
    static var programName: String {
        arguments.first?.split(separator: "/").last.map(String.init) ?? "program"
    }
}
