import Glibc
import NestboxTesting

/// A real lighttpd with a site of the test's, as `lighttpd/private.conf` starts it.
final class LighttpdServer: WebServer {
    let directory: TemporaryDirectory
    private let process: ListeningProcess

    static var isInstalled: Bool { Repository.tool("lighttpd") != nil }

    static func hasModule(_ name: String) -> Bool { File.exists("/usr/lib/lighttpd/mod_\(name).so") }

    /// Starts lighttpd and waits until it listens.
    /// - Parameters:
    ///   - site: The configuration behind its `server.port` line. `/srv/example` in it becomes its directory.
    ///   - prepare: Puts files into the directory, before lighttpd is there; `www` is its document root.
    init(_ site: String, prepare: (TemporaryDirectory) throws -> Void = { _ in }) throws {
        directory = try TemporaryDirectory()
        guard let program = Repository.tool("lighttpd") else {
            throw TestingError(.refused, "lighttpd is not installed")
        }
        try directory.write(try Repository.text(of: "lighttpd/private.conf"), to: "lighttpd.conf")
        mkdir(directory.path("www"), 0o700)
        try prepare(directory)
        let directory = directory
        let log = { try directory.read("stderr") + ((try? directory.read("error.log")) ?? "") }
        process = try ListeningProcess(log: log) { ports in
            let text = site.replacing("/srv/example", with: directory.path)
            try directory.write("server.port = \(ports[0])\n\(text)\n", to: "site.conf")
            return try ChildProcess(
                program, ["-D", "-f", "lighttpd.conf"], workingDirectory: directory.path, stdout: .null,
                stderr: .file(directory.path("stderr")))
        }
    }

    /// Where it listens.
    var address: LoopbackAddress { process.address }

    deinit { _ = try? process.child.stop(grace: .seconds(10)) }

    var processID: Int32 { process.child.processID }

    var errors: [String] {
        ((try? File.lines(directory.path("error.log"))) ?? []).filter { !$0.contains("server started") }
    }
}
