import NestboxTesting

/// An example with sessions behind nginx.
final class ExampleSite {
    /// Where an example keeps its sessions.
    enum Store: String, CaseIterable {
        case cookie, file, memory
    }

    let nginx: NginxServer
    private let program: ExampleProgram
    /// The directory of the file store.
    private let sessions: TemporaryDirectory

    init(_ name: String, store: Store, environment: [String: String] = [:]) throws {
        sessions = try TemporaryDirectory()
        var variables = [
            "APP_SECRET_1": "q2vT0mZ8xJ4nB7cR1kL6wE9sY3uH5aPd", "NESTBOX_SESSION_STORE": store.rawValue,
        ]
        if store == .file { variables["NESTBOX_SESSION_FILE_DIRECTORY"] = sessions.path }
        program = try ExampleProgram(name, environment: variables.merging(environment) { _, given in given })
        nginx = try NginxServer(before: program.socket)
    }

    func url(_ target: String) -> String { nginx.url(target) }
}
