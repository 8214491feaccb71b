import Foundation

/// What runs during the sessions run: every application that takes part, all behind one nginx.
struct SessionStage {
    private(set) var pages: [SessionPage]
    private(set) var applications: [SessionPage.Server: Application] = [:]
    private(set) var nginx: Nginx?

    private let directory: URL
    private let clients: Int
    private let loadGenerator: LoadGenerator

    /// - Parameter complain: is told why a page is left out
    init(
        _ options: Options, programs: Programs, directory parent: URL, complain: (String) -> Void
    ) throws {
        directory = parent.appending(path: "sessions")
        clients = options.clients
        loadGenerator = LoadGenerator(program: programs.loadGenerator, directory: directory)
        pages = SessionPage.all(sessionFiles: options.sessionFiles, clients: clients)
            .filter { options.includes($0.name) }
        do {
            let rivals = try Rivals(options)
            for server in Set(pages.map(\.server)) {
                if let obstacle = rivals.obstacle(server) {
                    leaveOut(server, obstacle, complain)
                } else {
                    applications[server] = try start(server, rivals, programs: programs, options: options)
                }
            }
            let servers = applications.map { server, application in
                NginxServer(
                    name: application.name, socket: application.socket, backend: Rivals.backend(server),
                    clients: clients)
            }
            nginx = try Nginx(program: options.nginx, servers: servers, directory: directory)
            for server in applications.keys where try !answers(server) {
                leaveOut(server, "no right answer\(lastWords(of: server))", complain)
            }
            for page in pages where page.visitors != nil {
                do { try createSessions(for: page) } catch let failure as Failure {
                    pages.removeAll { $0.server == page.server }
                    complain(failure.description)
                }
            }
        } catch {
            end()
            throw error
        }
    }

    private mutating func leaveOut(_ server: SessionPage.Server, _ reason: String, _ complain: (String) -> Void) {
        pages.removeAll { $0.server == server }
        complain("\(server.name) is left out: \(reason)")
    }

    private func start(
        _ server: SessionPage.Server, _ rivals: Rivals, programs: Programs, options: Options
    ) throws -> Application {
        let state = directory.appending(path: server.name).path
        let arguments = ["--listen", "unix:" + Application.socket(of: server.name, in: directory), "--state", state]
        switch server {
        case .c:
            return try Application(
                server.name, in: directory, program: programs.loop,
                arguments: arguments + ["--threads", String(clients * Nginx.workers + 8)])
        case .ours:
            return try Application(
                server.name, in: directory, program: options.server ?? Programs.ownServer(),
                arguments: arguments + ["--workers", "2"])
        default: return try rivals.start(server, in: directory)
        }
    }

    /// Asks for the server's first page until it comes.
    private func answers(_ server: SessionPage.Server) throws -> Bool {
        guard let page = pages.first(where: { $0.server == server }) else { return true }
        for _ in 0..<100 {
            if try load(page, ["--clients", "1", "--requests", "1"], errors: "/dev/null").1 == 0 { return true }
            if nginx?.child.hasEnded == true { throw Failure("nginx ended at once\(lastWords(of: server))") }
            usleep(100_000)
        }
        return false
    }

    /// Lets every visitor come once, so that the server has made a session for each.
    private func createSessions(for page: SessionPage) throws {
        guard let visitors = page.visitors else { return }
        printError("\(visitors) sessions for \(page.name) ...")
        let (figures, status) = try load(
            page, ["--clients", "64", "--requests", String(visitors), "--seconds", "3600"] + jar(of: page))
        guard status == 0, figures?.requests == visitors else {
            throw Failure("\(page.name): the sessions could not be created\(lastWords(of: page.server))")
        }
    }

    private func jar(of page: SessionPage) -> [String] {
        guard let visitors = page.visitors else { return [] }
        return ["--visitors", String(visitors), "--jar", directory.appending(path: page.name + ".jar").path]
    }

    private func load(_ page: SessionPage, _ arguments: [String], errors: String? = nil) throws -> (LoadFigures?, Int32)
    {
        let port = nginx?.ports[page.server.name] ?? 0
        let expectation = page.counts ? ["--cookies"] : ["--expect-text", "Hello, World!"]
        return try loadGenerator.run(
            ["--http", "127.0.0.1:\(port)", "--keep", "--path", page.path] + expectation + arguments, errors: errors)
    }

    func run(_ page: SessionPage, seconds: Double) throws -> Run {
        guard let application = applications[page.server] else { throw Failure("no server for \(page.name)") }
        return try Run(page.name, of: application) {
            try load(page, ["--clients", String(clients), "--seconds", String(seconds)] + jar(of: page))
        }
    }

    private func lastWords(of server: SessionPage.Server) -> String {
        (applications[server]?.lastWords ?? "") + (nginx?.lastWords ?? "")
    }

    func end() {
        nginx?.child.end()
        for application in applications.values { application.child.end() }
        DirectoryTree(path: directory.path).remove()
    }
}
