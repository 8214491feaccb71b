import Glibc
import NestboxGateway
import NestboxHTTP
import NestboxSessions

/// `serve`: runs the program behind a private nginx, for the one who writes it.
enum Serving {
    static let options = [
        ConfigurationOption("port", "Where nginx listens on 127.0.0.1. Default: the first free one from 8080."),
        Site.staticOption,
    ]

    static func run(_ context: CommandContext) async throws -> CommandStatus {
        let port = try context.option("port").map { text throws(StartError) -> UInt16 in
            guard let port = UInt16(text) else {
                throw StartError("--port=\(text.printable): the value must be a number from 0 to 65535", isUsage: true)
            }
            return port
        }
        let nginx = try PrivateNginx.find(path: getenv("PATH").map { String(cString: $0) })
        let directory = try ServeDirectory()
        defer { directory.remove() }
        let listener = try LoopbackPort.listen(port)
        defer { close(listener.descriptor) }

        var site = try Site(context)
        (site.socket, site.hasSocket, site.hosts) = (.unix(directory.path("app.sock")), true, ["localhost"])
        for root in site.statics where access(root.directory, R_OK | X_OK) != 0 {
            throw StartError("--static: \(root.directory) is no directory that can be read")
        }
        try directory.write(
            try PrivateNginx.configuration(site, port: listener.port, in: directory), to: "nginx.conf")
        let front = DevelopmentFront(
            program: ServedProgram(
                path: site.path, arguments: context.programArguments, environment: try environment(context, site.path)),
            directory: directory, nginx: nginx, listener: listener.descriptor, output: context.output,
            isDevelopment: context.configuration.text("environment") != "production")
        front.greeting = greeting(context.program, site, listener.port)
        return try front.run()
    }

    private static func greeting(_ program: String, _ site: Site, _ port: UInt16) -> String {
        let files = site.statics.map { "Files of \($0.directory) are at \($0.prefix)\n" }.joined()
        return "\n\(program) is at http://127.0.0.1:\(port)\(site.mount)/ (Ctrl-C stops it)\n\(files)"
    }

    /// What the program has in its environment besides that of this process.
    private static func environment(_ context: CommandContext, _ program: String) throws -> [String] {
        var variables: [String] = []
        if context.configuration.text("environment") == nil { variables.append("NESTBOX_ENVIRONMENT=development") }
        let sessions = context.configuration.sessions
        guard context.application.hasConfiguredSessions, sessions.secrets == nil, sessions.secretFile == nil else {
            return variables
        }
        // Each start of the program would make another secret, and forget all visitors.
        if let file = secretFile(beside: program) {
            variables.append("NESTBOX_SESSION_SECRET_FILE=\(file)")
        } else {
            variables.append("NESTBOX_SESSION_SECRET=\(SessionSecrets.randomText())")
            context.output.note("No session secret is configured: visitors are forgotten when this ends.")
        }
        return variables
    }

    /// The secret of a checkout, among what was built from it; `nil` where nothing was.
    private static func secretFile(beside program: String) -> String? {
        let parts = program.split(separator: "/", omittingEmptySubsequences: false)
        guard let place = parts.lastIndex(of: ".build") else { return nil }
        let path = parts[...place].joined(separator: "/") + "/run.secret"
        if access(path, F_OK) != 0 { try? SessionSecrets.createFile(at: path) }
        return access(path, R_OK) == 0 ? path : nil
    }
}
