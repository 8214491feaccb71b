import Foundation

/// What is running while one scenario is measured: both applications and, if the scenario wants it, nginx.
///
/// Everything starts afresh for each scenario, so that none depends on what was measured before it.
struct Stage {
    let directory: URL
    let scenario: Scenario
    private(set) var applications: [Side: Child] = [:]
    private(set) var sockets: [Side: String] = [:]
    private(set) var nginx: Nginx?
    /// Resident memory before the first connection.
    private(set) var idleKiB: [Side: Int] = [:]

    private let loadGenerator: String

    init(_ scenario: Scenario, programs: Programs, server: String, options: Options, directory parent: URL) throws {
        self.scenario = scenario
        directory = parent.appending(path: scenario.name)
        loadGenerator = programs.loadGenerator
        do {
            for side in Side.allCases { try start(side, programs: programs, server: server, options: options) }
            // The socket is there before the last thread is.
            usleep(200_000)
            for (side, application) in applications {
                idleKiB[side] = residentKiB(of: processTree(of: application.process))
            }
            if case .nginx(let kept) = scenario.route {
                nginx = try Nginx(
                    program: options.nginx, sockets: sockets, kept: kept, clients: scenario.clients,
                    directory: directory)
            }
            for side in Side.allCases { try waitForAnswer(from: side) }
        } catch {
            // What has started already must not disturb the next scenario.
            end()
            throw error
        }
    }

    private mutating func start(_ side: Side, programs: Programs, server: String, options: Options) throws {
        let folder = directory.appending(path: side.rawValue).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let socket = folder + "/s"
        // The size of sun_path, less its final zero.
        guard socket.utf8.count < 108 else { throw Failure("TMPDIR is too long for a socket in it") }
        let threads = ["--threads", String(scenario.threads(nginxWorkers: Nginx.workers))]
        let isLoop = side == .c || options.selfCheck
        let application = try Child(
            isLoop ? programs.loop : server,
            ["--listen", "unix:" + socket] + (isLoop ? threads : ["--workers", "2", "--state", folder]),
            errors: folder + "/access.log")
        applications[side] = application
        sockets[side] = socket
        for _ in 0..<1000 {
            if FileManager.default.fileExists(atPath: socket) { return }
            if application.hasEnded { throw Failure("the server of side \(side) ended at once\(lastWords(of: side))") }
            usleep(10_000)
        }
        throw Failure("the server of side \(side) did not open its socket within 10 s\(lastWords(of: side))")
    }

    /// The last line of a log, which will be gone with the directory.
    private func lastLine(_ file: String) -> String? {
        let text = try? String(contentsOfFile: directory.appending(path: file).path, encoding: .utf8)
        return text?.split(separator: "\n").last.map(String.init)
    }

    /// What may explain a failure of one side.
    func lastWords(of side: Side) -> String {
        let application = lastLine("\(side.rawValue)/access.log").map { "\n  its log ends: \($0)" } ?? ""
        let proxy = lastLine("nginx/error.log").map { "\n  nginx's log ends: \($0)" } ?? ""
        return application + proxy
    }

    func end() {
        nginx?.child.end()
        for application in applications.values { application.end() }
        try? FileManager.default.removeItem(at: directory)
    }

    func load(_ side: Side, clients: Int, seconds: Double, errors: String? = nil) throws -> (LoadFigures?, Int32) {
        var arguments = ["--clients", String(clients), "--seconds", String(seconds)] + scenario.exchangeArguments
        if scenario.keepsClients { arguments.append("--keep") }
        if let nginx, let port = nginx.ports[side] {
            arguments += ["--http", "127.0.0.1:\(port)"]
        } else {
            arguments += ["--fastcgi", "unix:" + (sockets[side] ?? "")]
        }
        let result = directory.appending(path: "figures.json").path
        let output = open(result, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw Failure("cannot write into the temporary directory") }
        defer { close(output) }
        let ending = try Child(loadGenerator, arguments, output: output, errors: errors).wait()
        let data = try Data(contentsOf: URL(filePath: result))
        return (try? JSONDecoder().decode(LoadFigures.self, from: data), ending.status)
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

/// What the load generator prints.
struct LoadFigures: Decodable {
    let requests: Int
    let errors: Int
    let seconds: Double
    let requestsPerSecond: Double
    let p50: Double
    let p90: Double
    let p99: Double
    let max: Double
    let generatorSeconds: Double

    private enum CodingKeys: String, CodingKey {
        case requests, errors, seconds
        case requestsPerSecond = "requests_per_second"
        case p50 = "p50_us"
        case p90 = "p90_us"
        case p99 = "p99_us"
        case max = "max_us"
        case generatorSeconds = "generator_cpu_seconds"
    }
}
