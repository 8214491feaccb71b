import Glibc
import NestboxTesting
import Testing

/// The program Mirror in one of its homes: a real web server with a configuration that this package ships.
final class Front {
    enum Home: String, CaseIterable, CustomTestStringConvertible, Sendable {
        case nginx = "nginx, FastCGI"
        case apache = "Apache, mod_proxy_fcgi"
        case apacheMounted = "Apache, mod_proxy_fcgi, below a path"
        case apacheSpawned = "Apache, mod_fcgid"
        case apacheCGI = "Apache, mod_cgid"
        case lighttpd = "lighttpd, mod_fastcgi"
        case lighttpdMounted = "lighttpd, mod_fastcgi, below a path"
        case lighttpdSpawned = "lighttpd, mod_fastcgi with bin-path"
        case lighttpdCGI = "lighttpd, mod_cgi"

        var testDescription: String { rawValue }

        var isNginx: Bool { self == .nginx }
        var isLighttpd: Bool { [.lighttpd, .lighttpdMounted, .lighttpdSpawned, .lighttpdCGI].contains(self) }
        var isApache: Bool { !isNginx && !isLighttpd }
        var isCGI: Bool { self == .apacheCGI || self == .lighttpdCGI }
        /// Whether the web server starts the program.
        var isSpawned: Bool { isCGI || self == .apacheSpawned || self == .lighttpdSpawned }
        /// Where its shipped configuration mounts the program.
        var basePath: String { isCGI || self == .apacheMounted || self == .lighttpdMounted ? "/app" : "" }

        static var installed: [Home] {
            allCases.filter { home in
                if home.isNginx { return NginxServer.isInstalled }
                if home.isLighttpd { return LighttpdServer.isInstalled }
                return ApacheServer.isInstalled && (home != .apacheSpawned || ApacheServer.hasModule("fcgid"))
            }
        }
    }

    let home: Home
    let server: any WebServer
    /// The program, where it is not the web server that starts it.
    let program: ExampleProgram?

    /// Starts the program and the web server.
    /// - Parameters:
    ///   - settings: The program's configuration, by the names of its environment.
    ///   - extra: Directives of the web server beside the shipped ones, outside of their sections.
    ///   - modules: Modules of Apache that these need.
    ///   - certificate: What the web server shows to its clients, all of whom speak TLS then.
    ///   - change: Changes the shipped configuration of Apache or lighttpd, for what it cannot be had from outside.
    init(
        _ home: Home, settings: [String: String] = [:], extra: String = "", modules: [String] = [],
        certificate: Certificate? = nil, change: (String) -> String = { $0 }
    ) throws {
        self.home = home
        program = home.isSpawned ? nil : try ExampleProgram("Mirror", environment: settings)
        let install: (TemporaryDirectory) throws -> Void = { directory in
            guard home.isSpawned else { return }
            mkdir(directory.path("bin"), 0o755)
            try OtherUser.install("Mirror", as: directory.path("bin/app.cgi"))
            for name in ["bin/app.cgi.new", "bin/.app.cgi"] { try directory.write("SECRET", to: name, mode: 0o644) }
            try directory.write(settings.map { "\($0)=\($1)\n" }.joined(), to: "bin/nestbox.env")
        }
        let socket = program.map { "\($0.socket)" } ?? ""
        let path = String(socket.dropFirst("unix:".count))
        if home.isNginx, let program {
            server = try NginxServer(before: program.socket, http: extra, certificate: certificate)
        } else if home.isLighttpd {
            let text = try ShippedConfiguration.text(home.file, home.changesOfLighttpd(path))
            let tls = certificate.map {
                "server.modules += (\"mod_openssl\")\nssl.engine = \"enable\"\nssl.pemfile = \"\($0.path)\"\n"
            }
            server = try LighttpdServer((tls ?? "") + change(text) + "\n" + extra, prepare: install)
        } else {
            var text = change(try ShippedConfiguration.text(home.file, home.changesOfApache(socket)))
            if let certificate {
                let tls = "SSLEngine on\nSSLCertificateFile \(certificate.path)\n"
                let host = "<VirtualHost *:80>\n"
                text = text.contains(host) ? text.replacing(host, with: host + tls) : tls + text
            }
            server = try ApacheServer(
                extra + "\n" + text, modules: home.modules + modules + (certificate == nil ? [] : ["ssl"]),
                before: program?.socket, prepare: install)
        }
    }

    /// Sends one request on a connection of its own; `target` is below the mount point.
    func request(
        _ method: String = "GET", _ target: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        chunkSize: Int? = nil
    ) throws -> HTTPConnection.Response {
        try server.request(method, home.basePath + target, headers: headers, body: body, chunkSize: chunkSize)
    }

    /// Sends a request, and returns what has arrived of it.
    func reflect(
        _ method: String = "GET", _ target: String = "/", headers: [(String, String)] = [], body: [UInt8]? = nil,
        chunkSize: Int? = nil
    ) throws -> Reflection {
        try Reflection(request(method, target, headers: headers, body: body, chunkSize: chunkSize))
    }
}

extension Front.Home {
    /// The shipped configuration.
    fileprivate var file: String {
        switch self {
        case .nginx: "nginx/nestbox.conf"
        case .apache: "apache/nestbox.conf"
        case .apacheMounted: "apache/mounted.conf"
        case .apacheSpawned: "apache/fcgid.conf"
        case .apacheCGI: "apache/cgi.conf"
        case .lighttpd: "lighttpd/nestbox.conf"
        case .lighttpdMounted: "lighttpd/mounted.conf"
        case .lighttpdSpawned: "lighttpd/spawned.conf"
        case .lighttpdCGI: "lighttpd/cgi.conf"
        }
    }

    /// What stands in place of the lines that are the reader's.
    fileprivate func changesOfApache(_ socket: String) -> [String] {
        let host = ["<VirtualHost *:80>", "ServerName www.example.org"]
        let directory = #"<Directory "/srv/example/bin">"#
        switch self {
        case .apache: return host + [#"ProxyPass "/" "\#(socket)|fcgi://nestbox/" \"#]
        case .apacheMounted: return [#"ProxyPass "/app/" "\#(socket)|fcgi://nestbox/" \"#]
        case .apacheSpawned: return host + [#"ScriptAlias "/" "/srv/example/bin/app.cgi/""#, directory]
        default: return [#"ScriptAlias "/app" "/srv/example/bin/app.cgi""#, directory]
        }
    }

    /// What stands in place of the lines that are the reader's.
    fileprivate func changesOfLighttpd(_ socket: String) -> [String] {
        let everyHost = #"$HTTP["host"] =~ "." {"#
        let connection = #""socket" => "\#(socket)","#
        switch self {
        case .lighttpd: return [everyHost, connection]
        case .lighttpdMounted: return [connection]
        case .lighttpdSpawned:
            return [
                everyHost, #""bin-path" => "/srv/example/bin/app.cgi","#, #""socket" => "/srv/example/app.sock","#,
            ]
        default: return [#"$HTTP["url"] =~ "^/app(/|$)" {"#, #"alias.url += ( "/app" => "/srv/example/bin/app.cgi" )"#]
        }
    }

    /// The modules that the shipped configuration names, and no others.
    fileprivate var modules: [String] {
        switch self {
        case .apache: ["proxy", "proxy_fcgi", "env"]
        case .apacheMounted: ["proxy", "proxy_fcgi", "env", "alias"]
        case .apacheSpawned: ["fcgid", "env", "alias"]
        case .apacheCGI: ["cgid", "env", "alias"]
        default: []
        }
    }
}
