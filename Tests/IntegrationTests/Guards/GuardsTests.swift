import Nestbox
import NestboxTesting
import Testing

extension Integration {
    @Suite("guards behind nginx")
    struct GuardsTests {
        @Test("limits of bodies hold, above the usual one and below it", arguments: [nil, 1000])
        func bodies(chunkSize: Int?) throws {
            let site = try LocalApplication({ $0.limits.body = 100_000 }) { router in
                @Sendable func size(_ request: Request) async throws -> String {
                    "\(try await request.body.collect().count)"
                }
                router.post("/usual", size)
                router.group("/small") { group in
                    group.use(BodyLimitMiddleware(5000))
                    group.post("", size)
                }
                router.group("/large") { group in
                    group.use(BodyLimitMiddleware(1_000_000))
                    group.post("", size)
                }
            }
            // As it is shipped, and with bodies passed on as they come.
            let unbuffered = """
                location / {
                    fastcgi_pass nestbox; fastcgi_keep_conn on; fastcgi_request_buffering off; client_max_body_size 0;
                    fastcgi_split_path_info "(?s)^()(/.*)$"; include nestbox/fastcgi_params;
                }
                """
            let nginx = try NginxServer(before: site.socket, servers: [unbuffered])
            for server in [nil, 0] {
                for (target, limit) in [("/usual", 100_000), ("/small", 5000), ("/large", 1_000_000)] {
                    for (count, status) in [(limit, 200), (limit + 1, 413), (limit, 200)] {
                        let body = [UInt8](repeating: 1, count: count)
                        let response = try nginx.request("POST", target, body: body, chunkSize: chunkSize, to: server)
                        #expect(response.status == status, "\(target) \(count) \(server ?? -1)")
                        if status == 200 { #expect(response.text == "\(count)") }
                    }
                }
            }
        }

        @Test("a handler that takes too long is answered for, also when it does not care")
        func timeout() throws {
            let (released, cancelled) = (Event(), Event())
            let site = try LocalApplication { router in
                router.use(TimeoutMiddleware(.milliseconds(200)))
                router.get("/stubborn") { _ in
                    await withTaskCancellationHandler {
                        await released.wait()
                    } onCancel: {
                        cancelled.happen()
                    }
                    return "late"
                }
                router.get("/quick") { _ in "quick" }
            }
            let nginx = try NginxServer(before: site.socket)
            let client = try nginx.connect()
            #expect(try client.request("GET", "/stubborn").status == 503)
            #expect(cancelled.waitBlocking())
            for _ in 0..<3 { #expect(try client.request("GET", "/quick").text == "quick") }
            released.happen()
            #expect(try client.request("GET", "/quick").text == "quick")
        }

        @Test("limits count clients, and believe no one who says he is another")
        func rates() throws {
            let site = try LocalApplication(
                { $0.trustedProxies = (try? TrustedProxies(["10.0.0.0/8"])) ?? .none },
                middleware: [RateLimitMiddleware(3, per: .seconds(3600))]
            ) { router in
                router.get("/") { request in "\(request.remoteAddress ?? "")" }
            }
            let nginx = try NginxServer(before: site.socket)
            for number in 1...5 {
                let response = try nginx.request("GET", "/", headers: [("X-Forwarded-For", "198.51.100.\(number)")])
                #expect(response.status == (number <= 3 ? 200 : 429))
                if number <= 3 { #expect(response.text == "127.0.0.1") }
                if number > 3 { #expect(response.field("Retry-After") == "1200") }
            }
            #expect(try nginx.request("GET", "/nowhere").status == 429)
        }

        @Test("a file counts for FastCGI processes and CGI programs together")
        func sharedRates() throws {
            let directory = try TemporaryDirectory()
            let site = try SessionSite(.encrypted, ["NOTEBOOK_RATES": directory.path("rates")], count: 2)
            var statuses: [Int] = []
            for number in 0..<12 {
                let door = number % 3 == 0 ? site.cgi : site.fastCGI
                statuses.append(try door.request("GET", "/limited").status)
            }
            #expect(statuses == [Int](repeating: 200, count: 10) + [429, 429])
        }

        @Test("a CGI program says that it counts nothing in memory")
        func memoryOfCGI() throws {
            let site = try SessionSite(.encrypted, ["NOTEBOOK_RATES": "memory"], count: 0)
            let answer = try site.cgi.request("GET", "/")
            #expect(answer.status == 200)
            #expect(answer.log.contains("store: .file"), "\(answer.log)")
            let quiet = try SessionSite(.encrypted, [:], count: 0)
            #expect(try quiet.cgi.request("GET", "/").log == "")
        }

        @Test("the log names the address that a trusted proxy reports")
        func log() throws {
            let program = try ExampleProgram("Hello", ["--trusted-proxies", "127.0.0.1"])
            let nginx = try NginxServer(before: program.socket)
            #expect(
                try nginx.request("GET", "/", headers: [("X-Forwarded-For", "203.0.113.1, 198.51.100.9")]).status == 200
            )
            program.terminate()
            #expect(try program.wait() == .exited(0))
            let line = try #require(try program.accessLog().first)
            #expect(line.split(separator: " ").dropLast().last == "198.51.100.9", "\(line)")
        }
    }
}
