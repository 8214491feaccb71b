/// One page of the sessions run.
struct SessionPage: ContestPage {
    let name: String
    let server: Contender
    let path: String
    /// Whether the answer is the count of the visitor's requests, and not a greeting.
    var counts = true
    /// The page of the same program without a session, whose processor time is subtracted.
    var hello: String?
    /// How many visitors take turns, who come again in the next run; nil for new ones in each run, one for each client.
    var visitors: Int?

    static func all(sessionFiles: [Int], clients: Int) -> [SessionPage] {
        let ours = Contender.ours(sessionFiles: 0)
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
            let server = Contender.ours(sessionFiles: files)
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
