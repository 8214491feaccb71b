import NestboxGateway

/// A service of systemd for an application.
///
/// What it says with the defaults, and for a program in `/usr/local/bin`, is the shipped `systemd/nestbox.service`.
struct SystemdService: Sendable {
    let program: ProgramPath
    /// The program with its options, of which two are needed.
    let command: [String]
    let gateway: GatewayConfiguration
    let group: String
    /// The user that the service runs as; a new one each time without it.
    let userName: String?
    /// The directories of sockets below /run, which the service makes.
    let runtimeDirectories: [String]
    /// What the program writes to, besides the directories that the service makes.
    let directories: [String]

    /// The options that the command has for this.
    static let commandOptions = [
        ConfigurationOption("program", "The program's file on the server. Default: where it is here."),
        ConfigurationOption("user", "Whom the service runs as. Default: a user that exists while it runs."),
    ]

    init(_ context: CommandContext) throws(StartError) {
        let configuration = context.configuration
        gateway = configuration.gateway
        program = context.programPath
        _ = try Site.path(program.path, "--program")
        guard program.path.hasPrefix("/") else {
            throw StartError("--program=\(program.path.printable): the value must be an absolute path", isUsage: true)
        }
        group = try Self.name(gateway.unixSocket.group ?? "www-data", "--socket-group")
        userName = try context.option("user").map { user throws(StartError) in try Self.name(user, "--user") }

        let listen = gateway.listen.isEmpty ? [program.socket] : gateway.listen
        command = try Self.command(context, program, listen, group)
        var (runtime, others): ([String], [String]) = ([], [])
        for case .unix(let path) in listen {
            let directory = try Site.path(path, "--listen").split(separator: "/").dropLast().joined(separator: "/")
            if directory.hasPrefix("run/") {
                runtime.append(String(directory.dropFirst(4)))
            } else {
                others.append("/\(directory)")
            }
        }
        for directory in runtime where directory.contains(" ") {
            throw StartError("--listen: systemd makes no directory '/run/\(directory)': choose one without blanks")
        }
        runtimeDirectories = runtime.isEmpty ? [program.unit] : runtime.withoutRepetitions
        if let directory = configuration.sessions.file.directory { others.append(directory) }
        if configuration.text("forms.directory") != nil { others.append(gateway.forms.directory) }
        let own = ["/var/lib/\(program.unit)"] + runtimeDirectories.map { "/run/\($0)" }
        directories = others.withoutRepetitions.filter { path in
            !own.contains { path == $0 || path.hasPrefix($0 + "/") }
        }
        for directory in directories { _ = try Site.path(directory, "the directory") }
        if let directory = directories.first, userName == nil {
            throw StartError(
                "\(directory.printable) can belong to no user that exists only while the service runs: name one with --user, "
                    + "or take /var/lib/\(program.unit), which the service makes", isUsage: true)
        }
    }

    /// The program with the options that were typed, of which two are needed.
    /// - Throws: ``StartError`` for what everyone would read in the unit, and nobody should.
    private static func command(
        _ context: CommandContext, _ program: ProgramPath, _ listen: [ListenAddress], _ group: String
    ) throws(StartError) -> [String] {
        let options = context.programOptions
        for (option, words) in options {
            guard !words.contains(where: { $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } }) else {
                throw StartError(
                    "'\(words.joined(separator: " ").printable)' cannot stand in a unit of systemd, which is made of lines"
                )
            }
            guard !InstallationCheck.isSecret(option.variable, words.last ?? "") else {
                throw StartError(
                    "\(option.flag): everyone can read a unit of systemd. Write "
                        + "\(ConfigurationSource.prefix)\(option.variable)=… to /etc/nestbox/\(program.unit).env, for root alone",
                    isUsage: true)
            }
        }
        let given = Set(options.map(\.option.flag))
        var words = [program.path]
        if !given.contains("--listen") { words += ["--listen", listen.map { "\($0)" }.joined(separator: ",")] }
        words += options.flatMap(\.words)
        let hasFile = listen.contains { if case .unix = $0 { true } else { false } }
        if hasFile, !given.contains("--socket-group") { words += ["--socket-group", group] }
        return words
    }

    private static func name(_ text: String, _ origin: String) throws(StartError) -> String {
        guard Site.isName(text) else {
            throw StartError(
                "\(origin)=\(text.printable): a user's or group's name is made of letters, digits, - and _",
                isUsage: true)
        }
        return text
    }

    /// A word as systemd reads it, which knows quotes, specifiers and, in a command line, variables.
    private static func word(_ text: String, inCommand: Bool = false) -> String {
        var word = ""
        for character in text {
            switch character {
            case "%": word += "%%"
            case "$": word += inCommand ? "$$" : "$"
            case "\"", "\\": word += "\\\(character)"
            default: word.append(character)
            }
        }
        return word.isEmpty || word.contains(where: { " ';\"\\".contains($0) }) ? "\"\(word)\"" : word
    }

    private var unit: String { program.unit }
    private var grace: Int64 { gateway.timeouts.grace.components.seconds }
    private var start: Int64 { gateway.timeouts.start.components.seconds }
    private var connections: Int { gateway.limits.connections }

    var text: String {
        """
        # A service of systemd for one Nestbox application. Works with systemd 247 (Debian 11) and later.
        #
        #   1. Copy this file to /etc/systemd/system/\(unit).service, with the application's name.
        #   2. Change the lines below those that say "yours".
        #   3. systemctl daemon-reload && systemctl enable --now \(unit)
        #
        # A new version of the program: put it in the place of the old one with mv, not by writing into it, and
        #   systemctl reload \(unit)
        # No request is lost, and when the new version does not start, the old one goes on. docs/systemd.md says more.

        [Unit]
        Description=\(program.name), a Nestbox application
        After=network.target

        [Service]
        # yours: the program and its options, see --help. Under nestbox.socket what --listen says does not count.
        ExecStart=\(command.map { Self.word($0, inCommand: true) }.joined(separator: " "))
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
        # Longer than --timeouts-start (\(start) s).
        TimeoutStartSec=\(start + 30)s

        # \(userName == nil ? "A user that exists while the service runs." : "Its user.")
        \(userName.map { "User=\($0)" } ?? "DynamicUser=yes")
        # yours: the directory of the socket below /run, and the one below /var/lib for what is to stay: for files of sessions, for
        # example, --session-file-directory /var/lib/\(unit)/sessions. A service takes them from any other that has them.
        RuntimeDirectory=\(runtimeDirectories.joined(separator: " "))
        StateDirectory=\(unit)
        StateDirectoryMode=0700
        \(directories.map { "ReadWritePaths=\(Self.word("-" + $0))\n" }.joined())UMask=0077
        # Configuration by environment, NESTBOX_WORKERS=8 for example; readable for root alone, as secrets may be in it.
        EnvironmentFile=-/etc/nestbox/\(unit).env

        # Each connection is a descriptor, and an upload on it another one: twice --limits-connections (\(connections)), and some.
        LimitNOFILE=\(4 * max(256, connections))

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
}

extension [String] {
    fileprivate var withoutRepetitions: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
