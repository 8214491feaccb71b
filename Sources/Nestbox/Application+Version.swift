extension Application {
    /// The version of Nestbox: the topmost one of its changelog.
    public static let nestboxVersion = "unreleased"

    /// What `--version` prints: the program's version, when it has said one, and Nestbox's.
    func versionText(program: String) -> String {
        let name = version.map { "\(program) \($0)" } ?? program
        return "\(name) (Nestbox \(Self.nestboxVersion))"
    }
}
