import NestboxTesting
import Testing

extension Integration.SessionsTests {
    @Suite("the cookie over HTTPS")
    struct CookieAttributesTests {
        /// A site with a second server that says it has TLS.
        private func site(_ environment: [String: String]) throws -> (SessionSite, secure: Door) {
            let site = try SessionSite(.encrypted, environment) { sockets in
                ["location / { include nestbox/fastcgi_params; fastcgi_param HTTPS on; fastcgi_pass \(sockets[0]); }"]
            }
            return (site, .server(site.nginx.others[0]))
        }

        private func cookie(_ door: Door) throws -> String? {
            let answer = try door.request("POST", "/set/word/x")
            #expect(answer.status == 200)
            #expect(answer.cookieLines.count <= 1)
            return answer.cookieLines.first
        }

        /// The line without the token.
        private func attributes(_ line: String?) -> String? {
            line.map { $0.split(separator: ";").dropFirst().joined(separator: ";") }
        }

        @Test("is Secure, and over plain HTTP it is not")
        func automatic() throws {
            let (site, secure) = try site([:])
            let expected = " Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax"
            let plain = try #require(try cookie(site.fastCGI))
            let safe = try #require(try cookie(secure))
            #expect(plain.hasPrefix("session=") && safe.hasPrefix("session="))
            func parts(_ line: String) -> Set<Substring> { Set((attributes(line) ?? "").split(separator: ";")) }
            #expect(parts(plain) == Set(expected.split(separator: ";")))
            #expect(parts(safe) == Set(expected.split(separator: ";") + [" Secure"]))
            #expect(try site.events().isEmpty)
        }

        @Test("that must be Secure is withheld over plain HTTP, which is logged")
        func withheld() throws {
            let (site, secure) = try site(["NESTBOX_SESSION_COOKIE_SECURE": "true"])
            #expect(try cookie(site.fastCGI) == nil)
            let lines = try site.events("withheld")
            #expect(lines.count == 1)
            #expect(lines.allSatisfy { $0.contains(" warning nestbox ") && $0.contains("session") }, "\(lines)")
            #expect(try cookie(secure)?.contains("; Secure") == true)
            #expect(try site.events().count == 1)
        }

        @Test("has the prefix that clients check")
        func prefix() throws {
            let (site, secure) = try site(["NESTBOX_SESSION_COOKIE_PREFIX": "auto"])
            let safe = try #require(try cookie(secure))
            #expect(safe.hasPrefix("__Host-session="))
            #expect(safe.contains("; Secure") && safe.contains("; Path=/") && !safe.contains("Domain"))
            #expect(try cookie(site.fastCGI)?.hasPrefix("session=") == true)
            var visitor = Visitor()
            #expect(try visitor.post("/increment/n", at: secure).text == "1\n")
            #expect(visitor.cookies.keys.sorted() == ["__Host-session"])
            #expect(try visitor.post("/increment/n", at: secure).text == "2\n")
            // Without its prefix the same token is no session there.
            let token = try #require(visitor.cookies["__Host-session"])
            #expect(try secure.request("GET", "/", cookie: "session=\(token)").text.contains(#""isNew":true"#))
        }

        @Test("is not Secure because a client says so, unless a proxy that is trusted does")
        func forwarded() throws {
            let fields = [("X-Forwarded-Proto", "https")]
            for isTrusted in [false, true] {
                // nginx is the client of the application, at the address of its own client: this machine.
                let (site, _) = try site(isTrusted ? ["NESTBOX_TRUSTED_PROXIES": "127.0.0.1"] : [:])
                let answer = try site.nginx.request("POST", "/set/word/x", headers: fields)
                #expect(answer.field("Set-Cookie")?.contains("; Secure") == isTrusted)
            }
        }
    }
}
