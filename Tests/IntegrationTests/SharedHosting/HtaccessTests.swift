import Glibc
import HTTPTypes
import NestboxTesting
import Testing

extension Integration {
    @Suite("the .htaccess files of a shared host", .enabled(if: ApacheServer.isInstalled))
    struct HtaccessTests {
        /// A host whose visitors see `public_html`, with Conformance in it and in a folder below, by the name that the shipped
        /// file has.
        ///
        /// - Parameters:
        ///   - overrides: What the host allows.
        ///   - options: What it has allowed from the beginning.
        ///   - text: Makes another file of the shipped one.
        private func host(
            overrides: String = "FileInfo", options: String = "FollowSymLinks ExecCGI", program: String = "Hello.cgi",
            modules: [String] = ["cgid"], changing text: (String) -> String = { $0 }
        ) throws -> ApacheServer {
            let site = """
                DocumentRoot /srv/example/public_html
                <Directory /srv/example/public_html>
                    Require all granted
                    AllowOverride \(overrides)
                    Options \(options)
                </Directory>
                """
            return try ApacheServer(site, modules: ["rewrite", "dir", "mime"] + modules) { directory in
                for folder in ["", "/rw", "/data", "/.git", "/.well-known", "/pictures"] {
                    mkdir(directory.path("public_html\(folder)"), 0o755)
                }
                let shipped = text(try Repository.text(of: "apache/htaccess/public_html.htaccess"))
                for folder in ["public_html", "public_html/rw"] {
                    try directory.write(shipped, to: "\(folder)/.htaccess")
                    try directory.write("NESTBOX_WORKERS=1\n", to: "\(folder)/nestbox.env")
                    try OtherUser.install("Conformance", as: directory.path("\(folder)/\(program)"))
                }
                try directory.write(
                    try Repository.text(of: "apache/htaccess/data.htaccess"), to: "public_html/data/.htaccess")
                for name in Self.closed { try directory.write("SECRET", to: "public_html\(name)") }
                for name in Self.open { try directory.write("file \(name)", to: "public_html\(name)") }
            }
        }

        static let closed = [
            "/.env", "/.git/config", "/data/counter.secret", "/data/sessions.txt", "/counter.secret", "/app.sqlite",
            "/app.sqlite-wal", "/error.log", "/Hello.cgi.new", "/Hello.cgi.old",
            "/app.db-wal", "/app.db-journal", "/app.sqlite3", "/app.SQLite3-shm", "/app.db3", "/error.log.1",
            "/Hello.cgi~",
            "/page.html.orig", "/page.html.save", "/.page.html.swp", "/nestbox.env~", "/nestbox.env.save",
            "/nestbox.env.txt",
            "/nestbox.env.1", "/#nestbox.env#", "/rw/nestbox.env.bak",
        ]
        static let open = ["/style.css", "/pictures/a.txt", "/.well-known/token", "/sp ace.txt"]

        /// Targets, and the path that the application sees.
        static let targets = [
            ("/echo/a%20b//c?q=1", "/echo/a b//c"), ("/echo/100%25", "/echo/100%"), ("/echo/a%3Fb?x=%3F", "/echo/a?b"),
            ("/echo/a%23b", "/echo/a#b"), ("/echo/a%252Fb", "/echo/a%2Fb"),
            ("/echo/caf%C3%A9/;x+y&z=1", "/echo/café/;x+y&z=1"),
            ("/echo/x.log", "/echo/x.log"), ("/echo", "/echo"),
        ]

        @Test("lead every path to the program, at the root of a host and in a folder below (fastcgi-facts item 46)")
        func mounts() throws {
            let host = try host()
            for base in ["", "/rw"] {
                for (target, path) in Self.targets {
                    let answer = try host.request("GET", base + target)
                    try #require(answer.status == 200, "\(base)\(target): \(answer.status)\n\(host.errors)")
                    #expect(answer.text.contains("\"scriptName\":\"\(base)\""), "\(answer.text)")
                    #expect(answer.text.contains("\"path\":\"\(path)\""), "\(answer.text)")
                    #expect(
                        answer.text.contains("\"rawPath\":\"\(base)\(target.prefix { $0 != "?" })\""), "\(answer.text)")
                }
            }
            #expect(try host.request("GET", "/rw").status == 301)
            #expect(try host.request("GET", "/Hello.cgi/echo/x").text.contains("\"scriptName\":\"/Hello.cgi\""))
            // Apache refuses these itself (AllowEncodedSlashes).
            #expect(try host.request("GET", "/echo/a%2Fb").status == 404)
        }

        @Test("leave files to Apache, and keep from visitors what is not theirs")
        func files() throws {
            let host = try host(overrides: "FileInfo AuthConfig")
            for name in Self.open {
                let answer = try host.request("GET", name.replacing(" ", with: "%20"))
                #expect(answer.status == 200, "\(name)")
                #expect(answer.text == "file \(name)")
            }
            let forbidden =
                Self.closed + [
                    "/nestbox.env", "/rw/nestbox.env", "/.htaccess", "/rw/.htaccess", "/data/.htaccess", "/data/",
                    "/data",
                    "/.git/", "/%2egit/config", "/x/../nestbox.env", "/rw/.%2e/nestbox.env", "/nestbox%2Eenv", "/.none",
                    "//nestbox.env", "/./nestbox.env", "/.well-known-not",
                ]
            for target in forbidden {
                let answer = try host.request("GET", target.replacing("#", with: "%23"))
                #expect(answer.status == 403, "\(target): \(answer.status)")
                #expect(!answer.text.contains("SECRET") && !answer.text.contains("NESTBOX"), "\(target)")
            }
            #expect(
                try host.request("GET", "/nestbox.env/x").status == 403
                    || host.request("GET", "/nestbox.env/x").status == 404)
        }

        @Test("keep the data closed where a host does not allow the file that says so")
        func dataWithoutPermission() throws {
            let answer = try host(overrides: "FileInfo").request("GET", "/data/sessions.txt")
            #expect(answer.status == 500)
            #expect(!answer.text.contains("SECRET"))
        }

        @Test("hand on what a request is made of: credentials, bodies, methods, redirects")
        func requests() throws {
            let host = try host()
            for target in ["/echo", "/rw/echo", "/Hello.cgi/echo"] {
                let credentials = "Basic " + "Zm9vOmJhcg=="
                let answer = try host.request("GET", target, headers: [("Authorization", credentials)])
                #expect(answer.text.contains(credentials), "\(answer.text)")
                #expect(try !host.request("GET", target).text.lowercased().contains("\"authorization\""))
            }
            let body = BodyTests.pattern(200_000)
            #expect(try host.request("POST", "/echo", body: body).text.contains("\"bodySize\":200000"))
            #expect(
                try host.request("POST", "/rw/echo", body: body, chunkSize: 7000).text.contains("\"bodySize\":200000"))
            #expect(try host.request("HEAD", "/size/10").status == 200)
            #expect(try host.request("GET", "/status/404").status == 404)
            #expect(try host.request("DELETE", "/echo/x").text.contains("\"method\":\"DELETE\""))
        }

        @Test(
            "run the same program with mod_fcgid, by another suffix",
            .enabled(if: ApacheServer.hasModule("fcgid")))
        func fcgid() throws {
            let host = try host(program: "Hello.fcgi", modules: ["fcgid"]) {
                $0.replacing("Hello.cgi/$1", with: "Hello.fcgi/$1")
            }
            for base in ["", "/rw"] {
                let answer = try host.request(
                    "GET", "\(base)/echo/a%20b//c?q=1", headers: [("Authorization", "Basic eA==")])
                try #require(answer.status == 200, "\(host.errors)")
                #expect(answer.text.contains("\"scriptName\":\"\(base)\""), "\(answer.text)")
                #expect(answer.text.contains("\"path\":\"/echo/a b//c\""), "\(answer.text)")
                #expect(answer.text.contains("Basic eA=="), "\(answer.text)")
            }
        }

        @Test("show no program that the host does not start, and let one be allowed")
        func execution() throws {
            let refusing = try host(options: "FollowSymLinks")
            let answer = try refusing.request("GET", "/echo")
            #expect(answer.status == 403)
            #expect(refusing.errors.contains { $0.contains("ExecCGI is off in this directory") }, "\(refusing.errors)")
            let allowed = try host(overrides: "FileInfo Options=ExecCGI", options: "FollowSymLinks") {
                $0.replacing("# Options +ExecCGI", with: "Options +ExecCGI")
            }
            #expect(try allowed.request("GET", "/echo").status == 200)
            let without = try host(modules: [])
            for target in ["/Hello.cgi", "/echo", "/rw/Hello.cgi/x"] {
                let answer = try without.request("GET", target)
                #expect(answer.status == 403, "\(target): \(answer.status)")
            }
        }
    }
}
