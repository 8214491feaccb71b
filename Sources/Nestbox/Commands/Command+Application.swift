extension Command {
    /// The commands for whoever writes and installs an application.
    static let application: [Command] = [
        Command(
            "serve", usage: "[--port N]",
            "Runs the program behind an nginx of its own, and again when it is built anew.",
            options: Serving.options, run: Serving.run),
        Command("routes", "Shows the routes, with the middleware in front of them.", run: RouteListing.run),
        Command(
            "config nginx", "Prints a site of nginx for this application.", options: Site.options,
            run: ConfigPrinting.nginx),
        Command(
            "config apache", "Prints a site of Apache for this application.", options: Site.options,
            run: ConfigPrinting.apache),
        Command(
            "config systemd", "Prints a service of systemd for this application, with the options that are given.",
            options: SystemdService.commandOptions, run: ConfigPrinting.systemd),
        Command(
            "config htaccess", "Prints a file .htaccess for a shared host, to lie beside the program.",
            options: HtaccessFile.commandOptions, run: ConfigPrinting.htaccess),
    ]
}
