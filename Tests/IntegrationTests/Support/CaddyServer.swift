import NestboxTesting

/// A real Caddy with a site of the test's.
final class CaddyServer: WebServer {
    let directory: TemporaryDirectory
    private let process: ListeningProcess

    static var isInstalled: Bool { Repository.tool("caddy") != nil }

    /// Starts Caddy and waits until it listens.
    /// - Parameter site: What is between the braces of the site.
    init(_ site: String) throws {
        directory = try TemporaryDirectory()
        guard let program = Repository.tool("caddy") else { throw TestingError(.refused, "Caddy is not installed") }
        let directory = directory
        process = try ListeningProcess(log: { try directory.read("log") }) { ports in
            // Without the first two it would open a port for its administration, and ask for certificates.
            let options = "{\nadmin off\nauto_https off\n}\n"
            let host = "http://:\(ports[0])"
            try directory.write("\(options)\(host) {\nbind 127.0.0.1\n\(site)\n}\n", to: "Caddyfile")
            return try ChildProcess(
                program, ["run", "--config", directory.path("Caddyfile"), "--adapter", "caddyfile"],
                environment: ["HOME": directory.path, "XDG_DATA_HOME": directory.path], stdout: .null,
                stderr: .file(directory.path("log")))
        }
    }

    /// Where it listens.
    var address: LoopbackAddress { process.address }

    deinit { _ = try? process.child.stop(grace: .seconds(10)) }

    var errors: [String] { ((try? File.lines(directory.path("log"))) ?? []).filter { $0.contains("\"error\"") } }
}
