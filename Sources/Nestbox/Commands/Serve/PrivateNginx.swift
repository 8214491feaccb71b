import Glibc
import NestboxHTTP

/// The nginx that `serve` starts for itself.
enum PrivateNginx {
    /// Where nginx is.
    ///
    /// Debian keeps servers out of users' `PATH`: beside each `bin` its `sbin` is looked at, too.
    /// - Throws: ``StartError`` with the command that installs it.
    static func find(path: String?) throws(StartError) -> String {
        let directories = Self.directories(path)
        if let found = find("nginx", in: directories) { return found }
        let command =
            installers.first { find($0.tool, in: directories) != nil }?.command
            ?? "the packages of your system"
        let prefix = command.hasPrefix("the") || geteuid() == 0 ? "" : "sudo "
        throw StartError("nginx is missing, behind which serve runs the program. Install it with:  \(prefix)\(command)")
    }

    private static let installers: [(tool: String, command: String)] = [
        ("apt-get", "apt-get install nginx-light"), ("dnf", "dnf install nginx"), ("zypper", "zypper install nginx"),
        ("pacman", "pacman -S nginx"), ("apk", "apk add nginx"),
    ]

    private static func directories(_ path: String?) -> [String] {
        (path ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").flatMap { directory in
            directory.hasSuffix("/bin") ? [String(directory), directory.dropLast(3) + "sbin"] : [String(directory)]
        }
    }

    private static func find(_ name: String, in directories: [String]) -> String? {
        directories.lazy.map { "\($0)/\(name)" }.first { path in
            var status = stat()
            return access(path, X_OK) == 0 && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        }
    }

    /// A whole configuration, with everything that nginx writes below one directory.
    static func configuration(
        _ site: Site, port: UInt16, in directory: ServeDirectory
    ) throws(StartError) -> String {
        var front = try NginxSite(site)
        front.listen = "127.0.0.1:\(port);"
        // A request whose connection waits in the program's queue is not lost when that is started anew.
        front.keepalive = nil
        front.downPage = directory.path("down.html")
        let types = Dictionary(grouping: MediaType.all) { $0.value }.sorted { $0.key < $1.key }.map { type, entries in
            "        \"\(type)\" \(entries.map(\.key).sorted().joined(separator: " "));"
        }
        // As root nginx would give its workers another user, who cannot enter the directory.
        return """
            daemon off;
            \(geteuid() == 0 ? "user root;" : "")
            pid \(directory.path("nginx.pid"));
            error_log stderr warn;
            worker_processes 1;

            events {
                worker_connections 1024;
            }

            http {
                access_log off;
                default_type application/octet-stream;
                types_hash_max_size 4096;
                types {
            \(types.joined(separator: "\n"))
                }

                client_body_temp_path \(directory.path("body"));
                fastcgi_temp_path \(directory.path("fastcgi"));
                proxy_temp_path \(directory.path("proxy"));
                scgi_temp_path \(directory.path("scgi"));
                uwsgi_temp_path \(directory.path("uwsgi"));

            \(front.text)
            }

            """
    }
}
