/// One thing that `check` or `session doctor` has looked at.
struct Finding: Sendable, Hashable {
    enum Level: String, Sendable {
        case ok, warning, problem
    }

    let level: Level
    /// What was looked at.
    let subject: String
    /// What was found and, unless it is all right, what to do about it; never a secret.
    let text: String

    static func ok(_ subject: String, _ text: String) -> Self { .init(level: .ok, subject: subject, text: text) }
    static func warning(_ subject: String, _ text: String) -> Self {
        .init(level: .warning, subject: subject, text: text)
    }
    static func problem(_ subject: String, _ text: String) -> Self {
        .init(level: .problem, subject: subject, text: text)
    }

    /// Whether the web server shows something that is for nobody; nothing for what is in no folder of its.
    static func exposure(of path: String, as subject: String, remedy: String) -> [Self] {
        guard let root = WebRoot(around: path) else { return [] }
        let text = "\(path) is below \(root.path), where the web server shows files"
        return root.closes(path)
            ? [.ok(subject, "\(text); .htaccess keeps it from visitors")]
            : [.problem(subject, "\(text), and no .htaccess keeps it from visitors. \(remedy)")]
    }

    /// The finding as a line.
    var line: String {
        let word = level.rawValue + String(repeating: " ", count: max(0, 8 - level.rawValue.count))
        return "\(word) \(subject): \(text.printable)"
    }
}

extension [Finding] {
    /// Writes a line for each, and how many are not all right.
    /// - Returns: Whether there is a problem.
    func report(to output: CommandOutput) -> CommandStatus {
        for finding in self { output.line(finding.line) }
        let problems = count { $0.level == .problem }
        let warnings = count { $0.level == .warning }
        output.note(
            problems + warnings == 0
                ? "All is well."
                : "\(problems) problem\(problems == 1 ? "" : "s"), \(warnings) warning\(warnings == 1 ? "" : "s").")
        return problems == 0 ? .success : .problem
    }
}
