extension Command {
    /// The command for whoever puts the program on a host.
    static let check: [Command] = [
        Command(
            "check",
            "Checks the program's file, its configuration and directories. Exit status 1 when there is a problem.",
            diagnose: InstallationCheck.diagnose, run: InstallationCheck.run)
    ]
}
