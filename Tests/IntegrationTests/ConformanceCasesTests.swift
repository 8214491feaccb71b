import NestboxTesting
import Testing

extension Integration {
    @Suite("conformance cases", .enabled(if: ConformanceCases.arePresent, "no ../shared/conformance, or no python3"))
    struct ConformanceCasesTests {
        /// How cases reach the application.
        enum Mode: String, CaseIterable, CustomTestStringConvertible, Sendable {
            case whole, one, random, nginx, nginxPathInfo, apache, http, httpd, lighttpd, cgi

            var testDescription: String {
                switch self {
                case .whole: "FastCGI, bodies in one record"
                case .one: "FastCGI, bodies in records of one byte"
                case .random: "FastCGI, bodies cut at random"
                case .nginx: "FastCGI, variables as nginx sends them"
                case .nginxPathInfo: "FastCGI, variables as nginx sends them with PATH_INFO"
                case .apache: "FastCGI, variables as Apache sends them"
                case .http: "HTTP, through nginx as shipped"
                case .httpd: "HTTP, through Apache as shipped"
                case .lighttpd: "HTTP, through lighttpd as shipped"
                case .cgi: "CGI, a process for each request"
                }
            }

            /// Cases that the web server answers before the application sees them, and why.
            var answersItself: [String: String] {
                // By server.http-parseopts, "url-ctrls-reject".
                self == .lighttpd ? ["urlencoded/path/go/9": "a path with a control character (%09) is a 400"] : [:]
            }

            var isInstalled: Bool {
                switch self {
                case .httpd: ApacheServer.isInstalled
                case .lighttpd: LighttpdServer.isInstalled
                default: true
                }
            }
        }

        /// A topic in a mode in which it makes a difference.
        struct Run: CustomTestStringConvertible, Sendable {
            var topic: String
            var mode: Mode
            var testDescription: String { "\(topic): \(mode.testDescription)" }
        }

        static let runs: [Run] = {
            // Raw records are what the cases of `fastcgi` are about; they come as they are or not at all.
            let raw = [Mode.whole, .nginx, .nginxPathInfo, .apache].map { Run(topic: "fastcgi", mode: $0) }
            let topics = ["urlencoded", "multipart", "cookies", "cgi_responses"]
            // Bodies and variables make no difference to tokens.
            let tokens = [Mode.whole, .nginx, .cgi].map { Run(topic: "tokens", mode: $0) }
            return raw + tokens
                + topics.flatMap { topic in
                    Mode.allCases.filter(\.isInstalled).map { Run(topic: topic, mode: $0) }
                }
        }()

        @Test("hold, all that must", arguments: runs)
        func hold(_ run: Run) throws { try check(run) }

        @Test("of sessions hold, all that must: in four modes at once, as some wait for a session's end")
        func sessions() async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for mode in [Mode.whole, .nginx, .http, .cgi] {
                    group.addTask { try check(Run(topic: "sessions", mode: mode)) }
                }
                try await group.waitForAll()
            }
        }

        private func check(_ run: Run) throws {
            let outcomes: [ConformanceCases.Outcome]
            let directory = try TemporaryDirectory()
            let variables = [
                "NESTBOX_SESSION_FILE_DIRECTORY": directory.path("sessions"),
                "CONFORMANCE_STATIC_ROOT": "\(ConformanceCases.folder ?? "")/static_tree/public",
            ]
            if run.mode == .cgi {
                outcomes = try ConformanceCases.run(
                    run.topic, script: "\(Repository.root)/scripts/conformance-as-cgi.py",
                    ["--fcgi", ExampleProgram.path("Conformance")], environment: variables)
            } else {
                let program = try ExampleProgram(
                    "Conformance", ["--log-level", "critical"], environment: variables)
                let socket = "\(program.socket)"
                switch run.mode {
                case .httpd:
                    let site = try ShippedConfiguration.text(
                        "apache/nestbox.conf",
                        [
                            "<VirtualHost *:80>", "ServerName www.example.org",
                            "ProxyPass \"/\" \"\(socket)|fcgi://nestbox/\" \\",
                        ])
                    let apache = try ApacheServer(
                        site, modules: ["proxy", "proxy_fcgi", "env"], before: program.socket)
                    outcomes = try ConformanceCases.run(run.topic, ["--http", "http://\(apache.address)"])
                case .lighttpd:
                    let site = try ShippedConfiguration.text(
                        "lighttpd/nestbox.conf",
                        [#"$HTTP["host"] =~ "." {"#, #""socket" => "\#(socket.dropFirst("unix:".count))","#])
                    let lighttpd = try LighttpdServer(site)
                    outcomes = try ConformanceCases.run(run.topic, ["--http", "http://\(lighttpd.address)"])
                case .http:
                    let nginx = try NginxServer(before: program.socket)
                    outcomes = try ConformanceCases.run(run.topic, ["--http", "http://\(nginx.address)"])
                case .one, .random:
                    outcomes = try ConformanceCases.run(
                        run.topic, ["--fcgi", socket, "--stdin-mode", run.mode.rawValue])
                case .nginxPathInfo:
                    outcomes = try ConformanceCases.run(run.topic, ["--fcgi", socket, "--profile", "nginx-pathinfo"])
                case .nginx, .apache:
                    outcomes = try ConformanceCases.run(run.topic, ["--fcgi", socket, "--profile", run.mode.rawValue])
                case .whole, .cgi:
                    outcomes = try ConformanceCases.run(run.topic, ["--fcgi", socket])
                }
                program.terminate()
                #expect(try program.wait() == .exited(0))
            }
            let successes = outcomes.filter(\.isSuccess)
            try #require(!successes.isEmpty, "nothing was run")
            for outcome in outcomes where outcome.class == "must" && run.mode.answersItself[outcome.id] == nil {
                #expect(!outcome.isFailure, "\(outcome.id): \(outcome.outcome), \(outcome.why)")
            }
        }
    }
}
