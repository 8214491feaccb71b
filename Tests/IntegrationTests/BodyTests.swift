import HTTPTypes
import Nestbox
import NestboxTesting
import Testing

extension Integration {
    @Suite("bodies through nginx")
    struct BodyTests {
        /// Echoes bodies.
        static func echo() throws -> LocalApplication {
            try LocalApplication {
                $0.limits.body = 2 << 20
            } routes: { router in
                router.post("/echo") { request in
                    let length = request.headers[.contentLength] ?? "none"
                    var response = Response.bytes(try await request.body.collect())
                    try response.addHeader("X-Length", length)
                    return response
                }
                router.post("/refuse") { _ in Response.text("refused\n", status: .forbidden) }
                router.get("/size/{count}") { request in
                    Response.bytes([UInt8](repeating: 7, count: try request.parameters.require("count", as: Int.self)))
                }
            }
        }

        private static let unbuffered = """
            client_max_body_size 16m;
            location / {
                fastcgi_pass nestbox; fastcgi_keep_conn on; include nestbox/fastcgi_params; fastcgi_request_buffering off;
            }
            """

        /// Bytes that show when some are missing, doubled or out of place.
        static func pattern(_ count: Int) -> [UInt8] {
            var state: UInt32 = 1
            return (0..<count).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                return UInt8(truncatingIfNeeded: state >> 24)
            }
        }

        @Test("arrive whole in both directions", arguments: [0, 1, 65_535, 65_536, 1 << 20], [nil, 0])
        func both(size: Int, server: Int?) throws {
            let application = try Self.echo()
            let nginx = try NginxServer(before: application.socket, servers: [Self.unbuffered])
            let body = Self.pattern(size)
            let client = try nginx.connect(server)
            for _ in 0..<3 {
                let answer = try client.request("POST", "/echo", body: body)
                #expect(answer.status == 200)
                #expect(answer.body == body)
                #expect(answer.field("X-Length") == String(size))
            }
        }

        @Test("sent in chunks arrive whole, whether nginx tells their length or not", arguments: [nil, 0])
        func chunked(server: Int?) throws {
            let application = try Self.echo()
            let nginx = try NginxServer(before: application.socket, servers: [Self.unbuffered])
            let body = Self.pattern(100_000)
            let client = try nginx.connect(server)
            for _ in 0..<3 {
                let answer = try client.request("POST", "/echo", body: body, chunkSize: 3000)
                #expect(answer.status == 200)
                #expect(answer.body == body)
                #expect(answer.field("X-Length") == (server == nil ? "100000" : "none"))
            }
        }

        @Test("beyond the limit are refused by the application, and by nginx beyond its own", arguments: [nil, 0])
        func tooLarge(server: Int?) throws {
            let application = try Self.echo()
            let nginx = try NginxServer(before: application.socket, servers: [Self.unbuffered])
            let client = try nginx.connect(server)
            let answer = try client.request("POST", "/echo", body: Self.pattern((2 << 20) + 1))
            #expect(answer.status == 413)
            #expect(answer.headerFields[.server]?.hasPrefix("nginx") == true)
            #expect(answer.headerFields[.contentType] == "text/plain; charset=utf-8")
            let own = try nginx.request("POST", "/echo", body: [UInt8](repeating: 0, count: (16 << 20) + 1), to: server)
            #expect(own.status == 413)
            #expect(own.headerFields[.contentType]?.hasPrefix("text/html") == true)
            #expect(try nginx.request("POST", "/echo", body: [1]).body == [1])
        }

        @Test("of unknown length are refused when they come to the limit")
        func tooLargeWithoutLength() throws {
            let application = try Self.echo()
            let nginx = try NginxServer(before: application.socket, servers: [Self.unbuffered])
            let answer = try nginx.request(
                "POST", "/echo", body: Self.pattern((2 << 20) + 1), chunkSize: 60_000, to: 0)
            #expect(answer.status == 413)
            #expect(answer.headerFields[.contentType] == "text/plain; charset=utf-8")
        }

        @Test("that no handler reads keep no response from the client", arguments: [nil, 0])
        func unread(server: Int?) throws {
            let application = try Self.echo()
            let nginx = try NginxServer(before: application.socket, servers: [Self.unbuffered])
            let body = Self.pattern(1 << 20)
            for _ in 0..<5 {
                let answer = try nginx.request("POST", "/refuse", body: body, to: server)
                #expect(answer.status == 403)
                #expect(answer.text == "refused\n")
            }
            #expect(try nginx.request("POST", "/echo", body: body, to: server).body == body)
        }

        @Test("of responses arrive whole", arguments: [1 << 20, 20 << 20])
        func response(size: Int) throws {
            let application = try Self.echo()
            let nginx = try NginxServer(before: application.socket)
            let answer = try nginx.request("GET", "/size/\(size)")
            #expect(answer.body == [UInt8](repeating: 7, count: size))
        }

        @Test("that look like requests are not taken for the next request of a kept connection")
        func injection() throws {
            let program = try ExampleProgram("Conformance")
            let nginx = try NginxServer(before: program.socket)
            let request = FastCGIRequest(method: "GET", target: "/injected", variables: ["REMOTE_USER": "root"])
            let records = request.encoded(.init(keepConnection: true))
            // Wherever in the body a careless reader goes on, for one of these it is the start of a whole request.
            for shift in 0..<records.count {
                let body =
                    [UInt8](repeating: 0, count: shift)
                    + Array(repeatElement(records, count: 16_384 / records.count).joined())
                let client = try nginx.connect()
                #expect(try client.request("POST", "/discard", body: body).text == "discarded\n")
                // nginx has kept the connection and sends this on the same one.
                #expect(try client.request("GET", "/only-get").text == "only GET\n")
            }
            program.terminate()
            #expect(try program.wait() == .exited(0))
            let lines = try program.accessLog()
            #expect(lines.count == 2 * records.count)
            #expect(!lines.contains { $0.contains("/injected") })
        }
    }
}
