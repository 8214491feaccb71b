/// One thing that `session doctor` has looked at.
struct SessionFinding: Sendable, Hashable {
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

    /// The finding as a line.
    var line: String {
        let word = level.rawValue + String(repeating: " ", count: max(0, 8 - level.rawValue.count))
        return "\(word) \(subject): \(text.printable)"
    }
}
