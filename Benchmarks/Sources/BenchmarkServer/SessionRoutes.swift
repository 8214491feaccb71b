import Nestbox

private let visits = SessionKey<Int>("n")

extension Router {
    /// Adds the pages of the `--sessions` run.
    mutating func addSessionRoutes(_ configuration: ApplicationConfiguration) throws {
        let secret = "a key of the benchmark, not a secret"
        let cookies = try SessionMiddleware(SessionConfiguration(secret: secret))
        addCounter("/count/cookie", cookies)
        group("/untouched") { group in
            group.use(cookies)
            group.get("") { _ in "Hello, World!" }
        }
        // Without --state there is no place for files, and nobody who asks for them.
        guard let state = configuration.reader.string(forKey: "state") else { return }
        var files = SessionConfiguration()
        files.store = .file
        files.file.directory = state + "/sessions"
        addCounter("/count/file", try SessionMiddleware(files))
    }

    /// Adds a page that answers how often its visitor has come.
    private mutating func addCounter(_ path: String, _ middleware: SessionMiddleware) {
        group(path) { group in
            group.use(middleware)
            group.get("") { request in
                let session = try await request.session
                let count = session[visits, default: 0] + 1
                session[visits] = count
                return String(count)
            }
        }
    }
}
