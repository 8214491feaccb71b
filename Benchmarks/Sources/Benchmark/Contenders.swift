import Foundation

/// The servers of a contest, all behind one nginx.
struct Contenders {
    let directory: URL
    private let clients: Int
    private let loadGenerator: LoadGenerator
    private let applications: [Contender: Application]
    private let nginx: Nginx
    /// Why others are left out.
    let obstacles: [Contender: String]

    /// Starts servers, and nginx in front of those that can be had.
    /// - Parameters:
    ///   - script: what PHP is to run
    ///   - startOwn: starts a server that is no rival
    init(
        _ servers: Set<Contender>, _ options: Options, _ programs: Programs, in directory: URL, script: String,
        startOwn: (Contender) throws -> Application
    ) throws {
        self.directory = directory
        clients = options.clients
        loadGenerator = LoadGenerator(program: programs.loadGenerator, directory: directory)
        let rivals = try Rivals(options)
        var applications: [Contender: Application] = [:]
        var obstacles: [Contender: String] = [:]
        do {
            for server in servers {
                if let obstacle = rivals.obstacle(server) {
                    obstacles[server] = obstacle
                } else {
                    applications[server] =
                        try server.isRival ? rivals.start(server, in: directory) : startOwn(server)
                }
            }
            let servers = applications.map { server, application in
                NginxServer(
                    name: application.name, socket: application.socket,
                    backend: Rivals.backend(server, script: script), clients: options.clients)
            }
            nginx = try Nginx(program: options.nginx, servers: servers, directory: directory)
        } catch {
            for application in applications.values { application.child.end() }
            DirectoryTree(path: directory.path).remove()
            throw error
        }
        self.applications = applications
        self.obstacles = obstacles
    }

    /// Asks a server until the right answer comes.
    func answers(_ server: Contender, _ request: [String]) throws -> Bool {
        for _ in 0..<100 {
            let once = request + ["--clients", "1", "--requests", "1"]
            if try load(server, once, errors: "/dev/null").1 == 0 { return true }
            if nginx.child.hasEnded { throw Failure("nginx ended at once\(lastWords(of: server))") }
            usleep(100_000)
        }
        return false
    }

    /// Puts a server under load.
    func load(_ server: Contender, _ request: [String], errors: String? = nil) throws -> (LoadFigures?, Int32) {
        let port = nginx.ports[server.name] ?? 0
        return try loadGenerator.run(["--http", "127.0.0.1:\(port)", "--keep"] + request, errors: errors)
    }

    /// Measures a page.
    func run(_ page: some ContestPage, _ request: [String], seconds: Double) throws -> Run {
        guard let application = applications[page.server] else { throw Failure("no server for \(page.name)") }
        return try Run(page.name, of: application) {
            try load(page.server, request + ["--clients", String(clients), "--seconds", String(seconds)])
        }
    }

    /// What a server and nginx wrote last, for a complaint.
    func lastWords(of server: Contender) -> String { (applications[server]?.lastWords ?? "") + nginx.lastWords }

    func end() {
        nginx.child.end()
        for application in applications.values { application.child.end() }
        DirectoryTree(path: directory.path).remove()
    }
}

extension Contender {
    /// Whether it is another framework's.
    fileprivate var isRival: Bool {
        switch self {
        case .c, .ours: false
        case .php, .blackSheep, .spiderweb: true
        }
    }
}
