import Foundation

/// An nginx of our own with one server for each application.
struct Nginx {
    let child: Child
    let ports: [String: Int]
    private let errors: String

    /// What `worker_processes auto` comes to; the C loop's number of threads depends on it.
    static let workers = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    init(program: String, servers: [NginxServer], directory: URL) throws {
        let folder = directory.appending(path: "nginx")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var ports: [String: Int] = [:]
        var text = Self.head(folder: folder.path)
        for server in servers {
            var port = try freePort()
            while ports.values.contains(port) { port = try freePort() }
            ports[server.name] = port
            text += server.configuration(port: port)
        }
        let file = folder.appending(path: "nginx.conf")
        try (text + "}\n").write(to: file, atomically: false, encoding: .utf8)
        errors = folder.appending(path: "error.log").path
        child = try Child(program, ["-p", folder.path, "-c", file.path, "-e", errors], errors: errors)
        self.ports = ports
    }

    /// What may explain a failure.
    var lastWords: String {
        lastLine(of: errors).map { "\n  nginx's log ends: \($0)" } ?? ""
    }

    private static func head(folder: String) -> String {
        let temporary = ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"]
            .map { "    \($0)_temp_path \(folder)/\($0);\n" }.joined()
        // As root nginx would give its workers another user, who cannot open the sockets.
        let user = geteuid() == 0 ? "user root root;\n" : ""
        return """
            \(user)daemon off;
            worker_processes \(workers);
            worker_rlimit_nofile 16384;
            pid \(folder)/nginx.pid;
            events {
                worker_connections 4096;
            }
            http {
            \(temporary)
                access_log off;
                keepalive_requests 1000000000;
                # The 64 KiB of an echo stay in memory in both directions; uploads go to a file on their way.
                client_body_buffer_size 128k;
                client_max_body_size 64m;
                fastcgi_buffer_size 32k;
                fastcgi_buffers 8 32k;

            """
    }
}

/// A port of the loopback address nobody listens on just now.
private func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let done = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
        }
    }
    guard done else { throw Failure("no free port on the loopback address") }
    return Int(UInt16(bigEndian: address.sin_port))
}
