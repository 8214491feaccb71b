import Foundation

/// What runs during the sessions run.
struct SessionStage: Contest {
    private(set) var pages: [SessionPage]
    let contenders: Contenders

    init(_ options: Options, _ programs: Programs, _ directory: URL, complain: (String) -> Void) throws {
        pages = SessionPage.all(sessionFiles: options.sessionFiles, clients: options.clients)
            .filter { options.includes($0.name) }
        let directory = directory.appending(path: "sessions")
        contenders = try Contenders(
            Set(pages.map(\.server)), options, programs, in: directory, script: "counter.php"
        ) { server in
            let state = directory.appending(path: server.name).path
            let arguments = [
                "--listen", "unix:" + Application.socket(of: server.name, in: directory), "--state", state,
            ]
            if case .c = server {
                return try Application(
                    server.name, in: directory, program: programs.loop,
                    arguments: arguments + ["--threads", String(options.clients * Nginx.workers + 8)])
            }
            return try Application(
                server.name, in: directory, program: options.server ?? Programs.ownServer(),
                arguments: arguments + ["--workers", "2"])
        }
        do {
            for (server, obstacle) in contenders.obstacles { leaveOut(server, obstacle, complain) }
            for server in Set(pages.map(\.server)) {
                guard let page = pages.first(where: { $0.server == server }),
                    try !contenders.answers(server, request(page))
                else { continue }
                leaveOut(server, "no right answer\(contenders.lastWords(of: server))", complain)
            }
            for page in pages where page.visitors != nil {
                do { try createSessions(for: page) } catch let failure as Failure {
                    pages.removeAll { $0.server == page.server }
                    complain(failure.description)
                }
            }
        } catch {
            contenders.end()
            throw error
        }
    }

    private mutating func leaveOut(_ server: Contender, _ reason: String, _ complain: (String) -> Void) {
        pages.removeAll { $0.server == server }
        complain("\(server.name) is left out: \(reason)")
    }

    /// Lets every visitor come once, so that the server has made a session for each.
    private func createSessions(for page: SessionPage) throws {
        guard let visitors = page.visitors else { return }
        printError("\(visitors) sessions for \(page.name) ...")
        let (figures, status) = try contenders.load(
            page.server,
            request(page) + jar(of: page) + ["--clients", "64", "--requests", String(visitors), "--seconds", "3600"])
        guard status == 0, figures?.requests == visitors else {
            throw Failure(
                "\(page.name): the sessions could not be created\(contenders.lastWords(of: page.server))")
        }
    }

    private func request(_ page: SessionPage) -> [String] {
        ["--path", page.path] + (page.counts ? ["--cookies"] : ["--expect-text", "Hello, World!"])
    }

    private func jar(of page: SessionPage) -> [String] {
        guard let visitors = page.visitors else { return [] }
        let file = contenders.directory.appending(path: page.name + ".jar")
        return ["--visitors", String(visitors), "--jar", file.path]
    }

    func run(_ page: SessionPage, seconds: Double) throws -> Run {
        try contenders.run(page, request(page) + jar(of: page), seconds: seconds)
    }
}
