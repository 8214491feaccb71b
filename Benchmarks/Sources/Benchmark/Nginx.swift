import Foundation

/// An nginx of our own with one server for each application.
struct Nginx {
    let child: Child
    let ports: [Side: Int]

    /// What `worker_processes auto` comes to; the C loop's number of threads depends on it.
    static let workers = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    init(program: String, sockets: [Side: String], kept: Bool, clients: Int, directory: URL) throws {
        let folder = directory.appending(path: "nginx")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var ports: [Side: Int] = [:]
        var servers = ""
        for (side, socket) in sockets.sorted(by: { $0.key < $1.key }) {
            var port = try freePort()
            while ports.values.contains(port) { port = try freePort() }
            ports[side] = port
            servers += Self.server(side: side, port: port, socket: socket, kept: kept, clients: clients)
        }
        let file = folder.appending(path: "nginx.conf")
        let text = Self.head(folder: folder.path, clients: clients) + servers + "}\n"
        try text.write(to: file, atomically: false, encoding: .utf8)
        let errors = folder.appending(path: "error.log").path
        child = try Child(program, ["-p", folder.path, "-c", file.path, "-e", errors], errors: errors)
        self.ports = ports
    }

    private static func head(folder: String, clients: Int) -> String {
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
                # The 64 KiB of an echo stay in memory in both directions.
                client_body_buffer_size 128k;
                fastcgi_buffer_size 32k;
                fastcgi_buffers 8 32k;

            """
    }

    private static func server(side: Side, port: Int, socket: String, kept: Bool, clients: Int) -> String {
        let variables = [
            "QUERY_STRING $query_string", "REQUEST_METHOD $request_method", "CONTENT_TYPE $content_type",
            "CONTENT_LENGTH $content_length", "SCRIPT_NAME $fastcgi_script_name", "REQUEST_URI $request_uri",
            "DOCUMENT_URI $document_uri", "DOCUMENT_ROOT $document_root", "SERVER_PROTOCOL $server_protocol",
            "REQUEST_SCHEME $scheme", "HTTPS $https if_not_empty", "GATEWAY_INTERFACE CGI/1.1",
            "SERVER_SOFTWARE nginx/$nginx_version", "REMOTE_ADDR $remote_addr", "REMOTE_PORT $remote_port",
            "REMOTE_USER $remote_user", "SERVER_ADDR $server_addr", "SERVER_PORT $server_port",
            "SERVER_NAME $server_name", "REDIRECT_STATUS 200", "HTTP_HOST $host",
        ].map { "            fastcgi_param \($0);\n" }.joined()
        let pool = kept ? "keepalive \(clients); keepalive_requests 1000000000;" : ""
        return """
                upstream \(side.rawValue) {
                    server unix:\(socket);
                    \(pool)
                }
                server {
                    # Otherwise one worker takes most clients in one run and half of them in the next.
                    listen 127.0.0.1:\(port) backlog=4096 reuseport;
                    server_name localhost;
                    location / {
                        fastcgi_pass \(side.rawValue);
                        fastcgi_keep_conn \(kept ? "on" : "off");
            \(variables)
                    }
                }

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
