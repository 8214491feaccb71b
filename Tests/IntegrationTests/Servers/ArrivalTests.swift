import Glibc
import HTTPTypes
import NestboxTesting
import Testing

extension Integration {
    /// The statements 40 to 57 of what real servers do, in each home.
    @Suite("requests arrive", .enabled(if: !Front.Home.installed.isEmpty))
    struct ArrivalTests {
        @Test("with what the client sent", arguments: Front.Home.installed)
        func fields(home: Front.Home) throws {
            let front = try Front(home)
            let headers = [
                ("X-Dup", "a"), ("Cookie", "c=1; d=2"), ("X-Dup", "b"), ("Cookie", "e=3"), ("Content-Type", "text/x"),
                ("Proxy", "http://evil.example"), ("Authorization", "Basic YTpi"), ("X-Under", "1"),
                ("Redirect-Https", "on"), ("Redirect-Remote-User", "root"),
            ]
            let seen = try front.reflect("POST", "/", headers: headers, body: [0, 1, 2])
            // Servers that join repeated fields do it with a space, or without.
            #expect(seen[field: "x-dup"].joined(separator: ",").replacing(" ", with: "") == "a,b")
            // Apache joins the lines of cookies with a comma. No client sends two over HTTP/1.
            #expect(seen.cookies == (home.isApache ? ["c=1", "d=2, e=3"] : ["c=1", "d=2", "e=3"]))
            #expect(seen[field: "proxy"].isEmpty && seen[variable: "HTTP_PROXY"].isEmpty)
            #expect(seen[field: "content-type"] == ["text/x"])
            #expect(seen[field: "content-length"] == ["3"])
            #expect(seen[field: "authorization"] == ["Basic YTpi"])
            #expect(seen[field: "x-under"] == ["1"])
            #expect(seen.bodyCount == 3 && seen.bodyIsPattern)
            #expect(seen.client == "127.0.0.1")
            // A header field is never taken for what a redirect has renamed.
            #expect(seen.scheme == "http" && seen.user == nil, "\(seen.user ?? "")")

            let plain = try front.reflect()
            #expect(plain[field: "authorization"].isEmpty)
            #expect(plain[field: "content-type"].isEmpty)
            #expect([[], ["0"]].contains(plain[field: "content-length"]))
            #expect(plain.bodyCount == 0)

            let odd = try front.reflect("GET", "/", headers: [("Cookie", "a; b=; =c; d=e=f")])
            #expect(odd.cookies.suffix(2) == ["b=", "d=e=f"])
            // lighttpd alone lets names with an underscore pass; they cannot be told from those with a hyphen.
            let underscore = try front.reflect("GET", "/", headers: [("X_Under", "1")])
            #expect(underscore[field: "x-under"] == (home.isLighttpd ? ["1"] : []))

            let twoHosts = try front.server.connect()
            try twoHosts.send(raw: Array("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".utf8), answering: "GET")
            #expect(try twoHosts.readHead().status.code == 400)
        }

        @Test("at their path, and lead to the host that the client named", arguments: Front.Home.installed)
        func paths(home: Front.Home) throws {
            let front = try Front(home)
            let base = home.basePath
            for (target, path, query) in [
                ("/a%20b//c?q=1", "/a b//c", "q=1"), ("/", "/", ""), ("/a%2Fb", "/a/b", ""), ("/%252F", "/%2F", ""),
                ("//", "//", ""), ("/a/.../b", "/a/.../b", ""), ("/a;x=1/b+c", "/a;x=1/b+c", ""), ("/?", "/", ""),
                ("/x%FFy", "/x\u{FFFD}y", ""), ("/a%0Ab", "/a\nb", ""), ("/%E2%82%AC", "/€", ""),
                ("/a%3Fb?c%3Fd", "/a?b", "c%3Fd"),
            ] {
                // lighttpd refuses bytes that are no UTF-8, and control characters.
                if home.isLighttpd, ["/x%FFy", "/a%0Ab"].contains(target) {
                    #expect(try front.request("GET", target).status == 400)
                    continue
                }
                let seen = try front.reflect("GET", target)
                #expect([seen.basePath, seen.path, seen.query] == [base, path, query], "\(target)")
            }
            for (host, expected) in [("Example.ORG:8080", "example.org:8080"), ("[::1]:81", "[::1]:81")] {
                let seen = try front.reflect("GET", "/a", headers: [("Host", host)])
                #expect(seen.url == "http://\(expected)\(base)/x%20y", "\(host)")
            }
            // What is above the application's own path is not the application's.
            if !base.isEmpty {
                #expect([403, 404].contains(try front.server.request("GET", "/apple").status))
                let bare = try front.server.request("GET", "/app?q=1")
                if home.isCGI {
                    let seen = try Reflection(bare)
                    #expect([seen.basePath, seen.path, seen.query] == [base, "/", "q=1"])
                } else {
                    #expect(bare.status == 308)
                    #expect(bare.field("Location")?.hasSuffix("/app/?q=1") == true, "\(bare.head)")
                }
            }
        }

        @Test(
            "and no path shows the files beside a program that the web server starts",
            arguments: Front.Home.installed.filter(\.isSpawned))
        func neighbours(home: Front.Home) throws {
            let front = try Front(home)
            for target in ["\(home.basePath).new", "\(home.basePath)/../.app.cgi", "/.app.cgi", "/app.cgi.new"] {
                let answer = try front.server.request("GET", target)
                #expect(!answer.text.contains("SECRET"), "\(target): \(answer.status)")
            }
        }

        @Test("with the method that the client wrote", arguments: Front.Home.installed)
        func methods(home: Front.Home) throws {
            let front = try Front(home)
            for method in ["DELETE", "PUT", "PROPFIND", "OPTIONS"] {
                #expect(try front.reflect(method).method == method)
            }
            // lighttpd answers 501 itself to methods that it does not know.
            for method in ["FOO", "get"] {
                let answer = try front.request(method, "/")
                if home.isLighttpd || home.isNginx && method == "get" {
                    #expect([400, 405, 501].contains(answer.status), "\(method): \(answer.status)")
                } else {
                    #expect(try Reflection(answer).method == method)
                }
            }
            let trace = try front.request("TRACE", "/", headers: [("X-Secret", "shhh")])
            #expect(trace.status == 405 || trace.status == 501, "\(trace.status)")
            #expect(!trace.text.contains("shhh"))

            let get = try front.request("GET", "/answers/fields/1/10")
            let head = try front.request("HEAD", "/answers/fields/1/10")
            #expect(head.status == 200 && head.body.isEmpty)
            for name in ["Content-Type", "Content-Length", "X-Large-0"] {
                #expect(head.field(name) == get.field(name) && get.field(name) != nil, "\(name)")
            }
        }

        @Test("with their body, also when its length is not known", arguments: Front.Home.installed)
        func bodies(home: Front.Home) throws {
            let front = try Front(home)
            let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
            let known = try front.reflect("POST", "/", body: body)
            #expect(known.bodyCount == 300_000 && known.bodyIsPattern)
            let chunked = try front.reflect("POST", "/", body: body, chunkSize: 7_000)
            #expect(chunked.bodyCount == 300_000 && chunked.bodyIsPattern)
            // A kept connection of the web server must not end with a request whose body nobody reads.
            for _ in 0..<5 {
                let early = try front.request("POST", "/answers/early", body: body)
                #expect(early.status == 200 && early.text == "early\n", "\(early.status)")
                #expect(try front.request("GET", "/answers/document").status == 200)
            }
            let large = try front.request("POST", "/answers/early", body: [UInt8](repeating: 0, count: 17 << 20))
            #expect(large.status == (home == .apacheSpawned ? 500 : 413), "\(large.status)")
            #expect(try front.request("GET", "/answers/document").status == 200)
        }

        @Test("through a proxy that is trusted, with its client's address and scheme", arguments: Front.Home.installed)
        func proxies(home: Front.Home) throws {
            let forwarded = [
                ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Host", "other.example"),
                ("Host", "a.example"),
            ]
            let doubtful = try Front(home).reflect("GET", "/", headers: forwarded)
            #expect([doubtful.scheme, doubtful.client, doubtful.host] == ["http", "127.0.0.1", "a.example"])
            let front = try Front(home, settings: ["NESTBOX_TRUSTED_PROXIES": "127.0.0.1"])
            let trusted = try front.reflect("GET", "/", headers: forwarded)
            #expect([trusted.scheme, trusted.client, trusted.host] == ["https", "192.0.2.1", "other.example"])
            #expect(trusted.url == "https://other.example\(home.basePath)/x%20y")
        }

        @Test(
            "as https over TLS, without a word in the shipped configuration", .enabled(if: Certificate.canBeMade),
            arguments: Front.Home.installed.filter { !$0.isLighttpd || LighttpdServer.hasModule("openssl") })
        func https(home: Front.Home) throws {
            let certificate = try Certificate()
            let front = try Front(home, certificate: certificate)
            let response = try certificate.request(
                "GET \(home.basePath)/x%20y HTTP/1.0\r\nHost: a.example\r\n\r\n", to: front.server.address)
            let body = try #require(response.firstRange(of: "\r\n\r\n".utf8)).upperBound
            let seen = try Reflection(response[body...])
            #expect(seen.scheme == "https")
            #expect(seen.url == "https://a.example\(home.basePath)/x%20y")
        }

        @Test("with large fields, as far as the web server takes them", arguments: Front.Home.installed)
        func large(home: Front.Home) throws {
            let front = try Front(home)
            let value = String(repeating: "y", count: 7000)
            // lighttpd takes 8 KiB of all together.
            let more = home.isLighttpd ? "" : value
            let seen = try front.reflect("GET", "/", headers: [("Cookie", "a=\(value)"), ("X-More", more)])
            #expect(seen.cookies == ["a=\(value)"] && seen[field: "x-more"].joined() == more)
            // All that is longer is refused by the web server.
            let longer = try front.request("GET", "/", headers: [("X-Long", String(repeating: "y", count: 40_000))])
            #expect((400...431).contains(longer.status), "\(longer.status)")
        }
    }
}
