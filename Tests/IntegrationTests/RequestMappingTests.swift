import Glibc
import HTTPTypes
import Nestbox
import NestboxTesting
import Testing

extension Integration {
    @Suite("what requests are made of behind nginx")
    struct RequestMappingTests {
        /// An application that shows requests, and the two files of variables: ours, and the one that Debian ships.
        private struct Site {
            let application: LocalApplication
            let nginx: NginxServer

            static let debian = """
                location / { fastcgi_pass nestbox; fastcgi_keep_conn on; include /etc/nginx/fastcgi_params; }
                """

            init(
                servers: [String] = [debian], http: String = "", guarded: String? = nil,
                _ configure: (inout GatewayConfiguration) -> Void = { _ in },
                show: @escaping @Sendable (Request) throws -> String
            ) throws {
                application = try LocalApplication(configure) { router in
                    if let guarded { router.any(guarded) { _ in "guarded" } }
                    router.any("/") { request in try show(request) }
                    router.any("/{rest...}") { request in try show(request) }
                }
                nginx = try NginxServer(before: application.socket, servers: servers, http: http)
            }

            func answer(
                _ method: String = "GET", _ target: String = "/", _ headers: [(String, String)] = [],
                to server: Int? = nil
            ) throws -> String {
                let answer = try nginx.request(method, target, headers: headers, to: server)
                #expect(answer.status == 200)
                return answer.text
            }
        }

        @Test("repeated fields are one value, cookies one list", arguments: [nil, 0])
        func repeated(server: Int?) throws {
            let site = try Site { request in
                let cookies = request.cookies.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
                return "\(HTTPField.Name("X-Dup").flatMap { request.headers[$0] } ?? "-") \(cookies)"
            }
            let headers = [("X-Dup", "a"), ("Cookie", "c=1; d=2"), ("X-Dup", "b"), ("Cookie", "e=3")]
            #expect(try site.answer("GET", "/", headers, to: server) == "a, b c=1,d=2,e=3")
        }

        @Test("a Proxy field never arrives", arguments: [nil, 0])
        func proxy(server: Int?) throws {
            let site = try Site { request in
                "\(request.variables["HTTP_PROXY"] ?? "none") \(HTTPField.Name("Proxy").flatMap { request.headers[$0] } ?? "none")"
            }
            #expect(try site.answer("GET", "/", [("Proxy", "http://evil.example")], to: server) == "none none")
        }

        @Test("Content-Type and Content-Length are there once", arguments: [nil, 0])
        func content(server: Int?) throws {
            let site = try Site { request in
                "\(request.headers[values: .contentType]) \(request.headers[values: .contentLength]) \(request.contentType ?? "-")"
            }
            let answer = try site.nginx.request(
                "POST", "/", headers: [("Content-Type", "text/x")], body: [1, 2, 3], to: server)
            #expect(answer.text == #"["text/x"] ["3"] text/x"#)
            #expect(try site.answer(to: server) == "[] [] -")
        }

        @Test("the host has the port that the client named, and is the one that nginx has checked")
        func host() throws {
            let site = try Site { request in
                "\(request.host ?? "-") \(request.scheme) \(request.variables["SERVER_NAME"] ?? "-")"
            }
            let name = "http www.example.org"
            for (host, expected) in [
                ("example.org", "example.org"), ("Example.ORG:8080", "example.org:8080"), ("[::1]:81", "[::1]:81"),
                ("127.0.0.1:99", "127.0.0.1:99"), ("example.org.:8080", "example.org:8080"), ("a:", "a"),
            ] { #expect(try site.answer("GET", "/", [("Host", host)]) == "\(expected) \(name)") }
            // The request line wins over the field, whose port belongs to another host.
            #expect(
                try site.answer("GET", "http://good.example/", [("Host", "evil.example:99")]) == "good.example \(name)")
        }

        @Test("the scheme is the connection's; forwarded fields count only from a trusted proxy")
        func scheme() throws {
            let secure = """
                location / {
                    fastcgi_pass nestbox; include nestbox/fastcgi_params; fastcgi_param HTTPS on;
                }
                """
            let show: @Sendable (Request) -> String = { "\($0.scheme) \($0.remoteAddress ?? "-") \($0.host ?? "-")" }
            let forwarded = [
                ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Host", "other.example"),
                ("Host", "a.example"),
            ]
            let site = try Site(servers: [secure], show: show)
            #expect(try site.answer("GET", "/", forwarded) == "http 127.0.0.1 a.example")
            #expect(try site.answer("GET", "/", [("Host", "a.example")], to: 0) == "https 127.0.0.1 a.example")
            let proxies = try TrustedProxies(["127.0.0.1"])
            let trusting = try Site(servers: [], { $0.trustedProxies = proxies }, show: show)
            #expect(try trusting.answer("GET", "/", forwarded) == "https 192.0.2.1 other.example")
        }

        @Test("a path is decoded once and keeps its slashes", arguments: [nil, 0])
        func path(server: Int?) throws {
            let site = try Site { "\($0.basePath)|\($0.path)|\($0.rawPath)|\($0.queryString)" }
            for (target, expected) in [
                ("/a%20b//c%2Fd;x?q=1", "|/a b//c/d;x|/a%20b//c%2Fd;x|q=1"),
                ("/a%0Ab", "|/a\nb|/a%0Ab|"), ("/%252F", "|/%2F|/%252F|"), ("//", "|//|//|"), ("/?", "|/|/|"),
                ("/a/.../b", "|/a/.../b|/a/.../b|"),
            ] { #expect(try site.answer("GET", target, to: server) == expected) }
        }

        @Test("what a location keeps out stays out, however its path is written")
        func guardedLocation() throws {
            let guarded = """
                location /admin { deny all; }
                location /Kasse { deny all; }
                location / { fastcgi_pass nestbox; include nestbox/fastcgi_params; }
                """
            let site = try Site(servers: [guarded], guarded: "/Kasse/{rest...}", show: \.path)
            let targets = [
                "/admin/x", "/admin/../x", "/admin/%2e%2e/x", "/admin/.%2E/x", "/admin%2F../x", "/admin/a/..%2f../x",
                "/x/../admin/y", "/./admin/y", "//admin/y", "/admin/.", "/admin/..", "/%61dmin/../x",
                "/x/../admin/../y", "/Kasse/x", "/%4Basse/x",
            ]
            for target in targets {
                let answer = try site.nginx.request("GET", target, to: 0)
                #expect([400, 403].contains(answer.status), "\(target): \(answer.status)")
            }
            #expect(try site.answer("GET", "/x/admin/y", to: 0) == "/x/admin/y")
            // The Kelvin sign, which Swift takes for a K and nginx does not.
            #expect(try site.answer("GET", "/%E2%84%AAasse/x", to: 0) == "/\u{212A}asse/x")
        }

        @Test("links have the port that the client named, where the variables have it", arguments: [nil, 0])
        func links(server: Int?) throws {
            let site = try Site { try $0.url(for: "/{name}", ["name": "a b"]) }
            let address = server.map { site.nginx.others[$0] } ?? site.nginx.address
            // Debian's variables cut it off.
            let host = server == nil ? "\(address)" : "127.0.0.1"
            #expect(try site.answer("GET", "/x", [("Host", "\(address)")], to: server) == "http://\(host)/a%20b")
        }

        @Test("TRACE is not answered with what was sent")
        func trace() throws {
            let site = try Site { "\($0.headers)" }
            let answer = try site.nginx.request("TRACE", "/", headers: [("X-Secret", "shhh")])
            #expect(answer.status == 405)
            #expect(!answer.text.contains("shhh"))
        }

        /// How an application can be mounted at `/app`, with what the rest of the target is.
        static let mounts: [(name: String, server: String, basePath: String?)] = [
            ("mounted.conf", "include nestbox/mounted.conf;", nil),
            (
                "split with Debian's variables",
                """
                location /app {
                    fastcgi_split_path_info ^(/app)(/.*)$; fastcgi_pass nestbox; include /etc/nginx/fastcgi_params;
                    fastcgi_param PATH_INFO $fastcgi_path_info;
                }
                """, nil
            ),
            (
                "a location and nothing else, with a configured base path",
                "location /app { fastcgi_pass nestbox; include /etc/nginx/fastcgi_params; }", "/app"
            ),
            (
                "try_files that leads to a named location, with a configured base path",
                """
                location /app {
                    fastcgi_split_path_info ^(/app)(/.*)$; try_files /none @app;
                }
                location @app {
                    fastcgi_split_path_info ^(/app)(/.*)$; fastcgi_pass nestbox; include /etc/nginx/fastcgi_params;
                    fastcgi_param PATH_INFO $fastcgi_path_info;
                }
                """, "/app"
            ),
            (
                "try_files of the script's name, which empties PATH_INFO, with a configured base path",
                """
                root files;
                location ~ ^/app(/|$) {
                    fastcgi_split_path_info ^(/app)(/.*)$; try_files $fastcgi_script_name =404;
                    fastcgi_pass nestbox; include nestbox/fastcgi_params;
                }
                """, "/app"
            ),
        ]

        @Test("below a mount point base path and path are told apart", arguments: mounts)
        func mounted(mount: (name: String, server: String, basePath: String?)) throws {
            let site = try Site(servers: [mount.server], { $0.basePath = mount.basePath }) { request in
                "\(request.basePath)|\(request.path)|\(request.queryString)"
            }
            mkdir(site.nginx.directory.path("files"), 0o700)
            try site.nginx.directory.write("", to: "files/app")
            for (target, expected) in [
                ("/app/a%20b//c?q=1", "/app|/a b//c|q=1"), ("/app/", "/app|/|"), ("/app/a%2Fb", "/app|/a/b|"),
                ("/a%70p/x", "/app|/x|"), ("//app/x", "/app|/x|"),
            ] { #expect(try site.answer("GET", target, to: 0) == expected, "\(target)") }
        }

        @Test("a mount point without its slash leads to it")
        func withoutSlash() throws {
            let site = try Site(servers: ["include nestbox/mounted.conf;"]) { $0.path }
            let answer = try site.nginx.request("GET", "/app?q=1", to: 0)
            #expect(answer.status == 308)
            #expect(answer.headerFields[.location]?.hasSuffix("/app/?q=1") == true)
            #expect(try site.nginx.request("GET", "/apple", to: 0).status == 404)
        }

        @Test("a client on a unix socket of nginx has no address")
        func unixClient() throws {
            let directory = try TemporaryDirectory()
            let server = """
                listen \(directory.socket("nginx.sock"));
                location / { fastcgi_pass nestbox; include nestbox/fastcgi_params; }
                """
            let site = try Site(servers: [server]) { $0.remoteAddress ?? "none" }
            // The port that was waited for may be there before this socket.
            #expect(eventually { (try? HTTPConnection(to: directory.socket("nginx.sock"))) != nil })
            #expect(try HTTPConnection(to: directory.socket("nginx.sock")).request("GET", "/").text == "none")
            #expect(try site.answer() == "127.0.0.1")
        }

        @Test("a method is what the client wrote", arguments: ["PROPFIND", "FOO", "M-SEARCH", "DELETE"], [nil, 0])
        func method(_ method: String, server: Int?) throws {
            let site = try Site { $0.method.rawValue }
            #expect(try site.answer(method, to: server) == method)
        }

        @Test("a target in absolute form is read, and a missing REQUEST_URI made up for")
        func target() throws {
            let withoutURI = """
                location / {
                    fastcgi_pass nestbox; fastcgi_split_path_info ^()(/.*)$;
                    fastcgi_param REQUEST_METHOD $request_method; fastcgi_param SCRIPT_NAME $fastcgi_script_name;
                    fastcgi_param PATH_INFO $fastcgi_path_info; fastcgi_param QUERY_STRING $query_string;
                }
                """
            let site = try Site(servers: [withoutURI]) { "\($0.path) \($0.queryString) \($0.target ?? "none")" }
            #expect(try site.answer("GET", "http://a.example/x%20y?z") == "/x y z /x%20y?z")
            #expect(try site.answer("GET", "/x%20y?z", to: 0) == "/x y z none")
        }

        @Test("bytes that are no UTF-8 arrive as they are")
        func bytes() throws {
            let site = try Site { request in
                "\(request.variables[bytes: "HTTP_X_BYTES"].map(Array.init) ?? []) \(request.path)"
            }
            let client = try site.nginx.connect()
            try client.send(
                raw: Array("GET /%FF HTTP/1.1\r\nHost: a\r\nX-Bytes: ".utf8) + [0xFF, 0xC3, 0x28]
                    + Array("\r\n\r\n".utf8),
                answering: "GET")
            _ = try client.readHead()
            #expect(String(decoding: try client.readBody(), as: UTF8.self) == "[255, 195, 40] /\u{FFFD}")
        }

        @Test("names with an underscore do not arrive")
        func underscore() throws {
            let site = try Site { "\($0.headers.filter { $0.name.canonicalName.hasPrefix("x-under") }.count)" }
            #expect(try site.answer("GET", "/", [("X_Under", "1")]) == "0")
            #expect(try site.answer("GET", "/", [("X-Under", "1")]) == "1")
        }

        @Test("a cookie field without sense harms nothing")
        func cookies() throws {
            let site = try Site { $0.cookies.map { "\($0.name)=\($0.value)" }.joined(separator: ",") }
            #expect(try site.answer("GET", "/", [("Cookie", "a; b=; =c; d=e=f")]).hasSuffix("b=,d=e=f"))
        }

        @Test("large fields arrive in both directions")
        func large() throws {
            let application = try LocalApplication { router in
                router.get("/") { request in
                    var response = Response.text("\(request.headers[.cookie]?.count ?? 0)\n")
                    for index in 0..<3 {
                        response.setCookie(try Cookie(name: "c\(index)", value: String(repeating: "x", count: 4000)))
                    }
                    return response
                }
            }
            let nginx = try NginxServer(before: application.socket)
            let answer = try nginx.request(
                "GET", "/", headers: [("Cookie", "a=" + String(repeating: "y", count: 7000))])
            #expect(answer.text == "7002\n")
            #expect(answer.headerFields[values: .setCookie].count == 3)
            #expect(nginx.errors.isEmpty, "\(nginx.errors)")
        }
    }
}
