import Glibc
import HTTPTypes
import NestboxTesting
import Testing

extension Integration {
    @Suite("uploads through nginx")
    struct UploadTests {
        private let program: ExampleProgram
        private let nginx: NginxServer
        /// Where temporary files are.
        private let directory: TemporaryDirectory

        /// How nginx passes bodies on.
        enum Buffering: Int, CaseIterable {
            case on, off
        }

        init() throws {
            directory = try TemporaryDirectory()
            program = try ExampleProgram(
                "Cloakroom", ["--limits-body", "\(1 << 31)", "--forms-directory", directory.path])
            nginx = try NginxServer(
                before: program.socket,
                servers: Buffering.allCases.map { buffering in
                    """
                    client_max_body_size 2g;
                    location / {
                        fastcgi_pass nestbox; fastcgi_keep_conn on; include nestbox/fastcgi_params;
                        fastcgi_request_buffering \(buffering);
                    }
                    """
                })
        }

        // MARK: Sending

        private static let start = Array(
            """
            --b\r
            Content-Disposition: form-data; name="name"\r
            \r
            Ada\r
            --b\r
            Content-Disposition: form-data; name="file"; filename="large.bin"\r
            \r

            """.utf8)
        private static let end = Array("\r\n--b--\r\n".utf8)
        private static let block = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0) }

        /// Sends the request up to the file.
        private func begin(_ client: HTTPConnection, blocks: Int) throws {
            let length = Self.start.count + blocks * Self.block.count + Self.end.count
            let head = """
                POST / HTTP/1.1\r
                Host: a\r
                Content-Type: multipart/form-data; boundary=b\r
                Content-Length: \(length)\r
                \r

                """
            try client.send(raw: Array(head.utf8) + Self.start, answering: "POST")
        }

        private func upload(blocks: Int, _ buffering: Buffering) throws -> String {
            let client = try nginx.connect(buffering.rawValue, timeout: .seconds(30))
            try begin(client, blocks: blocks)
            for _ in 0..<blocks { try client.send(raw: Self.block) }
            try client.send(raw: Self.end)
            #expect(try client.readHead().status == 200)
            return String(decoding: try client.readBody(), as: UTF8.self)
        }

        // MARK: Looking

        /// The most memory that the program has used, in bytes.
        private func peakMemory() throws -> Int {
            let line = try File.lines("/proc/\(program.processID)/status").first { $0.hasPrefix("VmHWM:") }
            let number = try #require(line?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
            return number << 10
        }

        /// The modes of the program's open files in the directory of temporary files.
        private func openModes() -> [UInt32] { Process.openFiles(of: program.processID, below: directory.path) }

        // MARK: Tests

        @Test("arrive whole, with no more memory for a large one than for a small one", arguments: Buffering.allCases)
        func flatMemory(buffering: Buffering) throws {
            #expect(try upload(blocks: 1, buffering) == "Ada 1 \(1 << 20)\n")
            let before = try peakMemory()
            // Where nginx writes it to a file first a smaller one will do.
            let blocks = buffering == .off ? 1024 : 256
            #expect(try upload(blocks: blocks, buffering) == "Ada 1 \(blocks << 20)\n")
            let growth = try peakMemory() - before
            #expect(growth < 8 << 20, "\(growth) bytes more")
            #expect(eventually { openModes().isEmpty })
            #expect(File.names(in: directory.path).isEmpty)
        }

        @Test("are in a file of mode 0600 without a name, which is gone when the client is")
        func abandoned() throws {
            let client = try nginx.connect(Buffering.off.rawValue)
            try begin(client, blocks: 100)
            for _ in 0..<2 { try client.send(raw: Self.block) }
            #expect(eventually { !openModes().isEmpty })
            #expect(openModes() == [0o100600])
            #expect(File.names(in: directory.path).isEmpty)
            client.close()
            #expect(eventually { openModes().isEmpty })
            #expect(File.names(in: directory.path).isEmpty)
            #expect(try upload(blocks: 1, .off) == "Ada 1 \(1 << 20)\n")
        }

        @Test("end with the program, even when it is killed")
        func killed() throws {
            let client = try nginx.connect(Buffering.off.rawValue)
            try begin(client, blocks: 100)
            try client.send(raw: Self.block)
            #expect(eventually { !openModes().isEmpty })
            program.terminate(SIGKILL)
            #expect(try program.wait() == .signalled(SIGKILL))
            #expect(File.names(in: directory.path).isEmpty)
        }
    }
}
