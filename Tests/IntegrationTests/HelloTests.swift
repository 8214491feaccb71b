import HTTPTypes
import NestboxTesting
import Testing

extension Integration {
    @Suite("Hello behind nginx")
    struct HelloTests {
        @Test("answers as its README says")
        func page() throws {
            let program = try ExampleProgram("Hello")
            let nginx = try NginxServer(before: program.socket)
            let client = try nginx.connect()
            let page = try client.request("GET", "/")
            #expect(page.status == 200)
            #expect(page.text == "Hello from Nestbox\n")
            #expect(page.headerFields[.contentType] == "text/plain; charset=utf-8")
            #expect(page.headerFields[.contentLength] == "19")
            #expect(try client.request("GET", "/hello/W%C3%B6rld").text == "Hello, Wörld\n")
            #expect(try client.request("GET", "/nothing").status == 404)
            #expect(nginx.errors.isEmpty, "\(nginx.errors)")
        }

        @Test("writes one line of its log for each request, with nginx's name for it")
        func log() throws {
            let program = try ExampleProgram("Hello")
            let nginx = try NginxServer(before: program.socket)
            #expect(try nginx.request("GET", "/hello/you?secret=1").status == 200)
            #expect(try nginx.request("GET", "/nothing").status == 404)
            program.terminate()
            #expect(try program.wait() == .exited(0))
            let lines = try program.accessLog()
            try #require(lines.count == 2, "\(lines)")
            let words = lines[0].split(separator: " ")
            #expect(words[3...5] == ["GET", "/hello/you", "200"])
            #expect(words.last.map { $0.count == 32 && $0.allSatisfy(\.isHexDigit) } == true, "\(lines[0])")
            #expect(lines[1].contains(" GET /nothing 404 "))
        }

        @Test("keeps the connections that nginx keeps, and only those", arguments: [true, false])
        func keptConnections(areKept: Bool) throws {
            let program = try ExampleProgram("Hello")
            let closing = """
                location / { fastcgi_pass nestbox; fastcgi_keep_conn off; include nestbox/fastcgi_params; }
                """
            let nginx = try NginxServer(before: program.socket, servers: [closing])
            let client = try nginx.connect(areKept ? nil : 0)
            for _ in 0..<100 { #expect(try client.request("GET", "/").text == "Hello from Nestbox\n") }
            // One connection from each worker process at most, when they are kept.
            #expect(eventually { areKept ? (1...2).contains(program.connections) : program.connections == 0 })
            #expect(nginx.errors.isEmpty, "\(nginx.errors)")
        }

        @Test("refuses a configuration that cannot be, naming key and value")
        func configuration() throws {
            let directory = try TemporaryDirectory()
            let address = "\(directory.socket())"
            for (arguments, status, words) in [
                (["--listen", address, "--workers", "none"], 2, ["--workers", "none"]),
                (["--listen", address, "--wrokers", "2"], 64, ["--wrokers"]),
                ([], 64, ["--listen"]),
            ] as [([String], Int32, [String])] {
                let output = try ChildProcess(ExampleProgram.path("Hello"), arguments).output()
                #expect(output.status == .exited(status))
                let text = String(decoding: output.stderr, as: UTF8.self)
                for word in words { #expect(text.contains(word), "\(text)") }
            }
            let output = try ChildProcess(ExampleProgram.path("Hello"), ["--help"]).output()
            #expect(output.status == .exited(0))
            #expect(String(decoding: output.stdout, as: UTF8.self).contains("--listen"))
        }
    }
}
