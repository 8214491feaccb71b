import Glibc
import NestboxTesting

/// A real Apache with a site of the test's, as `apache/private.conf` starts it.
///
/// As root it runs as a user without rights, as Apache starts no CGI program as root.
final class ApacheServer: WebServer {
    /// What belongs to it: its configuration, its logs, and what the test has put there; all of it its user's own.
    let directory: TemporaryDirectory
    private let process: ListeningProcess

    static var isInstalled: Bool { Repository.tool("apache2") != nil && File.exists(modules) }

    static func hasModule(_ name: String) -> Bool { File.exists("\(modules)/mod_\(name).so") }

    /// Starts Apache and waits until it listens.
    /// - Parameters:
    ///   - site: The configuration behind its `Listen` line. A port 80 in it (`<VirtualHost *:80>`) becomes the one that
    ///     Apache listens at, and `/srv/example` its directory.
    ///   - modules: The modules that are loaded beside mpm_event and authz_core, without `mod_`.
    ///   - socket: Where the application listens that is to be reached.
    ///   - prepare: Puts files into the directory, before Apache is there.
    init(
        _ site: String, modules: [String], before socket: LoopbackAddress? = nil,
        prepare: (TemporaryDirectory) throws -> Void = { _ in }
    ) throws {
        directory = try TemporaryDirectory()
        guard let program = Repository.tool("apache2") else {
            throw TestingError(.refused, "apache2 is not installed")
        }
        guard symlink(Self.modules, directory.path("modules")) == 0 else { throw File.SystemError("symlink") }
        try directory.write(try Repository.text(of: "apache/private.conf"), to: "httpd.conf")
        try directory.write(
            modules.map { "LoadModule \($0)_module modules/mod_\($0).so\n" }.joined(), to: "modules.conf")
        try directory.write("text/html html\ntext/plain txt\ntext/css css\n", to: "mime.types")
        mkdir(directory.path("fcgid"), 0o700)
        try prepare(directory)
        if let socket { OtherUser.admit(to: socket) }
        let directory = directory
        let log = { try directory.read("stderr") + ((try? directory.read("error.log")) ?? "") }
        process = try ListeningProcess(log: log) { ports in
            let port = ports[0]
            let text = site.replacing("*:80>", with: "127.0.0.1:\(port)>")
                .replacing("/srv/example", with: directory.path)
            try directory.write("Listen 127.0.0.1:\(port)\n\(text)\n", to: "site.conf")
            OtherUser.give(directory)
            return try OtherUser.start(
                program, ["-d", directory.path, "-f", "httpd.conf", "-DFOREGROUND"],
                stderr: .file(directory.path("stderr")))
        }
    }

    private static let modules = "/usr/lib/apache2/modules"

    var address: LoopbackAddress { process.address }

    deinit { _ = try? process.child.stop(grace: .seconds(10)) }

    var processID: Int32 { process.child.processID }

    func url(_ target: String) -> String { "http://\(address)\(target)" }

    /// Lets Apache read its configuration again, after the requests that it has.
    func reload() { process.child.terminate(SIGUSR1) }

    var errors: [String] {
        ((try? File.lines(directory.path("error.log"))) ?? []).filter { !$0.contains(":notice] ") }
    }
}
