import Glibc
import Nestbox
import NestboxTesting
import Testing

extension Integration {
    @Suite("a replaced program under mod_fcgid", .enabled(if: ApacheServer.hasModule("fcgid")))
    struct ReplacedProgramTests {
        /// How many sockets mod_fcgid has to its programs: one listens for each, others are requests.
        private static func sockets(_ apache: ApacheServer) -> Int {
            let folder = apache.directory.path("fcgid/")
            return ((try? File.lines("/proc/net/unix")) ?? []).count { $0.contains(folder) }
        }

        @Test("finishes its request and leaves, also when it is asked nothing more; the new one answers from then on")
        func replaced() async throws {
            let site = """
                ScriptAlias "/app" "/srv/example/app/program.fcgi"
                <Directory "/srv/example/app">
                    SetHandler fcgid-script
                    Options +ExecCGI
                    Require all granted
                </Directory>
                """
            let apache = try ApacheServer(site, modules: ["fcgid", "alias"]) { directory in
                guard mkdir(directory.path("app"), 0o755) == 0 else { throw File.SystemError("mkdir") }
                try OtherUser.install("Ledger", as: directory.path("app/program.fcgi"))
                try OtherUser.install("Hello", as: directory.path("app/new"))
            }
            func ask(_ target: String) throws -> String {
                try HTTPConnection(to: apache.address, timeout: .seconds(20)).request("GET", target).text
            }
            let text = try ask("/app/process")
            let process = try #require(Int32(text.dropLast()), "\(text)")
            #expect(eventually { Self.sockets(apache) == 1 })
            let address = apache.address
            async let slow = onOwnThread {
                try HTTPConnection(to: address, timeout: .seconds(20)).request("GET", "/app/sleep/3000").text
            }
            #expect(eventually { Self.sockets(apache) > 1 })
            guard rename(apache.directory.path("app/new"), apache.directory.path("app/program.fcgi")) == 0 else {
                throw File.SystemError("rename")
            }
            #expect(try await slow == "slept in \(process)\n")
            #expect(eventually { kill(process, 0) != 0 })
            #expect(try ask("/app/") == "Hello from Nestbox\n")
        }
    }
}
