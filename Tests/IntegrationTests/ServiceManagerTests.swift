import Glibc
import Nestbox
import NestboxTesting
import Testing

extension Integration {
    @Suite("systemd's units and notifications")
    struct ServiceManagerTests {
        /// A socket that stands for systemd's: it takes messages, and gives the descriptors of barriers back by closing them.
        private final class Notifications {
            let path: String
            private let descriptor: Int32
            private let directory: TemporaryDirectory
            private(set) var messages: [String] = []

            /// - Parameter isAbstract: Whether its name is in the abstract namespace, which `NOTIFY_SOCKET` has with an `@`.
            init(isAbstract: Bool = false) throws {
                directory = try TemporaryDirectory()
                path = isAbstract ? "@nestbox-test-\(getpid())-notify" : directory.path("notify")
                let name = isAbstract ? [0] + path.utf8.dropFirst() : Array(path.utf8)
                descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
                var address = sockaddr_un()
                address.sun_family = sa_family_t(AF_UNIX)
                withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
                let size = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
                let code = withUnsafePointer(to: address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(descriptor, $0, size)
                    }
                }
                guard code == 0 else { throw File.SystemError("bind") }
            }

            deinit { close(descriptor) }

            /// Takes what has come; a message's lines are separate.
            func take() {
                var bytes = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
                    guard count > 0 else { return }
                    messages.append(String(decoding: bytes[..<count], as: UTF8.self))
                }
            }

            func has(_ line: String) -> Bool {
                eventually {
                    take()
                    return messages.contains { $0.split(separator: "\n").contains(line[...]) }
                }
            }
        }

        @Test(
            "systemd is told of the start, of a reload with the new process, and of the end",
            arguments: [[], ["--processes", "2"]])
        func notifications(arguments: [String]) throws {
            let notifications = try Notifications()
            let program = try Deployment(arguments, environment: ["NOTIFY_SOCKET": notifications.path])
            #expect(notifications.has("READY=1"))
            let first = program.processID
            program.signal(SIGHUP)
            #expect(notifications.has("RELOADING=1"))
            #expect(notifications.messages.contains { $0.contains("\nMONOTONIC_USEC=") })
            if arguments.isEmpty {
                #expect(notifications.has("BARRIER=1"))
                let message = try #require(notifications.messages.last { $0.contains("MAINPID=") })
                #expect(message.hasPrefix("READY=1\nMAINPID="))
                #expect(!message.contains("MAINPID=\(first)\n"))
                // systemd waits only for its own children, and this process stands for it here: with the first one gone, no
                // process is between the two.
                #expect(try program.wait() == .exited(0))
                #expect(program.processes.isSubset(of: Process.family(of: getpid())))
                #expect(program.processes.count == 1)
            } else {
                #expect(notifications.has("STATUS=Reloaded"))
            }
            #expect(eventually { program.reloads == 1 })
            for process in program.processes where arguments.isEmpty || process.id == first {
                kill(process.id, SIGTERM)
            }
            #expect(notifications.has("STOPPING=1"))
            #expect(eventually { program.processes.isEmpty })
        }

        @Test("a name in the abstract namespace will do, and so does one that nobody listens at")
        func start() throws {
            let notifications = try Notifications(isAbstract: true)
            _ = try Deployment(environment: ["NOTIFY_SOCKET": notifications.path])
            #expect(notifications.has("READY=1"))
            let program = try Deployment(environment: ["NOTIFY_SOCKET": "\(notifications.path)-nobody-listens"])
            try program.reload()
            #expect(program.reloads == 1)
        }

        @Test("a reload that is asked for before all serve does not begin, and nothing is told of it")
        func earlyReload() throws {
            let notifications = try Notifications()
            let directory = try TemporaryDirectory()
            try directory.write("next hangs", to: "start")
            let program = try ChildProcess(
                ExampleProgram.path("Ledger"),
                ["--listen", "\(directory.socket("app.sock"))", "--processes", "2", "--timeouts-start", "1"],
                environment: ["NOTIFY_SOCKET": notifications.path, "LEDGER_START": directory.path("start")],
                stdout: .null, stderr: .null)
            // When it has workers it is ready for signals.
            #expect(eventually { Process.children(of: program.processID).count == 2 })
            program.terminate(SIGHUP)
            #expect(try program.wait() == .exited(1))
            notifications.take()
            #expect(!notifications.messages.contains { $0.contains("READY=1") || $0.contains("RELOADING=1") })
        }

        @Test("the units are as systemd wants them")
        func units() throws {
            let tool = try #require(Repository.tool("systemd-analyze"))
            let directory = try TemporaryDirectory()
            var service = try Repository.text(of: "systemd/nestbox.service")
            let parts = service.split(separator: "/usr/local/bin/Hello", omittingEmptySubsequences: false)
            #expect(parts.count == 2)
            service = parts.joined(separator: ExampleProgram.path("Hello"))
            try directory.write(service, to: "nestbox.service")
            try directory.write(try Repository.text(of: "systemd/nestbox.socket"), to: "nestbox.socket")
            let output = try ChildProcess(
                tool, ["verify", directory.path("nestbox.service"), directory.path("nestbox.socket")]
            ).output(timeout: .seconds(30))
            #expect(output.status == .exited(0))
            #expect(output.stderr.isEmpty, "\(String(decoding: output.stderr, as: UTF8.self))")
        }

        @Test("the times of the service agree with those of the program")
        func times() throws {
            let text = try Repository.text(of: "systemd/nestbox.service")
            #expect(text.contains("\nTimeoutStopSec=40s\n"))
            #expect(text.contains("\nTimeoutStartSec=60s\n"))
            let help = try ChildProcess(ExampleProgram.path("Hello"), ["--help"]).output()
            let options = String(decoding: help.stdout, as: UTF8.self)
            for line in [/--timeouts-grace +.*Default: 30\./, /--timeouts-start +.*Default: 30\./] {
                #expect(options.contains(line))
            }
        }
    }
}
