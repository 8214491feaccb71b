import HTTPTypes
import NestboxTesting
import Testing

extension Integration {
    @Suite("a login of nginx", .enabled(if: NginxServer.isInstalled))
    struct NginxLoginTests {
        @Test("tells the user, in the location that docs/nginx.md has, and in no other")
        func user() throws {
            let documented = try #require(
                try Repository.text(of: "docs/nginx.md").firstMatch(of: #/(?s)```nginx\n(.*?)```/#)?.output.1)
            let users = try TemporaryDirectory()
            try users.write("ada:{PLAIN}secret\n", to: "users", mode: 0o644)
            let server =
                String(documented).replacing("/etc/nginx/counter.htpasswd", with: users.path("users"))
                    + """
                    error_page 401 /login;
                    location / {
                        fastcgi_pass nestbox;
                        fastcgi_split_path_info "(?s)^()(/.*)$";
                        include nestbox/fastcgi_params;
                    }
                    """
            let program = try ExampleProgram("Mirror")
            let nginx = try NginxServer(before: program.socket, servers: [server])
            func answer(_ target: String, _ credentials: String?) throws -> HTTPConnection.Response {
                let headers = credentials.map { [("Authorization", "Basic \($0)")] } ?? []
                return try nginx.request("GET", target, headers: headers, to: 0)
            }
            // "ada:secret" and "ada:wrong"
            let (right, wrong) = ("YWRhOnNlY3JldA==", "YWRhOndyb25n")
            let seen = try Reflection(answer("/admin/a%20b", right))
            #expect([seen.user, seen.path, seen.basePath] == ["ada", "/admin/a b", ""])
            #expect(seen[variable: "REMOTE_ADDR"] == ["127.0.0.1"])
            #expect(try Reflection(answer("/", right)).user == nil)
            for credentials in [nil, wrong] {
                let refused = try answer("/admin/x", credentials)
                #expect(refused.status == 401 && !refused.text.contains(#""user":"#), "\(refused.text)")
            }
        }
    }
}
