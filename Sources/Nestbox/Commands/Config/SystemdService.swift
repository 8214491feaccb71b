import NestboxGateway

/// A service of systemd for an application.
///
/// What it says with the defaults, and for a program in `/usr/local/bin`, is the shipped `systemd/nestbox.service`.
struct SystemdService: Sendable {
    let site: Site
    /// The options of the program, as they were typed.
    let options: [String]
    /// The user that the service runs as; a new one each time without it.
    let userName: String?
    /// What the program writes to, besides the directories that the service makes.
    let directories: [String]

    /// The options that the command has for this.
    static let commandOptions = [
        ConfigurationOption("program", "The program's file on the server. Default: where it is here."),
        ConfigurationOption("user", "Whom the service runs as. Default: a user that exists while it runs."),
    ]

    init(_ context: CommandContext) throws(StartError) {
        site = try Site(context)
        guard site.path.hasPrefix("/") else {
            throw StartError("--program=\(site.path.printable): the value must be an absolute path", isUsage: true)
        }
        options = Array(context.programArguments.dropFirst())
        userName = context.option("user") == nil ? nil : site.user
        for option in options where option.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            throw StartError("'\(option.printable)' cannot stand in a unit of systemd, which is made of lines")
        }
        let file = context.configuration.sessions.file.directory
        directories = [file].compactMap { $0 }.filter { !$0.hasPrefix("/var/lib/nestbox/") }
    }

    private var unit: String { site.program.lowercased() }
    private var grace: Int64 { site.timeouts.grace.components.seconds }
    private var group: String { options.value(of: "--socket-group") ?? "www-data" }

    /// The program with its options, of which two are needed.
    private var command: String {
        var words = [site.path]
        if options.value(of: "--listen") == nil { words += ["--listen", "\(site.socket)"] }
        words += options
        if case .unix = site.socket, options.value(of: "--socket-group") == nil {
            words += ["--socket-group", "www-data"]
        }
        return words.map(Self.quoted).joined(separator: " ")
    }

    /// A word of a command line of systemd, which knows quotes, specifiers and variables.
    private static func quoted(_ word: String) -> String {
        var text = ""
        for character in word {
            switch character {
            case "%": text += "%%"
            case "$": text += "$$"
            case "\"", "\\": text += "\\\(character)"
            default: text.append(character)
            }
        }
        return text.isEmpty || text.contains(where: { " ';\"\\".contains($0) }) ? "\"\(text)\"" : text
    }

    /// The directory of the socket, which the service makes below /run.
    private var runtimeDirectory: String? {
        guard case .unix(let path) = site.socket, path.hasPrefix("/run/") else { return nil }
        let parts = path.dropFirst(5).split(separator: "/").dropLast()
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }

    var text: String {
        """
        # A service of systemd for one Nestbox application. Works with systemd 247 (Debian 11) and later.
        #
        #   1. Copy this file to /etc/systemd/system/\(unit).service, with the application's name.
        #   2. Change the lines below the two that say "yours".
        #   3. systemctl daemon-reload && systemctl enable --now \(unit)
        #
        # A new version of the program: put it in the place of the old one with mv, not by writing into it, and
        #   systemctl reload \(unit)
        # No request is lost, and when the new version does not start, the old one goes on. docs/systemd.md says more.

        [Unit]
        Description=\(site.program), a Nestbox application
        After=network.target

        [Service]
        # yours: the program and its options, see --help. Under nestbox.socket what --listen says does not count.
        ExecStart=\(command)
        # yours: the group of the web server, as in --socket-group; only members of a group may give it a file.
        SupplementaryGroups=\(group)

        # The program says when it serves, when it reloads, and which process stands for it afterwards.
        Type=notify
        ExecReload=/bin/kill -HUP $MAINPID
        # With --processes each process that ends is replaced by the program itself; this is for the rest.
        Restart=on-failure
        RestartSec=1s

        # Requests under way get --timeouts-grace (\(grace) s), and this must be longer.
        TimeoutStopSec=\(grace + 10)s
        # Longer than --timeouts-start (30 s).
        TimeoutStartSec=60s

        \(user)UMask=0077
        # Configuration by environment, NESTBOX_WORKERS=8 for example; readable for root alone, as secrets may be in it.
        EnvironmentFile=-/etc/nestbox/\(unit).env

        # Each connection is a descriptor, and an upload on it another one: twice --limits-connections (\(site.connections)), and some.
        LimitNOFILE=\(4 * max(256, site.connections))

        # What an application does not need, and an attacker would like to have.
        NoNewPrivileges=yes
        CapabilityBoundingSet=
        ProtectSystem=strict
        ProtectHome=yes
        ProtectProc=invisible
        ProtectClock=yes
        ProtectHostname=yes
        ProtectControlGroups=yes
        ProtectKernelLogs=yes
        ProtectKernelModules=yes
        ProtectKernelTunables=yes
        PrivateTmp=yes
        PrivateDevices=yes
        RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
        RestrictNamespaces=yes
        RestrictRealtime=yes
        RestrictSUIDSGID=yes
        LockPersonality=yes
        MemoryDenyWriteExecute=yes
        SystemCallArchitectures=native
        SystemCallFilter=@system-service
        SystemCallErrorNumber=EPERM

        [Install]
        WantedBy=multi-user.target

        """
    }

    private var user: String {
        let other = (directories + [socketDirectory].compactMap { $0 }).map { "ReadWritePaths=-\($0)\n" }.joined()
        let runtime = runtimeDirectory ?? "nestbox"
        return """
            # \(userComment), /run/\(runtime) for the socket, and /var/lib/nestbox for what is to stay: for files
            # of sessions, for example, --session-file-directory /var/lib/nestbox/sessions.
            \(userName.map { "User=\($0)" } ?? "DynamicUser=yes")
            RuntimeDirectory=\(runtime)
            StateDirectory=nestbox
            StateDirectoryMode=0700
            \(other)
            """
    }

    private var userComment: String { userName == nil ? "A user that exists while the service runs" : "Its user" }

    /// Where the socket is, when that is none of the service's own directories.
    private var socketDirectory: String? {
        guard case .unix(let path) = site.socket, runtimeDirectory == nil else { return nil }
        let directory = path.split(separator: "/").dropLast().joined(separator: "/")
        return "/" + directory
    }
}

extension [String] {
    /// The value of an option in a command line.
    func value(of flag: String) -> String? {
        for (index, word) in enumerated() {
            if word == flag { return index + 1 < count ? self[index + 1] : nil }
            if word.hasPrefix(flag + "=") { return String(word.dropFirst(flag.count + 1)) }
        }
        return nil
    }
}
