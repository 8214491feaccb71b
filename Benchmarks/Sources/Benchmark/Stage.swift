import Foundation

/// What is running while one scenario is measured: both applications and, if the scenario wants it, nginx.
///
/// Everything starts afresh for each scenario, so that none depends on what was measured before it.
struct Stage {
    let directory: URL
    let scenario: Scenario
    private(set) var applications: [Side: Application] = [:]
    private(set) var nginx: Nginx?
    /// Resident memory before the first connection.
    private(set) var idleKiB: [Side: Int] = [:]

    private let loadGenerator: LoadGenerator

    init(_ scenario: Scenario, programs: Programs, server: String, options: Options, directory parent: URL) throws {
        self.scenario = scenario
        directory = parent.appending(path: scenario.name)
        loadGenerator = LoadGenerator(program: programs.loadGenerator, directory: directory)
        do {
            for side in Side.allCases { try start(side, programs: programs, server: server, options: options) }
            // The socket is there before the last thread is.
            usleep(200_000)
            for (side, application) in applications {
                idleKiB[side] = residentKiB(of: processTree(of: application.child.process))
            }
            if case .nginx(let kept) = scenario.route {
                let servers = applications.values.map { application in
                    NginxServer(
                        name: application.name, socket: application.socket, backend: .fastCGI(kept: kept),
                        clients: scenario.clients)
                }
                nginx = try Nginx(program: options.nginx, servers: servers, directory: directory)
            }
            for side in Side.allCases { try waitForAnswer(from: side) }
        } catch {
            // What has started already must not disturb the next scenario.
            end()
            throw error
        }
    }

    private mutating func start(_ side: Side, programs: Programs, server: String, options: Options) throws {
        let name = side.rawValue
        let threads = ["--threads", String(scenario.threads(nginxWorkers: Nginx.workers))]
        let isLoop = side == .c || options.selfCheck
        let state = directory.appending(path: name).path
        applications[side] = try Application(
            name, in: directory, program: isLoop ? programs.loop : server,
            arguments: ["--listen", "unix:" + Application.socket(of: name, in: directory)]
                + (isLoop ? threads : ["--workers", "2", "--state", state]))
    }

    /// What may explain a failure of one side.
    private func lastWords(of side: Side) -> String {
        (applications[side]?.lastWords ?? "") + (nginx?.lastWords ?? "")
    }

    func end() {
        nginx?.child.end()
        for application in applications.values { application.child.end() }
        DirectoryTree(path: directory.path).remove()
    }

    func load(_ side: Side, clients: Int, seconds: Double, errors: String? = nil) throws -> (LoadFigures?, Int32) {
        var arguments = ["--clients", String(clients), "--seconds", String(seconds)] + scenario.exchangeArguments
        if scenario.keepsClients { arguments.append("--keep") }
        if let nginx, let port = nginx.ports[side.rawValue] {
            arguments += ["--http", "127.0.0.1:\(port)"]
        } else {
            arguments += ["--fastcgi", "unix:" + (applications[side]?.socket ?? "")]
        }
        return try loadGenerator.run(arguments, errors: errors)
    }

    private func waitForAnswer(from side: Side) throws {
        for _ in 0..<100 {
            if try load(side, clients: 1, seconds: 0.01, errors: "/dev/null").1 == 0 { return }
            if nginx?.child.hasEnded == true { throw Failure("nginx ended at once\(lastWords(of: side))") }
            usleep(50_000)
        }
        // Once more, so that the load generator can say what is wrong.
        _ = try load(side, clients: 1, seconds: 0.01)
        throw Failure("no right answer from side \(side)\(lastWords(of: side))")
    }
}
