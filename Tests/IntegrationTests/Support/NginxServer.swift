import Glibc
import NestboxTesting

/// A real nginx in front of an application, with the configuration that this package ships.
///
/// `nginx/private.conf`, `mounted.conf` and `fastcgi_params` are used as they are, and so is `nestbox.conf` but for the two
/// lines that say where nginx listens and where the application does.
final class NginxServer {
    let directory: TemporaryDirectory
    private let process: ListeningProcess

    static var isInstalled: Bool { Repository.tool("nginx") != nil }

    /// Starts nginx and waits until it listens.
    /// - Parameters:
    ///   - sockets: Where the application listens; several for one that runs more than once.
    ///   - servers: What is between the braces of additional `server` blocks.
    ///   - http: What is added beside the servers.
    ///   - certificate: What the shipped site shows to clients that it speaks TLS with; with others it does not speak then.
    init(
        before sockets: [LoopbackAddress], servers: [String] = [], http: String = "", certificate: Certificate? = nil
    ) throws {
        directory = try TemporaryDirectory()
        guard let program = Repository.tool("nginx") else { throw TestingError(.refused, "nginx is not installed") }
        guard symlink("\(Repository.root)/nginx", directory.path("nestbox")) == 0 else {
            throw File.SystemError("symlink")
        }
        try directory.write(try Repository.text(of: "nginx/private.conf"), to: "nginx.conf")
        let directory = directory
        process = try ListeningProcess(
            ports: 1 + servers.count, log: { try directory.read("error.log") }
        ) { ports in
            var site = try Self.site(listening: .port(ports[0]), before: sockets, certificate) + http + "\n"
            for (server, port) in zip(servers, ports.dropFirst()) {
                site += "server {\nlisten 127.0.0.1:\(port);\n\(server)\n}\n"
            }
            try directory.write(site, to: "site.conf")
            // As root nginx would give its workers another user, who cannot reach a socket in a private directory.
            let user = geteuid() == 0 ? ["-g", "user root;"] : []
            return try ChildProcess(
                program,
                ["-p", directory.path, "-c", directory.path("nginx.conf"), "-e", directory.path("error.log")] + user,
                stdout: .null, stderr: .null)
        }
    }

    convenience init(
        before socket: LoopbackAddress, servers: [String] = [], http: String = "", certificate: Certificate? = nil
    ) throws {
        try self.init(before: [socket], servers: servers, http: http, certificate: certificate)
    }

    /// The shipped site with its two lines of addresses changed.
    private static func site(
        listening address: LoopbackAddress, before sockets: [LoopbackAddress], _ certificate: Certificate?
    ) throws -> String {
        var text = try Repository.text(of: "nginx/nestbox.conf")
        let tls = certificate.map { "ssl_certificate \($0.path); ssl_certificate_key \($0.path);" } ?? ""
        let changes = [
            "listen 80;": "listen \(address)\(certificate == nil ? "" : " ssl"); \(tls)",
            "server unix:/run/hello/app.sock;": sockets.map { "server \($0);" }.joined(separator: " "),
        ]
        for (line, replacement) in changes {
            let parts = text.split(separator: "    \(line)  # yours", omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw TestingError(.refused, "nestbox.conf has not one line '\(line)'") }
            text = parts.joined(separator: "    \(replacement)  # yours")
        }
        return text
    }

    deinit { _ = try? process.child.stop(grace: .seconds(10)) }

    var processID: Int32 { process.child.processID }

    /// Where the shipped site listens.
    var address: LoopbackAddress { process.address }

    /// Where the additional servers listen.
    var others: [LoopbackAddress] { Array(process.addresses.dropFirst()) }

    /// The URL of a target at the shipped site.
    func url(_ target: String) -> String { "http://\(address)\(target)" }

    /// Opens a connection of a client.
    func connect(_ server: Int? = nil, timeout: Duration = .seconds(10)) throws -> HTTPConnection {
        try HTTPConnection(to: server.map { others[$0] } ?? address, timeout: timeout)
    }

    /// Sends one request on a connection of its own.
    func request(
        _ method: String = "GET", _ target: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        chunkSize: Int? = nil, to server: Int? = nil
    ) throws -> HTTPConnection.Response {
        try connect(server).request(method, target, headers: headers, body: body, chunkSize: chunkSize)
    }

    /// Lets nginx read its configuration again; its old workers end when their last connection does.
    func reload() { process.child.terminate(SIGHUP) }

    /// The worker processes that there are.
    var workers: [Int32] { Process.children(of: processID) }

    /// What nginx has written to its log of errors.
    var errors: [String] { (try? File.lines(directory.path("error.log"))) ?? [] }
}
