extension Command {
    /// The commands for whoever operates sessions.
    static let session: [Command] = [
        Command(
            "session keygen", usage: "[PATH]",
            "Makes the secret, a file that only you can read or a line of text, and the directory of sessions.",
            maximumArguments: 1, run: SessionKeygen.run),
        Command(
            "session doctor", "Checks what is configured, and tries it. Exit status 1 when there is a problem.",
            diagnose: SessionDoctor.diagnose, run: SessionDoctor.run),
        Command("session gc", "Deletes all sessions that have expired; for cron.", run: SessionCleaning.run),
        Command(
            "session list", usage: "[--user NAME] [--limit N]",
            "Shows who has a session, and nothing of what is in it.",
            options: [
                ConfigurationOption("user", "Whose sessions; all without it."),
                ConfigurationOption("limit", "How many at most. Default: 100."),
            ], run: SessionList.run),
        Command(
            "session revoke", usage: "KEY | --user NAME", "Ends a session that `session list` shows, or all of a user.",
            options: [ConfigurationOption("user", "Whose sessions are ended.")], maximumArguments: 1,
            run: SessionRevocation.run),
    ]
}
