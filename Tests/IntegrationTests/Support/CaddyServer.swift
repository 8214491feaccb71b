import NestboxTesting

/// A real Caddy with a site of the test's.
final class CaddyServer: WebServer {
    let address: LoopbackAddress
    let directory: TemporaryDirectory
    private let child: ChildProcess

    static var isInstalled: Bool { Repository.tool("caddy") != nil }

    /// Starts Caddy and waits until it listens.
    /// - Parameter site: What is between the braces of the site.
    init(_ site: String) throws {
        directory = try TemporaryDirectory()
        guard let program = Repository.tool("caddy") else { throw TestingError(.refused, "Caddy is not installed") }
        var attempts = 0
        while true {
            let address = LoopbackAddress.port(try freeLoopbackPort())
            // Without the first two it would open a port for its administration, and ask for certificates.
            let options = "{\nadmin off\nauto_https off\n}\n"
            let port = "\(address)".split(separator: ":").last ?? ""
            try directory.write("\(options)http://:\(port) {\nbind 127.0.0.1\n\(site)\n}\n", to: "Caddyfile")
            let child = try ChildProcess(
                program, ["run", "--config", directory.path("Caddyfile"), "--adapter", "caddyfile"],
                environment: ["HOME": directory.path, "XDG_DATA_HOME": directory.path], stdout: .null,
                stderr: .file(directory.path("log")))
            let isReady = try eventually { try child.poll() != nil || (try? HTTPConnection(to: address)) != nil }
            if isReady, try child.poll() == nil {
                (self.child, self.address) = (child, address)
                return
            }
            attempts += 1
            let log = try directory.read("log")
            // Another program may have taken the port since it was found free.
            guard attempts < 5, log.contains("address already in use") else {
                throw TestingError(.closed, "Caddy: \(log)")
            }
        }
    }

    deinit { _ = try? child.stop(grace: .seconds(10)) }

    var errors: [String] { ((try? File.lines(directory.path("log"))) ?? []).filter { $0.contains("\"error\"") } }
}
