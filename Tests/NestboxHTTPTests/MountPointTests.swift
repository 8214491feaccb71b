import NestboxHTTP
import Testing

@Suite("the mount point", .timeLimit(.minutes(1)))
struct MountPointTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var script: String?
        var info: String?
        var target: String?
        var configured: String?
        var isCGI = false
        /// The path of the request that Apache has redirected to this one.
        var redirected: String?
        var base: String
        var path: String

        init(
            _ name: String, script: String? = nil, info: String? = nil, target: String? = nil,
            configured: String? = nil, isCGI: Bool = false, redirected: String? = nil, base: String, path: String
        ) {
            testDescription = name
            (self.script, self.info, self.target, self.configured) = (script, info, target, configured)
            (self.isCGI, self.redirected, self.base, self.path) = (isCGI, redirected, base, path)
        }

        func head(adding others: [(String, String)] = []) -> RequestHead {
            var pairs = others
            if let script { pairs.append(("SCRIPT_NAME", script)) }
            if let info { pairs.append(("PATH_INFO", info)) }
            if let target { pairs.append(("REQUEST_URI", target)) }
            if let redirected { pairs.append(("REDIRECT_URL", redirected)) }
            return RequestHead(
                variables: CGIVariables(pairs), settings: .test(basePath: configured, isCGI: isCGI))
        }
    }

    private func expect(_ row: Row) {
        let head = row.head()
        #expect(head.basePath == row.base)
        #expect(head.rawPath == row.path)
        #expect(Request(head: head, body: .empty).path == PercentEncoding.decode(row.path))
    }

    static let servers: [Row] = [
        Row("nginx, location /", script: "/a b/c", target: "/a%20b//c?q=1", base: "", path: "/a%20b//c"),
        Row(
            "nginx, fastcgi_split_path_info", script: "/app", info: "/a b/c", target: "/app/a%20b//c?q=1",
            base: "/app", path: "/a%20b//c"),
        Row(
            "nginx, try_files, which empties PATH_INFO", script: "/app/a b/c", info: "", target: "/app/a%20b//c?q=1",
            configured: "/app", base: "/app", path: "/a%20b//c"),
        Row(
            "Apache, ProxyPass", script: "/pp/a b/c", target: "/pp/a%20b//c?q=1", configured: "/pp", base: "/pp",
            path: "/a%20b//c"),
        Row(
            "Apache, SetHandler", script: "/sh", info: "/a b/c", target: "/sh/a%20b//c?q=1", base: "/sh",
            path: "/a%20b//c"),
        Row(
            "Apache, ScriptAlias", script: "/sa", info: "/a b/c", target: "/sa/a%20b//c?q=1", isCGI: true, base: "/sa",
            path: "/a%20b//c"),
        Row(
            "Apache, .htaccess rewrite to a CGI program", script: "/cgi/env.cgi", info: "/a b/c",
            target: "/rw/a%20b//c?q=1", isCGI: true, base: "/rw", path: "/a%20b//c"),
        Row(
            "Apache, .htaccess rewrite to a mod_fcgid program", script: "/cgi/env.fcgi", info: "/a b/c",
            target: "/rw/a%20b//c?q=1", base: "/rw", path: "/a%20b//c"),
        Row(
            "Apache, .htaccess rewrite of the whole host", script: "/cgi/env.cgi", info: "/a b", target: "/a%20b",
            isCGI: true, base: "", path: "/a%20b"),
        Row(
            "mod_fcgid", script: "/cgi/env.fcgi", info: "/a b/c", target: "/cgi/env.fcgi/a%20b//c?q=1",
            base: "/cgi/env.fcgi", path: "/a%20b//c"),
        Row("Caddy", script: "/app", info: "/a b/c", target: "/app/a%20b//c?q=1", base: "/app", path: "/a%20b//c"),
        Row("lighttpd, prefix /", script: "", info: "/a b/c", target: "/a%20b//c?q=1", base: "", path: "/a%20b//c"),
        Row(
            "a CGI program itself", script: "/cgi/env.cgi", target: "/cgi/env.cgi?q", isCGI: true, base: "/cgi/env.cgi",
            path: "/"),
        Row(
            "a CGI program with a slash", script: "/env.cgi/", target: "/env.cgi/", isCGI: true, base: "/env.cgi",
            path: "/"),
    ]

    @Test("is found with every web server (fastcgi-facts item 46)", arguments: servers)
    func webServers(row: Row) { expect(row) }

    @Test("is in the URLs that are made behind every web server", arguments: servers)
    func links(row: Row) throws {
        let request = Request(
            head: row.head(adding: [("HTTP_HOST", "example.test:8080"), ("HTTPS", "on")]), body: .empty)
        let base = PercentEncoding.encode(row.base, allowed: .path)
        #expect(request.path(for: "/nests/7") == "\(base)/nests/7")
        #expect(try request.url(for: "/nests/7") == "https://example.test:8080\(base)/nests/7")
    }

    static let borders: [Row] = [
        Row("SCRIPT_NAME / is the root", script: "/", info: "/x", target: "/x", base: "", path: "/x"),
        Row("PATH_INFO without its slash", script: "/app", info: "x", base: "/app", path: "/x"),
        Row(
            "PATH_INFO without its slash, with a target", script: "/app", info: "x", target: "/app/x", base: "/app",
            path: "/x"),
        Row("an empty PATH_INFO is none", script: "/x", info: "", target: "/x", base: "", path: "/x"),
        Row("no variable at all", base: "", path: "/"),
        Row("no variable at all, as CGI", isCGI: true, base: "", path: "/"),
        Row(
            "the base path without a slash behind it", script: "/app", info: "/", target: "/app", base: "/app",
            path: "/"),
        Row(
            "a path that only starts like the base path", script: "/app", info: "/x", target: "/apple/x",
            base: "/apple", path: "/x"),
        Row("an encoded base path", script: "/a b", info: "/c", target: "/%61%20b/c", base: "/a b", path: "/c"),
        Row("an encoded slash stays", script: "/app", info: "/a/b", target: "/app/a%2Fb", base: "/app", path: "/a%2Fb"),
        Row("an encoded slash is no border", script: "/app", info: "/x", target: "/app%2Fx", base: "/app", path: "/x"),
        Row("slashes in front", script: "/app", info: "/x", target: "//app///x", base: "/app", path: "///x"),
        Row("a percent sign", script: "/app", info: "/100%", target: "/app/100%25", base: "/app", path: "/100%25"),
        Row(
            "a percent sign, rewritten", script: "/e.cgi", info: "/%41%", target: "/rw/%2541%", base: "/rw",
            path: "/%2541%"),
        Row("dot segments stay", script: "/app", info: "/y", target: "/app/x/../y", base: "/app", path: "/x/../y"),
        Row("dot segments at the root stay", script: "/y", target: "/x/%2E%2e/y", base: "", path: "/x/%2E%2e/y"),
    ]

    @Test("and PATH_INFO are cut at the border of a segment", arguments: borders)
    func segments(row: Row) { expect(row) }

    static let targets: [Row] = [
        Row("none", script: "/a b/c", base: "", path: "/a%20b/c"),
        Row("none, mounted", script: "/app", info: "/a b", base: "/app", path: "/a%20b"),
        Row("none, configured", script: "/app/a b", configured: "/app", base: "/app", path: "/a%20b"),
        Row(
            "none, split and configured", script: "/app", info: "/a%b", configured: "/app", base: "/app", path: "/a%25b"
        ),
        Row("none, CGI", script: "/e.cgi", isCGI: true, base: "/e.cgi", path: "/"),
        Row("empty", script: "/x", target: "", base: "", path: "/x"),
        Row("only a query", script: "/x", target: "?q", base: "", path: "/x"),
        Row("absolute", script: "/x", target: "http://h.test/x%20?y", base: "", path: "/x%20"),
        Row(
            "absolute, https, mounted", script: "/app", info: "/x", target: "https://h.test/app/x", base: "/app",
            path: "/x"),
        Row("absolute without path", script: "/", target: "http://h.test", base: "", path: "/"),
        Row("absolute without path, with a query", script: "/", target: "http://h.test?a/b", base: "", path: "/"),
        Row("asterisk", script: "", target: "*", base: "", path: "*"),
        Row("authority", script: "/x", target: "h.test:443", base: "", path: "/x"),
        Row("with a fragment", script: "/x", target: "/x#y", base: "", path: "/x"),
    ]

    @Test("does not depend on the form of the request target, or on there being one", arguments: targets)
    func forms(row: Row) { expect(row) }

    static let configured: [Row] = [
        Row("the path itself", target: "/app", configured: "/app", base: "/app", path: "/"),
        Row("with a slash", target: "/app/", configured: "/app", base: "/app", path: "/"),
        Row("another path", target: "/apple", configured: "/app", base: "/app", path: "/apple"),
        Row(
            "wins over SCRIPT_NAME", script: "/x", info: "/y", target: "/x/y", configured: "/x/y", base: "/x/y",
            path: "/"),
        Row(
            "empty: PATH_INFO says nothing", script: "/x", info: "/y", target: "/x/y", configured: "", base: "",
            path: "/x/y"),
    ]

    static let redirects: [Row] = [
        Row(
            "a local redirect", script: "/app", info: "/there", target: "/app/here?x", redirected: "/app/here",
            base: "/app", path: "/there"),
        Row(
            "a local redirect at the root", script: "", info: "/a b", target: "/here", redirected: "/here", base: "",
            path: "/a%20b"),
        Row(
            "a local redirect to the program itself", script: "/app", target: "/app/here", isCGI: true,
            redirected: "/app/here", base: "/app", path: "/"),
        Row(
            "a local redirect with a configured base path", script: "/cgi/e.cgi", info: "/there", target: "/app/here",
            configured: "/app", redirected: "/there", base: "/app", path: "/there"),
        Row(
            "a rewrite within the program", script: "/app", info: "/new/x", target: "/app/old/x",
            redirected: "/app/old/x", base: "/app", path: "/new/x"),
        Row(
            "a rewrite that leaves the path", script: "/app", info: "/a b/c", target: "/app/a%20b//c",
            redirected: "/app/a b/c", base: "/app", path: "/a%20b//c"),
        Row(
            "a rewrite that leaves the path, with a configured base path", script: "/cgi/e.cgi", info: "/a b/c",
            target: "/app/a%20b//c", configured: "/app", redirected: "/app/a b/c", base: "/app", path: "/a%20b//c"),
    ]

    @Test("and the path are those that Apache has redirected to", arguments: redirects)
    func internalRedirects(row: Row) { expect(row) }

    @Test("can be configured", arguments: configured)
    func configuration(row: Row) { expect(row) }

    @Test(
        "is never a place that a client made up: it is in front of links",
        arguments: [
            "//evil.test/../rw/y", "/x/..//evil.test/rw/y", "/%2Fevil.test/y", "/./rw/y", "/%2e%2E/y", "/\\evil.test/y",
            "/a%0Ab/y", "/a%5Cb/y",
        ])
    func openRedirects(target: String) {
        expect(
            Row(target, script: "/cgi/e.cgi", info: "/y", target: target, isCGI: true, base: "/cgi/e.cgi", path: "/y"))
    }

    @Test("is found in linear time")
    func cost() {
        let slashes = String(repeating: "/", count: 100_000)
        expect(Row("", script: "/e.cgi", info: slashes + "x", target: slashes, base: "/e.cgi", path: slashes + "x"))
        expect(Row("", script: "/e.cgi", info: "/x", target: slashes + "x", base: "", path: slashes + "x"))
        let letters = String(repeating: "/a", count: 50_000)
        expect(Row("", script: "/e.cgi", info: letters + "b", target: letters, base: "/e.cgi", path: letters + "b"))
    }

    @Test("keeps bytes that are no UTF-8")
    func bytes() {
        let bytes = Array("SCRIPT_NAME".utf8) + [0x2F, 0xFF, 0x20]
        let entry = CGIVariables.Entry(nameStart: 0, nameCount: 11, valueStart: 11, valueCount: 3)
        let head = RequestHead(variables: CGIVariables(bytes: bytes, entries: [entry]), settings: .test())
        #expect(head.rawPath == "/%FF%20")
    }
}
