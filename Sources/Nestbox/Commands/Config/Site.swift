import Glibc
import NestboxGateway
import NestboxHTTP

/// What a web server must know of an application to stand in front of it.
struct Site: Sendable {
    /// A directory whose files the web server sends itself.
    struct StaticRoot: Sendable, Equatable {
        /// Where it is on the host, with a slash at both ends.
        var prefix: String
        /// An absolute path without a slash at its end.
        var directory: String
    }

    /// The program's file.
    var program: ProgramPath
    var path: String { program.path }
    /// What the application is called in the configuration.
    var name: String
    /// Where the application listens.
    var socket: ListenAddress
    /// Whether that is configured.
    var hasSocket: Bool
    /// The hosts that it answers for; empty when nothing says so.
    var hosts: [String]
    /// The mount point without a slash at its end; empty for the root.
    var mount: String
    /// The longest body that one of its routes takes.
    var largestBody: Int
    var connections: Int
    var timeouts: GatewayConfiguration.Timeouts
    var handOff: FileHandOff
    var statics: [StaticRoot]

    /// The options that commands have for this.
    static let options = [
        ConfigurationOption("name", "What the application is called there. Default: nestbox."),
        ConfigurationOption("serverName", "Hosts, with commas. Default: allowedHosts, else www.example.org."),
        staticOption,
    ]

    static let staticOption = ConfigurationOption(
        "static",
        "Directories whose files the web server sends: DIR at the mount point, or /assets/=DIR, with commas. "
            + "Default: public beside the program, if it is there.")

    /// Takes together what is configured, of which each web server's own configuration refuses what it cannot hold.
    /// - Parameter defaultStatic: Whether the directory `public` beside the program counts when no other is named.
    /// - Throws: ``StartError`` for options of the command that make no sense.
    init(_ context: CommandContext, defaultStatic: Bool = true) throws(StartError) {
        let gateway = context.configuration.gateway
        program = context.programPath
        name = context.option("name") ?? "nestbox"
        guard Self.isName(name) else {
            throw StartError("--name=\(name.printable): a name is made of letters, digits, - and _", isUsage: true)
        }
        socket = gateway.listen.first ?? program.socket
        hasSocket = !gateway.listen.isEmpty
        let hosts = context.option("serverName") ?? context.configuration.text("allowedHosts") ?? ""
        self.hosts = try Self.hosts(hosts)
        mount = gateway.basePath ?? ""
        largestBody = max(gateway.limits.body, context.application.largestBody)
        (connections, timeouts, handOff) = (gateway.limits.connections, gateway.timeouts, gateway.fileHandOff)
        statics = try Self.statics(context.option("static") ?? (defaultStatic ? nil : ""), mount)
    }

    /// Checks what stands in every web server's configuration.
    /// - Throws: ``StartError`` for what none can hold, and for a location that would stand for two things.
    func check(_ handOffs: [FileHandOff.Location]) throws(StartError) {
        if case .unix(let path) = socket { _ = try Self.path(path, "--listen") }
        try Self.checkLocation(mount, "--base-path")
        var taken: Set<String> = statics.contains { $0.prefix == mount + "/" } ? [] : [mount + "/"]
        for location in statics.map(\.prefix) + handOffs.map({ $0.prefix.withSlash }) {
            guard taken.insert(location).inserted else {
                throw StartError("\(location) would stand for two things: choose another location for one of them")
            }
        }
    }

    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-_".utf8.contains($0) }
            && text.first != "-"
    }

    /// Text that needs no quotes but for its blanks: web servers and systemd expand and escape differently.
    @discardableResult
    static func path(_ text: String, _ origin: String) throws(StartError) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && scalar.value != 0x7F && !#""\$%{};'"#.unicodeScalars.contains(scalar)
        }
        guard isPlain, !text.isEmpty else {
            throw StartError(
                "\(origin): '\(text.printable)' cannot stand in a configuration, because of its quotes, braces or "
                    + "signs: choose a path of letters, digits, blanks and -._~/")
        }
        return text
    }

    static func checkLocation(_ text: String, _ origin: String) throws(StartError) {
        let isPlain = text.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-._~/".utf8.contains($0) }
        guard isPlain, text.isEmpty || text.hasPrefix("/"), !text.contains("//") else {
            throw StartError(
                "\(origin): '\(text.printable)' cannot stand in a web server's configuration: choose a path of letters, "
                    + "digits and -._~/")
        }
    }

    /// Names as web servers write them: without a port, with a dot or an asterisk in front for all below.
    private static func hosts(_ text: String) throws(StartError) -> [String] {
        var hosts: [String] = []
        for host in GatewayConfiguration.list(text) {
            if host.contains(":") {
                let address = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
                if IPAddress(address) != nil {
                    hosts.append("[\(address)]")
                    continue
                }
            }
            let labels = (host.hasPrefix(".") ? host.dropFirst() : host[...])
                .split(separator: ".", omittingEmptySubsequences: false)
            let isName = labels.allSatisfy { label in
                label == "*"
                    || !label.isEmpty && label.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-_".utf8.contains($0) }
            }
            guard isName else {
                throw StartError(
                    "'\(host.printable)' is no host: write names such as www.example.org, without ports, with commas",
                    isUsage: true)
            }
            hosts.append(host)
        }
        return hosts
    }

    private static func statics(_ text: String?, _ mount: String) throws(StartError) -> [StaticRoot] {
        guard let text else {
            let directory = "\(CommandLine.programDirectory)/public"
            var status = stat()
            guard stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [] }
            return [StaticRoot(prefix: mount + "/", directory: try checked(directory))]
        }
        var roots: [StaticRoot] = []
        for entry in GatewayConfiguration.list(text) where !entry.isEmpty {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let prefix = parts.count == 2 ? parts[0] : mount + "/"
            try checkLocation(prefix, "--static")
            guard prefix.hasPrefix("/"), let directory = parts.last, !directory.isEmpty else {
                throw StartError("--static=\(entry.printable): write DIR or /assets/=DIR", isUsage: true)
            }
            // What is typed is meant from where it is typed.
            let root = FileRoot.absolute(directory, below: CommandLine.workingDirectory)
            roots.append(StaticRoot(prefix: prefix.withSlash, directory: try checked(root)))
        }
        return roots
    }

    /// A directory that may be anywhere but where the program is, with its configuration.
    private static func checked(_ directory: String) throws(StartError) -> String {
        _ = try path(directory, "--static")
        // On another machine it may be there.
        guard access(directory, F_OK) == 0 else { return directory }
        do {
            try FileMiddleware(FileRoot(directory)).check(behind: [])
        } catch {
            throw StartError("--static: \(error)")
        }
        return directory
    }
}

extension String {
    /// The text with a slash at its end.
    var withSlash: String { hasSuffix("/") ? self : self + "/" }
}

extension CommandLine {
    /// The name of the program's file.
    static var programFile: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
        let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/").last.map(String.init) ?? programName
    }

    /// The working directory; `/` when it is not there any more.
    static var workingDirectory: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard getcwd(&buffer, buffer.count) != nil else { return "/" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
