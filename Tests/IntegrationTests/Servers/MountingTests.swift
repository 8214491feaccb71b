import Glibc
import NestboxTesting
import Testing

extension Integration {
    /// How servers say where an application is mounted: statement 46 of what they do, but for nginx's ways, which
    /// `RequestMappingTests` has, and the shipped configurations, which `ArrivalTests` has.
    @Suite("below a mount point")
    struct MountingTests {
        /// A way of mounting the program Mirror.
        struct Mount: CustomTestStringConvertible, Sendable {
            var testDescription: String
            /// The server's configuration; `SOCKET` is where the program listens that runs by itself.
            var site: String
            /// The files beside it, by their names.
            var files: [String: String] = [:]
            var modules: [String] = []
            /// What the program has in `--base-path`.
            var configured: String?
            /// Whether the program runs by itself.
            var isListening = true
            var base = "/app"
            /// Where clients find it, when that is not `base`.
            var target: String?
            /// What the meta-variables are for `/app/a%20b//c?q=1`.
            var script: String
            var info: String?
        }

        static let proxy = ["proxy", "proxy_fcgi", "alias"]
        static let shared = ["rewrite", "mime", "alias", "dir"]
        static let www = """
            DocumentRoot /srv/example/www
            <Directory /srv/example/www>
            Require all granted
            AllowOverride All
            Options +ExecCGI
            </Directory>
            """

        static let waysOfApache: [Mount] = [
            Mount(
                testDescription: "ProxyPass",
                site: #"ProxyPass "/app" "SOCKET|fcgi://nestbox""#, modules: proxy, configured: "/app",
                script: "/app/a b/c"),
            Mount(
                testDescription: "ProxyPassMatch",
                site: #"ProxyPassMatch "^/app(/.*)?$" "SOCKET|fcgi://nestbox/srv""#, modules: proxy,
                configured: "/app", script: "/app/a b/c"),
            Mount(
                testDescription: "SetHandler in a Location",
                site: """
                    \(www)
                    <Location "/app">
                    SetHandler "proxy:SOCKET|fcgi://nestbox/"
                    ProxyFCGIBackendType GENERIC
                    </Location>
                    """, modules: proxy, script: "/app", info: "/a b/c"),
            Mount(
                testDescription: "SetHandler in a Location, as for PHP-FPM",
                site: """
                    \(www)
                    <Location "/app">
                    SetHandler "proxy:SOCKET|fcgi://nestbox/"
                    </Location>
                    """, modules: proxy, script: "/app", info: "/a b/c"),
            // Apache looks for the first name that is no directory, and takes that for the script.
            Mount(
                testDescription: "SetHandler in a Location of two segments, with a configured base path",
                site: """
                    \(www)
                    <Location "/deep/app">
                    SetHandler "proxy:SOCKET|fcgi://nestbox/"
                    ProxyFCGIBackendType GENERIC
                    </Location>
                    """, modules: proxy, configured: "/deep/app", base: "/deep/app", script: "/deep",
                info: "/app/a b/c"),
            Mount(
                testDescription: "ProxyPass of the whole host, with a configured base path in front of it",
                site: #"ProxyPass "/" "SOCKET|fcgi://nestbox/""#, modules: proxy, configured: "/app",
                script: "/app/a b/c"),
            Mount(
                testDescription: "ScriptAlias",
                site: """
                    ScriptAlias "/app" "/srv/example/www/cgi/app.cgi"
                    \(www)
                    """, modules: ["cgid", "alias"], isListening: false, script: "/app", info: "/a b/c"),
            Mount(
                testDescription: "a CGI program in a directory",
                site: www, files: ["www/.htaccess": "AddHandler cgi-script .cgi"], modules: shared + ["cgid"],
                isListening: false, base: "/cgi/app.cgi", script: "/cgi/app.cgi", info: "/a b/c"),
            Mount(
                testDescription: "mod_fcgid in a directory",
                site: www, files: ["www/.htaccess": "AddHandler fcgid-script .cgi"], modules: shared + ["fcgid"],
                isListening: false, base: "/cgi/app.cgi", script: "/cgi/app.cgi", info: "/a b/c"),
            Mount(
                testDescription: "a rewrite of .htaccess to a CGI program",
                site: www,
                files: ["www/.htaccess": "AddHandler cgi-script .cgi\n" + rewrite("app/")],
                modules: shared + ["cgid"], isListening: false, script: "/cgi/app.cgi", info: "/a b/c"),
            Mount(
                testDescription: "a rewrite of .htaccess to a program of mod_fcgid",
                site: www,
                files: ["www/.htaccess": "AddHandler fcgid-script .cgi\n" + rewrite("app/")],
                modules: shared + ["fcgid"], isListening: false, script: "/cgi/app.cgi", info: "/a b/c"),
            Mount(
                testDescription: "a rewrite of .htaccess of the whole host to a CGI program",
                site: www,
                files: [
                    "www/.htaccess":
                        "AddHandler cgi-script .cgi\n" + rewrite("", condition: "%{REQUEST_URI} !^/cgi/")
                ],
                modules: shared + ["cgid"], isListening: false, base: "", script: "/cgi/app.cgi", info: "/a b/c"),
        ]

        static func rewrite(_ prefix: String, condition: String? = nil) -> String {
            """
            RewriteEngine On
            \(condition.map { "RewriteCond \($0)" } ?? "")
            RewriteRule ^\(prefix)(.*)$ /cgi/app.cgi/$1 [L]
            """
        }

        @Test(
            "of Apache base path and path are told apart", .enabled(if: ApacheServer.isInstalled),
            arguments: waysOfApache.filter { !$0.modules.contains("fcgid") || ApacheServer.hasModule("fcgid") })
        func apache(mount: Mount) throws {
            let program = mount.isListening ? try Self.program(mount) : nil
            let server = try ApacheServer(
                mount.site.replacing("SOCKET", with: program.map { "\($0.socket)" } ?? ""), modules: mount.modules,
                before: program?.socket
            ) { directory in
                for name in ["www", "www/cgi"] { mkdir(directory.path(name), 0o755) }
                for (name, text) in mount.files { try directory.write(text + "\n", to: name) }
                if !mount.isListening { try OtherUser.install("Mirror", as: directory.path("www/cgi/app.cgi")) }
            }
            try check(mount, server)
        }

        static let waysOfLighttpd: [Mount] = [
            Mount(
                testDescription: "a prefix without the slash at its end",
                site: #"fastcgi.server = ( "/app" => (( "socket" => "SOCKET", "check-local" => "disable" )) )"#,
                script: "/app", info: "/a b/c"),
            // The first segment becomes the script's name.
            Mount(
                testDescription: "a prefix with the slash at its end, with a configured base path",
                site: #"fastcgi.server = ( "/app/" => (( "socket" => "SOCKET", "check-local" => "disable" )) )"#,
                configured: "/app", script: "/app/a b", info: "/c"),
            Mount(
                testDescription: "strip-request-uri, with a configured base path",
                site: """
                    fastcgi.server = ( "/app" => ((
                        "socket" => "SOCKET", "check-local" => "disable", "strip-request-uri" => "/app"
                    )) )
                    """, configured: "/app", script: "/app", info: "/a b/c"),
            Mount(
                testDescription: "the whole host without fix-root-scriptname, with a configured base path",
                site: #"fastcgi.server = ( "/" => (( "socket" => "SOCKET", "check-local" => "disable" )) )"#,
                configured: "/app", script: "/app", info: "/a b/c"),
        ]

        @Test(
            "of lighttpd base path and path are told apart", .enabled(if: LighttpdServer.isInstalled),
            arguments: waysOfLighttpd)
        func lighttpd(mount: Mount) throws {
            let program = try Self.program(mount)
            let path = "\(program.socket)".dropFirst("unix:".count)
            try check(
                mount,
                try LighttpdServer(
                    "server.modules += (\"mod_fastcgi\")\n" + mount.site.replacing("SOCKET", with: path)))
        }

        static let waysOfCaddy: [Mount] = [
            Mount(
                testDescription: "the whole host",
                site: "reverse_proxy unix/PATH {\ntransport fastcgi\n}", base: "",
                script: "", info: "/a b//c"),
            Mount(
                testDescription: "split behind the mount point",
                site: "reverse_proxy unix/PATH {\ntransport fastcgi {\nsplit /app\n}\n}", script: "/app",
                info: "/a b//c"),
            Mount(
                testDescription: "handle_path, with a configured base path",
                site: "handle_path /app/* {\nreverse_proxy unix/PATH {\ntransport fastcgi\n}\n}", configured: "/app",
                script: "", info: "/a b/c"),
        ]

        @Test(
            "of Caddy base path and path are told apart", .enabled(if: CaddyServer.isInstalled), arguments: waysOfCaddy)
        func caddy(mount: Mount) throws {
            let program = try Self.program(mount)
            let path = "\(program.socket)".dropFirst("unix:".count)
            try check(mount, try CaddyServer(mount.site.replacing("PATH", with: path)))
        }

        private static func program(_ mount: Mount) throws -> ExampleProgram {
            try ExampleProgram(
                "Mirror", environment: mount.configured.map { ["NESTBOX_BASE_PATH": $0] } ?? [:])
        }

        private func check(_ mount: Mount, _ server: any WebServer) throws {
            let base = mount.target ?? mount.base
            for (target, path, query) in [
                ("/a%20b//c?q=1", "/a b//c", "q=1"), ("/", "/", ""), ("/a+b;c/%C3%A4", "/a+b;c/ä", ""),
            ] {
                let seen = try Reflection(server.request("GET", base + target, headers: [("Host", "a.example")]))
                #expect([seen.basePath, seen.path, seen.query] == [mount.base, path, query], "\(target)")
                #expect(seen.url == "http://a.example\(mount.base)/x%20y")
                guard query == "q=1" else { continue }
                // What the server says of it: else this would be no test of that.
                #expect(seen[variable: "SCRIPT_NAME"] == [mount.script])
                #expect(seen[variable: "PATH_INFO"].filter { !$0.isEmpty } == (mount.info.map { [$0] } ?? []))
            }
        }
    }
}
