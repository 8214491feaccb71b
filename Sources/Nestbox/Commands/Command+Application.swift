extension Command {
    /// The commands for whoever writes and installs an application.
    static let application: [Command] = [
        Command("routes", "Shows the routes, with the middleware in front of them.", run: RouteListing.run)
    ]
}
