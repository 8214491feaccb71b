import Glibc
import NestboxTesting
import Testing

extension Integration {
    @Suite("variables that Apache renames or leaves out", .enabled(if: ApacheServer.isInstalled))
    struct RenamedVariablesTests {
        @Test("after one rewrite and after two the login, the scheme and Authorization are known", arguments: [1, 2])
        func rewrites(count: Int) throws {
            let server = try ApacheServer(
                """
                DocumentRoot /srv/example/www
                <Directory /srv/example/www>
                Require all granted
                AllowOverride All
                Options +ExecCGI
                </Directory>
                """,
                modules: [
                    "rewrite", "mime", "cgid", "auth_basic", "authn_core", "authn_file", "authz_user",
                ]
            ) { directory in
                for name in ["www", "www/cgi", "www/in", "www/then"] { mkdir(directory.path(name), 0o755) }
                // The password is "secret".
                try directory.write("ada:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n", to: "users")
                try directory.write("AddHandler cgi-script .cgi\n", to: "www/cgi/.htaccess")
                let rewrite = "RewriteEngine On\nRewriteRule ^(.*)$ "
                try directory.write(
                    """
                    AuthType Basic
                    AuthName "test"
                    AuthUserFile "\(directory.path("users"))"
                    Require valid-user
                    RewriteEngine On
                    RewriteRule ^(.*)$ \(count == 1 ? "/cgi/app.cgi" : "/then")/$1 \
                    [E=HTTP_AUTHORIZATION:%{HTTP:Authorization},E=HTTPS:on,L]

                    """, to: "www/in/.htaccess")
                try directory.write(rewrite + "/cgi/app.cgi/$1 [L]\n", to: "www/then/.htaccess")
                try OtherUser.install("Mirror", as: directory.path("www/cgi/app.cgi"))
            }
            let authorization = "Basic YWRhOnNlY3JldA=="
            let answer = try server.request("GET", "/in/a%20b", headers: [("Authorization", authorization)])
            let seen = try Reflection(answer)
            let prefix = String(repeating: "REDIRECT_", count: count)
            #expect(seen[variable: prefix + "HTTP_AUTHORIZATION"] == [authorization])
            #expect(seen[variable: prefix + "HTTPS"] == ["on"])
            #expect(seen[variable: "HTTP_AUTHORIZATION"].isEmpty && seen[variable: "HTTPS"].isEmpty)
            #expect(seen[field: "authorization"] == [authorization])
            #expect(seen.scheme == "https")
            #expect([seen.basePath, seen.path] == ["/in", "/a b"])
            if count == 1 {
                #expect(seen[variable: "REDIRECT_REMOTE_USER"] == ["ada"] && seen[variable: "REMOTE_USER"].isEmpty)
                #expect(seen.user == "ada")
            }
            // Nobody gets in with a field of that name.
            let forged = [("Redirect-Remote-User", "root"), ("Redirect-Https", "on"), ("Remote-User", "root")]
            let direct = try Reflection(server.request("GET", "/cgi/app.cgi/x", headers: forged))
            #expect(direct.user == nil && direct.scheme == "http")
            #expect(try server.request("GET", "/in/x", headers: forged).status == 401)
        }

        @Test("nobody is logged in on the page for a wrong password", arguments: [false, true])
        func wrongPassword(isRewritten: Bool) throws {
            let server = try ApacheServer(
                """
                DocumentRoot /srv/example/www
                ScriptAlias "/cgi/app.cgi" "/srv/example/www/cgi/app.cgi"
                ErrorDocument 401 \(isRewritten ? "/then" : "/cgi/app.cgi")/login
                <Directory /srv/example/www>
                Require all granted
                AllowOverride All
                </Directory>
                """,
                modules: ["rewrite", "alias", "cgid", "auth_basic", "authn_core", "authn_file", "authz_user"]
            ) { directory in
                for name in ["www", "www/cgi", "www/in", "www/then"] { mkdir(directory.path(name), 0o755) }
                // The password is "secret".
                try directory.write("ada:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n", to: "users")
                try directory.write(
                    """
                    AuthType Basic
                    AuthName "test"
                    AuthUserFile "\(directory.path("users"))"
                    Require valid-user

                    """, to: "www/in/.htaccess")
                try directory.write(
                    "RewriteEngine On\nRewriteRule ^(.*)$ /cgi/app.cgi/$1 [L]\n", to: "www/then/.htaccess")
                try OtherUser.install("Mirror", as: directory.path("www/cgi/app.cgi"))
            }
            // "ada:wrong"
            let answer = try server.request("GET", "/in/x", headers: [("Authorization", "Basic YWRhOndyb25n")])
            let seen = try Reflection(answer)
            if !isRewritten { #expect(seen[variable: "REDIRECT_REMOTE_USER"] == ["ada"]) }
            #expect(seen[variable: "REDIRECT_STATUS"] == ["401"])
            #expect(seen.path == "/login" && seen.user == nil, "\(seen.user ?? "")")
        }

        @Test("a client without an address has none")
        func withoutAddress() throws {
            let unset = "ProxyFCGISetEnvIf \"true\" !REMOTE_ADDR"
            let seen = try Front(.apache) { $0.replacing("CGIPassAuth On", with: unset) }.reflect()
            #expect(seen[variable: "REMOTE_ADDR"].joined() == "")
            #expect(seen.client == nil)
        }

        @Test("on a unix socket of lighttpd neither", .enabled(if: LighttpdServer.isInstalled))
        func unixClient() throws {
            let directory = try TemporaryDirectory()
            let socket = directory.socket("http.sock")
            let listen = "$SERVER[\"socket\"] == \"\(directory.path("http.sock"))\" {}\n"
            let front = try Front(
                .lighttpd, settings: ["NESTBOX_TRUSTED_PROXIES": "unix"], extra: listen)
            let forwarded = [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "https")]
            let seen = try Reflection(HTTPConnection(to: socket).request("GET", "/", headers: forwarded))
            #expect([seen.client, seen.scheme] == ["192.0.2.1", "https"])
            let plain = try Reflection(HTTPConnection(to: socket).request("GET", "/"))
            #expect(plain.client == nil)
            #expect(try front.reflect("GET", "/", headers: forwarded).scheme == "http")
        }
    }
}
