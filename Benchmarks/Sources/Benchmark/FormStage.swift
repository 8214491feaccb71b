import Foundation

/// What runs during the forms run: our server and PHP-FPM, all behind one nginx.
struct FormStage {
    private(set) var pages: [FormPage]
    private var applications: [SessionPage.Server: Application] = [:]
    private var nginx: Nginx?

    private let directory: URL
    private let clients: Int
    private let loadGenerator: LoadGenerator

    /// - Parameter complain: is told why a server is left out
    init(_ options: Options, programs: Programs, directory parent: URL, complain: (String) -> Void) throws {
        directory = parent.appending(path: "forms")
        clients = options.clients
        loadGenerator = LoadGenerator(program: programs.loadGenerator, directory: directory)
        pages = FormPage.all(clients: clients).filter { options.includes($0.exchange.rawValue) }
        do {
            let rivals = try Rivals(options)
            for server in Set(pages.map(\.server)) {
                if let obstacle = rivals.obstacle(server) {
                    pages.removeAll { $0.server == server }
                    complain("\(server.name) is left out: \(obstacle)")
                } else {
                    applications[server] = try start(server, rivals, options)
                }
            }
            let servers = applications.map { server, application in
                NginxServer(
                    name: application.name, socket: application.socket,
                    backend: Rivals.backend(server, script: "form.php"), clients: clients)
            }
            nginx = try Nginx(program: options.nginx, servers: servers, directory: directory)
            for exchange in FormExchange.allCases { try exchange.body.write(to: file(of: exchange)) }
            for page in pages where try !answers(page) {
                pages.removeAll { $0.name == page.name }
                complain("\(page.name) is left out: no right answer\(lastWords(of: page.server))")
            }
        } catch {
            end()
            throw error
        }
    }

    private func file(of exchange: FormExchange) -> URL { directory.appending(path: exchange.rawValue) }

    private func start(_ server: SessionPage.Server, _ rivals: Rivals, _ options: Options) throws -> Application {
        guard case .ours = server else { return try rivals.start(server, in: directory) }
        // Uploads wait in the same file system as PHP's.
        return try Application(
            server.name, in: directory, program: options.server ?? Programs.ownServer(),
            arguments: [
                "--listen", "unix:" + Application.socket(of: server.name, in: directory), "--workers", "2",
                "--forms-directory", directory.path,
            ])
    }

    /// Sends the form until it is answered rightly.
    private func answers(_ page: FormPage) throws -> Bool {
        for _ in 0..<100 {
            if try load(page, ["--clients", "1", "--requests", "1"], errors: "/dev/null").1 == 0 { return true }
            if nginx?.child.hasEnded == true { throw Failure("nginx ended at once\(lastWords(of: page.server))") }
            usleep(100_000)
        }
        return false
    }

    private func load(_ page: FormPage, _ arguments: [String], errors: String? = nil) throws -> (LoadFigures?, Int32) {
        let port = nginx?.ports[page.server.name] ?? 0
        return try loadGenerator.run(
            [
                "--http", "127.0.0.1:\(port)", "--keep", "--method", "POST", "--path", "/form", "--body-file",
                file(of: page.exchange).path, "--body-type", page.exchange.contentType, "--expect-text",
                page.exchange.answer,
            ] + arguments, errors: errors)
    }

    func run(_ page: FormPage, seconds: Double) throws -> Run {
        guard let application = applications[page.server] else { throw Failure("no server for \(page.name)") }
        return try Run(page.name, of: application) {
            try load(page, ["--clients", String(clients), "--seconds", String(seconds)])
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
