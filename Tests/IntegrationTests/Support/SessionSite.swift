import Glibc
import NestboxSessions
import NestboxTesting

/// The program Notebook behind nginx, once or several times, and as a CGI program, all with the same sessions.
final class SessionSite {
    /// How sessions are kept.
    enum Kind: String, CaseIterable, Sendable {
        case encrypted, signed, file
    }

    /// What signs, encrypts and seals.
    static let secret = "x8Jr2LwQ5vTn7YcB4mKe9RsZ1dGf6HpA3uXo"

    let kind: Kind
    let directory: TemporaryDirectory
    let gate: Gate
    let environment: [String: String]
    let programs: [ExampleProgram]
    let nginx: NginxServer
    private let wrapper: CGIWrapper?

    /// - Parameters:
    ///   - sessions: Where the store of files is; below a temporary directory by default.
    ///   - environment: What is configured besides.
    ///   - count: How many FastCGI processes there are.
    ///   - wrappers: How many CGI programs nginx can run at once.
    ///   - servers: What is between the braces of additional `server` blocks of nginx, given the program's sockets.
    init(
        _ kind: Kind, sessions: String? = nil, _ environment: [String: String] = [:], arguments: [String] = [],
        count: Int = 1, wrappers: Int = 0, servers: ([LoopbackAddress]) -> [String] = { _ in [] }
    ) throws {
        self.kind = kind
        directory = try TemporaryDirectory()
        gate = try Gate()
        var variables = [
            "APP_SECRET_1": Self.secret, "NESTBOX_LOG_LEVEL": "notice", "NOTEBOOK_GATE": gate.directory.path,
            "NESTBOX_WORKERS": "4",
        ]
        switch kind {
        case .encrypted: break
        case .signed: variables["NESTBOX_SESSION_PROTECTION"] = "signed"
        case .file:
            variables["NESTBOX_SESSION_STORE"] = "file"
            variables["NESTBOX_SESSION_FILE_DIRECTORY"] = sessions ?? directory.path("sessions")
        }
        variables.merge(environment) { $1 }
        self.environment = variables
        let programs = try (0..<count).map { _ in try ExampleProgram("Notebook", arguments, environment: variables) }
        // It is written after clients can connect, and would count among the lines that a request causes.
        _ = try eventually { try programs.allSatisfy { try $0.log().contains { $0.contains(" listening on ") } } }
        self.programs = programs
        let sockets = programs.map(\.socket)
        wrapper = wrappers == 0 ? nil : try CGIWrapper(count: wrappers, environment: variables)
        let wrapped = wrapper.map { [$0.server("Notebook")] } ?? []
        nginx = try NginxServer(
            before: sockets.isEmpty ? [directory.socket("nobody")] : sockets, servers: wrapped + servers(sockets))
    }

    /// Through nginx to the FastCGI processes.
    var fastCGI: Door { .server(nginx.address) }
    /// As a CGI program that the test starts.
    var cgi: Door { .program(ExampleProgram.path("Notebook"), environment: environment) }
    /// Through nginx and fcgiwrap to CGI programs.
    var wrapped: Door { .server(nginx.others[0], prefix: "/cgi/app") }

    /// The session layer's configuration as the program reads it.
    var configuration: SessionConfiguration {
        get throws {
            var configuration = try SessionConfiguration(secret: Self.secret)
            switch kind {
            case .encrypted: break
            case .signed: configuration.protection = .signed
            case .file:
                configuration.store = .file
                configuration.file.directory = environment["NESTBOX_SESSION_FILE_DIRECTORY"]
            }
            return configuration
        }
    }

    /// The store that the program has, at a time of the test's choosing.
    func store(at time: Int64? = nil) throws -> any SessionStore {
        try configuration.makeStore(clock: time.map { time in SessionClock { time } } ?? .system)
    }

    /// The lines that the programs have logged of what happened to sessions, those of one event if it is named.
    func events(_ name: String? = nil) throws -> [String] {
        try programs.flatMap { try $0.log() }.filter { line in
            guard let event = line.split(separator: " ").first(where: { $0.hasPrefix("session.event=") }) else {
                return false
            }
            return name.map { event == "session.event=\($0)" } ?? true
        }
    }

    /// The paths of all files of the store, relative to its directory.
    var files: [String] { environment["NESTBOX_SESSION_FILE_DIRECTORY"].map { File.tree($0) } ?? [] }

    /// The sessions among them.
    var sessionFiles: [String] {
        files.filter {
            $0.hasPrefix("v1/") && !$0.hasPrefix("v1/users/") && ($0.split(separator: "/").last?.utf8.count ?? 0) == 64
        }
    }
}

extension File {
    /// The paths of all files below a directory, relative to it, in alphabetical order.
    static func tree(_ directory: String, _ prefix: String = "") -> [String] {
        names(in: "\(directory)/\(prefix)").flatMap { name in
            var status = stat()
            let path = prefix + name
            guard lstat("\(directory)/\(path)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [path] }
            return tree(directory, path + "/")
        }
    }
}
