import HTTPTypes
import Nestbox
import NestboxTesting
import Testing

extension Integration {
    @Suite("streams through nginx")
    struct StreamingTests {
        @Test("arrive piece by piece, also when nginx compresses them", arguments: [false, true])
        func pieces(compressed: Bool) throws {
            let received = [Event(), Event(), Event()]
            let application = try LocalApplication { router in
                router.get("/") { _ in
                    Response.stream(type: "text/plain") { body in
                        for (index, event) in received.enumerated() {
                            try await body.write("piece \(index)\n")
                            // The next piece is written when the client has this one.
                            await event.wait()
                        }
                    }
                }
            }
            let gzip = "gzip on; gzip_types text/plain; gzip_min_length 0;"
            let nginx = try NginxServer(before: application.socket, http: compressed ? gzip : "")
            let client = try nginx.connect()
            try client.send("GET", "/", headers: [("Accept-Encoding", "gzip")])
            #expect(try client.readHead().headerFields[.contentEncoding] == (compressed ? "gzip" : nil))
            for (index, event) in received.enumerated() {
                let piece = try #require(try client.readChunk())
                #expect(!piece.isEmpty)
                if !compressed { #expect(piece == Array("piece \(index)\n".utf8)) }
                event.happen()
            }
            while try client.readChunk() != nil { #expect(compressed) }
        }

        @Test("that fail are cut short for the client", arguments: [false, true], [0, 2_000_000])
        func failure(buffered: Bool, size: Int) throws {
            struct Failure: Error {}
            let application = try LocalApplication { router in
                router.get("/") { _ in
                    Response.stream(type: "text/plain", buffered: buffered) { body in
                        try await body.write("started\n")
                        try await body.write([UInt8](repeating: 7, count: size))
                        throw Failure()
                    }
                }
                router.get("/next") { _ in "next\n" }
            }
            let nginx = try NginxServer(before: application.socket)
            let client = try nginx.connect()
            try client.send("GET", "/")
            let error = #expect(throws: TestingError.self) {
                #expect(try client.readHead().status == 200)
                _ = try client.readBody()
            }
            // Without its buffers, nginx drops what came together with the failure, which may be all.
            #expect(error?.code == .truncated || !buffered && error?.code == .closed, "\(String(describing: error))")
            #expect(try nginx.request("GET", "/next").text == "next\n")
            let reason = buffered ? "prematurely closed" : "invalid FastCGI record type"
            #expect(nginx.errors.count == 1 && nginx.errors.allSatisfy { $0.contains(reason) }, "\(nginx.errors)")
        }

        @Test("of a request arrive piece by piece when nginx does not buffer them")
        func upload() throws {
            let received = [Event(), Event(), Event()]
            let application = try LocalApplication { router in
                router.post("/") { request in
                    var count = 0
                    for try await bytes in request.body {
                        count += bytes.count
                        if count % 1000 == 0 { received[count / 1000 - 1].happen() }
                    }
                    return "\(count)\n"
                }
            }
            let unbuffered = """
                location / {
                    fastcgi_pass nestbox; fastcgi_keep_conn on; include nestbox/fastcgi_params;
                    fastcgi_request_buffering off;
                }
                """
            let nginx = try NginxServer(before: application.socket, servers: [unbuffered])
            let client = try nginx.connect(0)
            try client.send(
                raw: Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n".utf8), answering: "POST")
            for event in received {
                try client.send(raw: [UInt8](repeating: 7, count: 1000))
                #expect(event.waitBlocking())
            }
            #expect(try client.readHead().status == 200)
            #expect(try client.readBody() == Array("3000\n".utf8))
        }

        @Test("hold back a handler whose client does not read")
        func backPressure() throws {
            let written = Progress()
            let application = try LocalApplication { router in
                router.get("/") { _ in
                    Response.stream(type: "text/plain") { body in
                        let chunk = [UInt8](repeating: 7, count: 65_536)
                        for _ in 0..<1024 {
                            try await body.write(chunk)
                            written.add(chunk.count)
                        }
                    }
                }
            }
            let nginx = try NginxServer(before: application.socket)
            let client = try nginx.connect()
            try client.send("GET", "/")
            _ = try client.readHead()
            // It stops when the buffers on the way are full, long before 64 MiB.
            var last = -1
            #expect(
                eventually {
                    defer { last = written.count }
                    return written.count > 0 && written.count == last
                })
            #expect(written.count < 32 << 20)
            #expect(try client.readBody(timeout: .seconds(30)).count == 64 << 20)
        }

        @Test("cancel the handler when the client hangs up", arguments: [true, false])
        func hangUp(afterStart: Bool) throws {
            let (started, cancelled) = (Event(), Event())
            let application = try LocalApplication { router in
                router.get("/") { _ in
                    Response.stream(type: "text/plain") { body in
                        if afterStart { try await body.write("started\n") }
                        started.happen()
                        // It writes nothing and waits for nothing else.
                        await withTaskCancellationHandler {
                            await cancelled.wait()
                        } onCancel: {
                            cancelled.happen()
                        }
                    }
                }
            }
            let nginx = try NginxServer(before: application.socket)
            let client = try nginx.connect()
            try client.send("GET", "/")
            #expect(started.waitBlocking())
            if afterStart { #expect(try client.readHead().status == 200) }
            client.close()
            #expect(cancelled.waitBlocking())
        }
    }
}
