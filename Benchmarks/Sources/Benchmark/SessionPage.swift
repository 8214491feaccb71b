/// One page of the sessions run.
struct SessionPage: Sendable {
    /// Who answers it.
    enum Server: Hashable, Sendable {
        case c
        /// With so many session files before the first request.
        case ours(sessionFiles: Int)
        /// With kept connections there have to be more children than nginx may open.
        case php(children: Int, kept: Bool = false)
        case blackSheep, spiderweb

        /// What its directory is called.
        var name: String {
            switch self {
            case .c: "c"
            case .ours(0): "ours"
            case .ours(let files): "ours-\(files)"
            case .php(let children, let kept): kept ? "php-kept" : "php-\(children)"
            case .blackSheep: "blacksheep"
            case .spiderweb: "spiderweb"
            }
        }
    }

    let name: String
    let server: Server
    let path: String
    /// Whether the answer is the count of the visitor's requests, and not a greeting.
    var counts = true
    /// The page of the same program without a session, whose processor time is subtracted.
    var hello: String?
    /// How many visitors take turns, who come again in the next run; nil for new ones in each run, one for each client.
    var visitors: Int?

    static func all(sessionFiles: [Int], clients: Int) -> [SessionPage] {
        let ours = Server.ours(sessionFiles: 0)
        let pages = [
            SessionPage(name: "c-hello", server: .c, path: "/hello", counts: false),
            SessionPage(name: "c-cookie", server: .c, path: "/count/cookie", hello: "c-hello"),
            SessionPage(name: "c-file", server: .c, path: "/count/file", hello: "c-hello"),
            SessionPage(name: "hello", server: ours, path: "/hello", counts: false),
            SessionPage(name: "untouched", server: ours, path: "/untouched", counts: false, hello: "hello"),
            SessionPage(name: "cookie", server: ours, path: "/count/cookie", hello: "hello"),
            SessionPage(name: "file", server: ours, path: "/count/file", hello: "hello"),
        ]
        let amongMany = sessionFiles.flatMap { files in
            let server = Server.ours(sessionFiles: files)
            return [
                SessionPage(name: "file-\(files)", server: server, path: "/count/file", hello: "hello"),
                SessionPage(
                    name: "file-\(files)-all", server: server, path: "/count/file", hello: "hello", visitors: files),
            ]
        }
        return pages + amongMany + [
            SessionPage(name: "php-2", server: .php(children: 2), path: "/"),
            SessionPage(name: "php-4", server: .php(children: 4), path: "/"),
            SessionPage(name: "php-kept", server: .php(children: clients * Nginx.workers + 8, kept: true), path: "/"),
            SessionPage(name: "blacksheep", server: .blackSheep, path: "/"),
            SessionPage(name: "spiderweb", server: .spiderweb, path: "/"),
        ]
    }
}
