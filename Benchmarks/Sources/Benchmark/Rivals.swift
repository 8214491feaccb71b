import Foundation

/// The other frameworks, as far as they are installed.
///
/// Each gets the configuration its users would give it, and writes no access log.
struct Rivals {
    /// The directory with their programs.
    private static let sources = benchmarks.appending(path: "Rivals")
    private static let benchmarks = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private let phpFPM: String?
    private let environment: String

    init(_ options: Options) throws {
        phpFPM = options.phpFPM ?? Self.installedPHPFPM()
        environment = options.pythonEnvironment ?? Self.benchmarks.appending(path: ".build/rivals").path
    }

    /// Debian appends the version to the program's name; the newest wins.
    private static func installedPHPFPM() -> String? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/sbin")) ?? []
        return names.filter { $0.hasPrefix("php-fpm") }
            .max { $0.compare($1, options: .numeric) == .orderedAscending }
            .map { "/usr/sbin/" + $0 }
    }

    /// Why a server cannot take part.
    func obstacle(_ server: Contender) -> String? {
        let program: String? =
            switch server {
            case .c, .ours: nil
            case .php: phpFPM ?? "php-fpm"
            case .blackSheep: environment + "/bin/uvicorn"
            case .spiderweb: environment + "/bin/gunicorn"
            }
        guard let program, !FileManager.default.isExecutableFile(atPath: program) else { return nil }
        return "\(program) is not installed: make bench-sessions does that"
    }

    /// - Parameter script: what PHP is to run
    static func backend(_ server: Contender, script: String = "counter.php") -> NginxServer.Backend {
        switch server {
        case .c, .ours: .fastCGI(kept: true)
        case .php(_, let kept): .fastCGI(kept: kept, script: sources.appending(path: script).path)
        case .blackSheep, .spiderweb: .http
        }
    }

    func start(_ server: Contender, in directory: URL) throws -> Application {
        let socket = Application.socket(of: server.name, in: directory)
        let folder = directory.appending(path: server.name)
        switch server {
        case .c, .ours: throw Failure("\(server.name) is no rival")
        case .php(let children, _):
            let sessions = folder.appending(path: "sessions")
            try FileManager.default.createDirectory(at: sessions, withIntermediateDirectories: true)
            let file = folder.appending(path: "fpm.conf")
            let text = Self.poolConfiguration(socket: socket, folder: folder.path, children: children)
            try text.write(to: file, atomically: false, encoding: .utf8)
            let asRoot = geteuid() == 0 ? ["--allow-to-run-as-root"] : []
            return try Application(
                server.name, in: directory, program: phpFPM ?? "php-fpm",
                arguments: ["--nodaemonize", "--fpm-config", file.path] + asRoot)
        case .blackSheep:
            return try Application(
                server.name, in: directory, program: environment + "/bin/uvicorn",
                arguments: [
                    "blacksheep_counter:app", "--app-dir", Self.sources.path, "--uds", socket, "--workers", "2",
                    "--no-access-log", "--log-level", "warning",
                ], environment: ["PYTHONDONTWRITEBYTECODE": "1"])
        case .spiderweb:
            return try Application(
                server.name, in: directory, program: environment + "/bin/gunicorn",
                arguments: [
                    "spiderweb_counter:app", "--chdir", Self.sources.path, "--bind", "unix:" + socket, "--workers",
                    // Otherwise both workers want to create the database's tables, and one fails.
                    "2", "--preload", "--log-level", "warning",
                ],
                environment: [
                    "PYTHONDONTWRITEBYTECODE": "1", "COUNTER_DATABASE": folder.appending(path: "counter.db").path,
                ])
        }
    }

    /// Everything that is not here is as Debian's php.ini has it: there session_start never collects garbage, and no upload
    /// is larger than 2 MB.
    private static func poolConfiguration(socket: String, folder: String, children: Int) -> String {
        // FPM insists on a user when root starts it, and warns of one when somebody else does.
        let user = geteuid() == 0 ? "user = root\ngroup = root\n" : ""
        return """
            [global]
            error_log = \(folder)/error.log
            [counter]
            \(user)listen = \(socket)
            pm = static
            pm.max_children = \(children)
            php_admin_value[session.save_handler] = files
            php_admin_value[session.save_path] = \(folder)/sessions
            php_admin_value[upload_tmp_dir] = \(folder)
            php_admin_value[upload_max_filesize] = 32M
            php_admin_value[post_max_size] = 64M
            php_admin_flag[opcache.enable] = on

            """
    }
}
