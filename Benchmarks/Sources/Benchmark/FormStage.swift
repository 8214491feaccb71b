import Foundation

/// What runs during the forms run: our server and PHP-FPM.
struct FormStage: Contest {
    private(set) var pages: [FormPage]
    let contenders: Contenders

    init(_ options: Options, _ programs: Programs, _ directory: URL, complain: (String) -> Void) throws {
        pages = FormPage.all(clients: options.clients).filter { options.includes($0.exchange.rawValue) }
        let directory = directory.appending(path: "forms")
        contenders = try Contenders(
            Set(pages.map(\.server)), options, programs, in: directory, script: "form.php"
        ) { server in
            // Uploads wait in the same file system as PHP's.
            try Application(
                server.name, in: directory, program: options.server ?? Programs.ownServer(),
                arguments: [
                    "--listen", "unix:" + Application.socket(of: server.name, in: directory), "--workers", "2",
                    "--forms-directory", directory.path,
                ])
        }
        do {
            for (server, obstacle) in contenders.obstacles {
                pages.removeAll { $0.server == server }
                complain("\(server.name) is left out: \(obstacle)")
            }
            for exchange in FormExchange.allCases { try exchange.body.write(to: file(of: exchange)) }
            for page in pages where try !contenders.answers(page.server, request(page)) {
                pages.removeAll { $0.name == page.name }
                complain("\(page.name) is left out: no right answer\(contenders.lastWords(of: page.server))")
            }
        } catch {
            contenders.end()
            throw error
        }
    }

    private func file(of exchange: FormExchange) -> URL { contenders.directory.appending(path: exchange.rawValue) }

    private func request(_ page: FormPage) -> [String] {
        [
            "--method", "POST", "--path", "/form", "--body-file", file(of: page.exchange).path, "--body-type",
            page.exchange.contentType, "--expect-text", page.exchange.answer,
        ]
    }

    func run(_ page: FormPage, seconds: Double) throws -> Run {
        try contenders.run(page, request(page), seconds: seconds)
    }
}
