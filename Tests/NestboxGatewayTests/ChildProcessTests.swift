import Glibc
import HTTPTypes
import NestboxTesting
import Testing

@Suite("a child process", .timeLimit(.minutes(1)))
struct ChildProcessTests {
    @Test("has exactly the environment, the arguments, the directory and the descriptors it is given")
    func surroundings() throws {
        let child = try ChildProcess("/usr/bin/env", environment: ["A": "b c"], workingDirectory: "/usr")
        let output = try child.output()
        #expect(output == .init(status: .exited(0), stdout: Array("A=b c\n".utf8), stderr: []))
        let pwd = try ChildProcess("/bin/pwd", ["-P"], workingDirectory: "/usr").output()
        #expect(pwd.stdout == Array("/usr\n".utf8))
        let files = try ChildProcess("/bin/ls", ["-x", "/proc/self/fd"]).output()
        #expect(
            String(decoding: files.stdout, as: UTF8.self).split(separator: " ").map { $0.prefix(1) } == [
                "0", "1", "2", "3",
            ])
    }

    @Test("gets its input and gives its output, whatever the size", arguments: [0, 1, 65_536, 1_000_000])
    func echo(size: Int) throws {
        let bytes = [UInt8](repeating: 7, count: size)
        let output = try ChildProcess("/bin/cat", stdin: .pipe).output(input: bytes)
        #expect(output.stdout == bytes)
    }

    @Test("may leave its input unread")
    func unread() throws {
        let output = try ChildProcess("/bin/true", stdin: .pipe).output(input: [UInt8](repeating: 7, count: 1_000_000))
        #expect(output.status == .exited(0))
    }

    @Test("is waited for, asked to end, and killed when it does not")
    func endings() throws {
        #expect(try ChildProcess("/bin/sh", ["-c", "exit 7"]).wait() == .exited(7))
        let sleeper = try ChildProcess("/bin/sleep", ["60"])
        let error = #expect(throws: TestingError.self) { try sleeper.wait(timeout: .milliseconds(20)) }
        #expect(error?.code == .timedOut)
        sleeper.terminate(SIGINT)
        #expect(try sleeper.wait() == .signalled(SIGINT))
        let stubborn = try ChildProcess(
            "/bin/sh", ["-c", "trap '' TERM; echo up; while :; do read x; done"], stdin: .pipe)
        #expect(try stubborn.waitForLine(containing: "up", on: .stdout) == "up")
        #expect(try stubborn.stop(grace: .milliseconds(50)) == .signalled(SIGKILL))
        #expect(try stubborn.poll() == .signalled(SIGKILL))
    }

    @Test("does not outlive its object")
    func lifetime() throws {
        var child: ChildProcess? = try ChildProcess("/bin/sleep", ["60"])
        let processID = try #require(child?.processID)
        #expect(kill(processID, 0) == 0)
        child = nil
        #expect(kill(processID, 0) == -1)
    }

    @Test("is waited for line by line")
    func lines() throws {
        let child = try ChildProcess("/bin/sh", ["-c", "echo one; echo two; cat; echo end >&2"], stdin: .pipe)
        #expect(try child.waitForLine(containing: "t", on: .stdout) == "two")
        try child.write(Array("three\nx".utf8))
        #expect(try child.waitForLine(containing: "t", on: .stdout) == "three")
        child.closeStdin()
        #expect(try child.waitForLine(containing: "end") == "end")
        let error = #expect(throws: TestingError.self) { try child.waitForLine(containing: "more") }
        #expect(error?.code == .closed)
    }

    @Test("uses files, and a listening socket as its standard input")
    func files() throws {
        let directory = try TemporaryDirectory()
        try directory.write("hello", to: "in")
        let child = try ChildProcess(
            "/bin/cat", stdin: .file(directory.path("in")), stdout: .file(directory.path("out")), stderr: .null)
        #expect(try child.wait() == .exited(0))
        #expect(try directory.read("out") == "hello")
        let listener = try LoopbackListener()
        let link = try ChildProcess("/bin/readlink", ["/proc/self/fd/0"], stdin: .descriptor(listener.descriptor))
            .output()
        #expect(String(decoding: link.stdout, as: UTF8.self).hasPrefix("socket:"))
    }

    @Test("that cannot be started is an error")
    func missing() {
        let error = #expect(throws: TestingError.self) { _ = try ChildProcess("/nonexistent") }
        #expect(error?.errorNumber == ENOENT)
    }

    @Test("a temporary directory goes with all that is in it, links not followed")
    func temporaryDirectory() throws {
        let other = try TemporaryDirectory()
        try other.write("stays", to: "file")
        var directory: TemporaryDirectory? = try TemporaryDirectory()
        let path = try #require(directory?.path)
        #expect(mkdir("\(path)/a", 0o700) == 0)
        try directory?.write("x", to: "a/b")
        #expect(symlink(other.path, "\(path)/a/link") == 0)
        directory = nil
        #expect(access(path, F_OK) == -1)
        #expect(try other.read("file") == "stays")
        #expect(try freeLoopbackPort() != 0)
    }
}

@Suite("against nginx", .timeLimit(.minutes(1)), .enabled(if: access("/usr/sbin/nginx", X_OK) == 0))
struct NginxTests {
    @Test(
        "a FastCGI request has the variables that nginx sends",
        arguments: [
            ("GET", "/a%20b//c%2Fd;x/./y/../?q=%20&r", nil), ("POST", "/", [1, 2, 3]), ("PUT", "/x", []),
        ] as [(String, String, [UInt8]?)])
    func variables(method: String, target: String, body: [UInt8]?) throws {
        let directory = try TemporaryDirectory()
        let application = try LoopbackListener(directory.socket("app"))
        let port = try freeLoopbackPort()
        try directory.write(
            """
            daemon off; master_process off; pid \(directory.path)/pid; error_log stderr info;
            events {}
            http {
              access_log off; client_body_temp_path \(directory.path)/body; fastcgi_temp_path \(directory.path)/fcgi;
              proxy_temp_path \(directory.path)/p; uwsgi_temp_path \(directory.path)/u; scgi_temp_path \(directory.path)/s;
              server { listen 127.0.0.1:\(port); root /usr/share/nginx/html; server_name example.test;
                location / { include /etc/nginx/fastcgi_params; fastcgi_pass \(application.address); } }
            }
            """, to: "nginx.conf")
        let nginx = try ChildProcess("/usr/sbin/nginx", ["-c", directory.path("nginx.conf"), "-e", "stderr"])
        _ = try nginx.waitForLine(containing: "getrlimit")
        let client = try HTTPConnection(to: .port(port))
        let headers = [
            ("Host", "Example.test:8080"), ("X-Dup", "1"), ("Content-Type", "text/plain"), ("Cookie", "a=b"),
            ("X-Dup", "2"), ("X_Under", "no"), ("Cookie", "c=d"),
        ]
        try client.send(method, target, headers: headers, body: body)
        let server = try application.accept()
        var records: [FastCGIRecord] = []
        repeat { records.append(try server.readRecord()) } while records.last != .stdin(id: 1)
        try server.send(
            .stdout(id: 1, "Status: 201 Created\r\nX-A: b\r\n\r\nhello".utf8), .stdout(id: 1), .endRequest(id: 1))
        server.close()
        #expect(try client.readHead().status == .created)
        #expect(try client.readBody() == Array("hello".utf8))

        let params = records.filter { $0.type == .params }.flatMap(\.content)
        let sent = try FastCGINameValuePairs(decoding: params)
        var expected = FastCGIRequest(method: method, target: target, headers: headers, body: body).variables
        expected["REMOTE_PORT"] = sent["REMOTE_PORT"]
        expected["SERVER_PORT"] = sent["SERVER_PORT"]
        func lines(_ pairs: FastCGINameValuePairs) -> [String] {
            pairs.map { String(decoding: $0.name + [0x3D] + $0.value, as: UTF8.self) }
        }
        #expect(lines(sent) == lines(expected))
        #expect(records.filter { $0.type == .stdin }.flatMap(\.content) == body ?? [])
        try nginx.stop()
    }
}
