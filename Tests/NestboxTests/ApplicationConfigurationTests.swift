import Configuration
import NestboxTesting
import Testing

@testable import Nestbox

@Suite("the configuration", .timeLimit(.minutes(1)))
struct ApplicationConfigurationTests {
    private func read(
        _ arguments: [String]? = [], environment: KeyValuePairs<String, String> = [:], file: String? = nil,
        options: [ConfigurationOption] = []
    ) throws -> ApplicationConfiguration {
        let directory = try TemporaryDirectory()
        if let file { try directory.write(file, to: "nestbox.env") }
        return try ApplicationConfiguration(
            arguments: arguments.map { ["/usr/bin/app"] + $0 },
            environment: environment.map { (name: $0.key, value: $0.value) },
            file: directory.path("nestbox.env"), options: options)
    }

    private func message(
        _ arguments: [String]? = [], environment: KeyValuePairs<String, String> = [:], file: String? = nil,
        options: [ConfigurationOption] = []
    ) -> String {
        let error = #expect(throws: StartError.self) {
            try read(arguments, environment: environment, file: file, options: options)
        }
        return error?.description ?? ""
    }

    // MARK: Sources

    @Test("has the defaults when nothing is said")
    func defaults() throws {
        let configuration = try read()
        #expect(configuration.gateway.listen.isEmpty)
        #expect(configuration.gateway.workers >= 4)
        #expect(configuration.gateway.limits.body == 16 << 20)
        #expect(configuration.gateway.timeouts.handler == nil)
        #expect(configuration.gateway.basePath == nil)
        #expect(configuration.logLevel == nil)
        #expect(!configuration.wantsHelp)
    }

    @Test("counts on the command line first, then in the environment, then in the file")
    func order() throws {
        let file = "NESTBOX_WORKERS=3\nNESTBOX_LIMITS_BODY=3\nNESTBOX_LIMITS_BACKLOG=3\n"
        let configuration = try read(
            ["--workers", "1"], environment: ["NESTBOX_WORKERS": "2", "NESTBOX_LIMITS_BODY": "2"], file: file)
        #expect(configuration.gateway.workers == 1)
        #expect(configuration.gateway.limits.body == 2)
        #expect(configuration.gateway.limits.backlog == 3)
    }

    @Test("is not read from the arguments of a CGI program, which a URL can set (fastcgi-facts item 73)")
    func cgi() throws {
        #expect(try read(nil, environment: ["NESTBOX_WORKERS": "2"]).gateway.workers == 2)
        #expect(try !read(nil).wantsHelp)
    }

    @Test(
        "is written --key value or --key=value",
        arguments: [["--workers", "7"], ["--workers=7"], ["--workers", "6", "--workers", "7"]])
    func flags(arguments: [String]) throws {
        #expect(try read(arguments).gateway.workers == 7)
    }

    static let files = [
        "NESTBOX_WORKERS=7", "NESTBOX_WORKERS=7\n", "\n# NESTBOX_WORKERS=8\n \t \nNESTBOX_WORKERS=7",
        "NESTBOX_WORKERS=7\r\n",
        "NESTBOX_BASE_PATH=/x\r\nNESTBOX_WORKERS=7\r\nNESTBOX_LIMITS_BODY=1\r\n", "\u{FEFF}NESTBOX_WORKERS=7",
        "NESTBOX_WORKERS=\"7\"", "NESTBOX_WORKERS='7'", "  NESTBOX_WORKERS = 7  ",
        "NESTBOX_WORKERS=8\nNESTBOX_WORKERS=7",
        "PATH=/bin\nOTHER_SECRET=x=y\nNESTBOX_WORKERS=7\n",
    ]

    @Test("is a file of lines, which may have been written on another system", arguments: files)
    func file(text: String) throws {
        #expect(try read(file: text).gateway.workers == 7)
    }

    static let quoted = [
        ("\"a b\"", "a b"), ("'a\"'", "a\""), ("\"a'", "\"a'"), ("\"", "\""), ("\"\"", ""), ("a=b#c", "a=b#c"),
    ]

    @Test("keeps what is inside of quotes", arguments: quoted)
    func quotes(text: String, value: String) throws {
        let configuration = try read(file: "NESTBOX_TITLE=\(text)\n", options: [.init("title", "")])
        #expect(configuration.reader.string(forKey: "title") == value)
    }

    @Test("is not read from a file that is no text or cannot be read")
    func unreadable() throws {
        let directory = try TemporaryDirectory()
        #expect(throws: StartError.self) {
            try ApplicationConfiguration(arguments: nil, environment: [], file: directory.path)
        }
        let large = message(file: "#" + String(repeating: "x", count: 1 << 20) + "\n")
        #expect(large.contains("larger than"))
        let line = message(file: "NESTBOX_WORKERS=1\nhunter2\n")
        #expect(line.contains("line 2"))
        #expect(!line.contains("hunter2"))
    }

    // MARK: What is refused

    static let unknown: [([String], KeyValuePairs<String, String>, String?, String)] = [
        (["--wrokers", "1"], [:], nil, "--wrokers"), (["--workers=1", "--Workers=1"], [:], nil, "--Workers"),
        (["workers"], [:], nil, "'workers'"), (["-w"], [:], nil, "-w"), (["--"], [:], nil, "--"),
        (["---workers", "1"], [:], nil, "---workers"),
        (["--workers"], [:], nil, "--workers needs a value"), ([""], [:], nil, "''"),
        ([], ["NESTBOX_WROKERS": "1"], nil, "the environment: NESTBOX_WROKERS"),
        ([], ["NESTBOX_": "1"], nil, "NESTBOX_"), ([], ["NESTBOX_workers": "1"], nil, "NESTBOX_workers"),
        ([], [:], "NESTBOX_WROKERS=1", "nestbox.env: NESTBOX_WROKERS"),
    ]

    @Test("with a key that no one knows stops the start and names the key", arguments: unknown)
    func unknownKeys(arguments: [String], environment: KeyValuePairs<String, String>, file: String?, text: String) {
        #expect(message(arguments, environment: environment, file: file).contains(text))
    }

    @Test("ignores other programs' variables")
    func otherVariables() throws {
        let configuration = try read(environment: [
            "PATH": "/bin", "NESTBOXING": "1", "nestbox_workers": "1", "HTTP_NESTBOX_WORKERS": "1",
        ])
        #expect(configuration.gateway.workers == GatewayConfiguration().workers)
    }

    static let impossible: [(String, [String])] = [
        ("workers", ["", "0", "-1", "1025", "four", "1.5", " 1", "1 ", "0x10", "99999999999999999999"]),
        ("limits-body", ["-1", "1GB", "1099511627777"]),
        ("limits-parameter-count", ["0", "31"]),
        ("forms-header-size", ["255", "1048577"]), ("forms-files", ["-1", "10001"]), ("forms-directory", [""]),
        ("session-file-directory", [""]), ("session-secret-file", [""]),
        ("timeouts-header", ["", "0", "-1", "nan", "inf", "1e9", "10s", "86401"]),
        ("timeouts-handler", ["-0.5", "nan", "x"]), ("timeouts-start", ["0", "86401", "soon"]),
        ("processes", ["", "-1", "1025", "two"]), ("when-replaced", ["", "restart", "leave,reload"]),
        ("socket-mode", ["", "888", "1000", "rw", "-1", "0o660"]),
        ("socket-owner", [""]), ("socket-group", [""]),
        ("base-path", ["app", "/", "/app/", "http://x"]),
        ("listen", ["9000", ":9000", "unix:", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:x", "unix:/a,9000"]),
        ("trusted-proxies", ["proxy.test", "10.0.0.0/33", "::1,x"]),
        ("allowed-hosts", ["", "*", "a b", "example.org:80"]),
        ("limits-headers", ["15", "100001", "x"]),
        ("limits-cookies", ["0", "100001"]),
        ("allowed-clients", ["all", "*"]),
        ("log-level", ["", "loud", "warn"]),
    ]

    @Test("with a value that cannot be stops the start and names key, value and source", arguments: impossible)
    func impossibleValues(option: String, values: [String]) {
        let variable = "NESTBOX_" + option.uppercased().split(separator: "-").joined(separator: "_")
        for value in values {
            let line = message(["--\(option)", value])
            #expect(line.contains("--\(option)=\(value) in the command line"), "\(line)")
            let environment = message(environment: [variable: value])
            #expect(environment.contains("\(variable)=\(value) in the environment"), "\(environment)")
            guard value == value.filter({ $0 != " " }) else { continue }
            let file = message(file: "\(variable)=\(value)")
            #expect(file.contains("\(variable)=\(value) in ") && file.contains("nestbox.env"), "\(file)")
        }
    }

    static let borders: [(String, String, @Sendable (GatewayConfiguration) -> Bool)] = [
        ("workers", "1", { $0.workers == 1 }), ("workers", "1024", { $0.workers == 1024 }),
        ("limits-headers", "16", { $0.limits.headers == 16 }), ("limits-cookies", "1", { $0.limits.cookies == 1 }),
        (
            "allowed-hosts", "example.org, .b.test,::1",
            { (try? AllowedHosts(["example.org", ".b.test", "::1"])) == $0.allowedHosts }
        ),
        ("limits-body", "0", { $0.limits.body == 0 }), ("limits-body", "1099511627776", { $0.limits.body == 1 << 40 }),
        ("forms-fields", "0", { $0.forms.fields == 0 }), ("forms-files", "20", { $0.forms.files == 20 }),
        ("forms-header-size", "256", { $0.forms.headerSize == 256 }),
        ("forms-fields-size", "1", { $0.forms.fieldsSize == 1 }), ("forms-file-size", "2", { $0.forms.fileSize == 2 }),
        ("forms-size", "1099511627776", { $0.forms.size == 1 << 40 }), ("forms-memory", "0", { $0.forms.memory == 0 }),
        ("forms-directory", "/srv/uploads", { $0.forms.directory == "/srv/uploads" }),
        ("timeouts-header", "0.01", { $0.timeouts.header == .milliseconds(10) }),
        ("processes", "0", { $0.processes == 0 }), ("processes", "1024", { $0.processes == 1024 }),
        ("when-replaced", "leave", { $0.whenReplaced == .leave }),
        ("when-replaced", "Reload", { $0.whenReplaced == .reload }),
        ("when-replaced", "ignore", { $0.whenReplaced == .ignore }),
        ("timeouts-start", "0.5", { $0.timeouts.start == .milliseconds(500) }),
        ("timeouts-grace", "86400", { $0.timeouts.grace == .seconds(86_400) }),
        ("timeouts-handler", "0", { $0.timeouts.handler == nil }),
        ("timeouts-handler", "1.5", { $0.timeouts.handler == .milliseconds(1500) }),
        ("socket-mode", "0", { $0.unixSocket.mode == 0 }), ("socket-mode", "0777", { $0.unixSocket.mode == 0o777 }),
        ("socket-group", "www-data", { $0.unixSocket.group == "www-data" }),
        ("base-path", "", { $0.basePath == "" }), ("base-path", "/a/b", { $0.basePath == "/a/b" }),
        ("listen", "unix:/run/a.sock", { $0.listen == [.unix("/run/a.sock")] }),
        (
            "listen", "[::1]:0, 127.0.0.1:65535",
            { $0.listen == [.tcp(host: "::1", port: 0), .tcp(host: "127.0.0.1", port: 65_535)] }
        ),
        ("allowed-clients", "10.0.0.0/8, ::1", { $0.allowedClients == ["10.0.0.0/8", "::1"] }),
    ]

    @Test("takes values up to the borders", arguments: borders)
    func values(option: String, value: String, isRight: @Sendable (GatewayConfiguration) -> Bool) throws {
        #expect(isRight(try read(["--\(option)", value]).gateway))
    }

    @Test("lets relative paths start at the program's directory, since no one knows the working directory")
    func paths() throws {
        let program = CommandLine.programDirectory
        let configuration = try read(
            ["--forms-directory", "uploads"], environment: ["NESTBOX_SESSION_FILE_DIRECTORY": "../data/sessions"],
            file: "NESTBOX_SESSION_SECRET_FILE=./counter.secret\n")
        #expect(configuration.gateway.forms.directory == "\(program)/uploads")
        let parent = program.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        #expect(configuration.sessions.file.directory == "\(parent)/data/sessions")
        #expect(configuration.sessions.secretFile == "\(program)/counter.secret")
        #expect(try read(["--forms-directory", "/srv/../srv/x/"]).gateway.forms.directory == "/srv/../srv/x/")
    }

    @Test("takes lists with spaces")
    func lists() throws {
        #expect(throws: Never.self) { try read(["--trusted-proxies", "10.0.0.0/8, ::1 ,unix"]) }
        #expect(try read(["--allowed-clients", "10.0.0.0/8, ::1"]).gateway.allowedClients == ["10.0.0.0/8", "::1"])
    }

    @Test("takes levels of the log in any case", arguments: Logger.Level.allCases)
    func levels(level: Logger.Level) throws {
        #expect(try read(["--log-level", level.rawValue]).logLevel == level)
        #expect(try read(["--log-level", level.rawValue.uppercased()]).logLevel == level)
    }

    // MARK: The program's own options

    static let own: [ConfigurationOption] = [
        .init("session.secret", "Signs sessions."), .init("baseURL", "Where the site is."),
        .init("smtp.host-name", "Mail."),
        .init("retries", "How often."), .init("v2.apiKey", "A key."),
    ]

    @Test("reads a program's own keys from every source")
    func ownOptions() throws {
        let configuration = try read(
            ["--base-url", "https://a.test", "--smtp-host-name=mail.test"],
            environment: ["NESTBOX_SESSION_SECRET": "hunter2", "NESTBOX_V2_API_KEY": "k"], file: "NESTBOX_RETRIES=3\n",
            options: Self.own)
        let reader = configuration.reader
        #expect(reader.string(forKey: "baseURL") == "https://a.test")
        #expect(reader.string(forKey: "smtp.host-name") == "mail.test")
        #expect(reader.string(forKey: "session.secret", isSecret: true) == "hunter2")
        #expect(reader.string(forKey: "v2.apiKey") == "k")
        #expect(reader.int(forKey: "retries") == 3)
        #expect(reader.string(forKey: "workers") == nil)
    }

    @Test("never shows a secret in a message")
    func secrets() {
        let messages = [
            message(["--sesion-secret=hunter2"], options: Self.own),
            message(environment: ["NESTBOX_SESION_SECRET": "hunter2"], options: Self.own),
            message(file: "NESTBOX_SESION_SECRET=hunter2", options: Self.own),
            message(["--session-secret", "hunter2", "--workers", "0"], options: Self.own),
            message(file: "NESTBOX_SESSION_SECRET=hunter2\nhunter2", options: Self.own),
        ]
        for message in messages { #expect(!message.contains("hunter2"), "\(message)") }
    }

    // MARK: Help

    @Test("has a help text with every option and default, which needs no right configuration on the command line")
    func help() throws {
        let configuration = try read(["--nonsense", "--help"], options: Self.own)
        #expect(configuration.wantsHelp)
        let help = configuration.help(program: "birds")
        for option in ConfigurationOption.gateway + Self.own {
            #expect(help.contains("  \(option.flag) "), "\(option.key)")
            #expect(help.contains(option.help), "\(option.key)")
        }
        #expect(help.hasPrefix("birds: "))
        #expect(help.split(separator: "\n", omittingEmptySubsequences: false).allSatisfy { $0.count <= 130 })
        #expect(try read(["-h"]).wantsHelp)
    }

    @Test("has a help text whose defaults are true")
    func helpDefaults() throws {
        let configuration = GatewayConfiguration()
        let defaults: KeyValuePairs<String, Int> = [
            "limits.connections": configuration.limits.connections, "limits.backlog": configuration.limits.backlog,
            "limits.body": configuration.limits.body, "limits.drainedBody": configuration.limits.drainedBody,
            "limits.parametersSize": configuration.limits.parametersSize,
            "limits.parameterValueSize": configuration.limits.parameterValueSize,
            "limits.parameterCount": configuration.limits.parameterCount,
            "forms.fields": configuration.forms.fields, "forms.files": configuration.forms.files,
            "forms.headerSize": configuration.forms.headerSize, "forms.fieldsSize": configuration.forms.fieldsSize,
            "forms.memory": configuration.forms.memory,
            "timeouts.header": Int(configuration.timeouts.header / .seconds(1)),
            "timeouts.body": Int(configuration.timeouts.body / .seconds(1)),
            "timeouts.write": Int(configuration.timeouts.write / .seconds(1)),
            "timeouts.idle": Int(configuration.timeouts.idle / .seconds(1)),
            "timeouts.linger": Int(configuration.timeouts.linger / .seconds(1)),
            "timeouts.grace": Int(configuration.timeouts.grace / .seconds(1)),
            "timeouts.start": Int(configuration.timeouts.start / .seconds(1)), "processes": configuration.processes,
        ]
        for (key, value) in defaults {
            let options = ConfigurationOption.gateway + ConfigurationOption.processes + ConfigurationOption.forms
            let option = try #require(options.first { $0.key == key })
            #expect(option.help.hasSuffix("Default: \(value)."), "\(key)")
        }
        let mode = try #require(ConfigurationOption.gateway.first { $0.key == "socket.mode" })
        #expect(mode.help.hasSuffix("Default: \(String(configuration.unixSocket.mode, radix: 8))."))
        let clients = try #require(ConfigurationOption.gateway.first { $0.key == "allowedClients" })
        #expect(clients.help.hasSuffix("Default: \(configuration.allowedClients.joined(separator: ","))."))
    }

    @Test("has every option of the gateway and of forms once, and reads each of them")
    func everyOption() throws {
        let options = ConfigurationOption.gateway + ConfigurationOption.processes + ConfigurationOption.forms
        #expect(Set(options.map(\.variable)).count == options.count)
        #expect(Set(options.map(\.flag)).count == options.count)
        for option in options {
            // No option takes this: one that is not refused is never looked at.
            guard option.key != "socket.owner", option.key != "socket.group" else { continue }
            #expect(message([option.flag, "\u{1}"]).contains(option.flag))
        }
    }

    // MARK: Files

    @Test("says which files the web server sends")
    func fileHandOff() throws {
        #expect(try read().gateway.fileHandOff == .none)
        #expect(
            try read(["--files-accel-redirect", "/protected/=/srv/a=b, /more=/srv/c"]).gateway.fileHandOff
                == .accelRedirect([
                    .init(prefix: "/protected/", directory: "/srv/a=b"), .init(prefix: "/more", directory: "/srv/c"),
                ]))
        #expect(
            try read(environment: ["NESTBOX_FILES_SENDFILE": "/srv/a,/srv/b"]).gateway.fileHandOff
                == .sendfile(below: ["/srv/a", "/srv/b"]))
    }

    @Test(
        "refuses a hand-off of files that cannot be",
        arguments: [
            ["--files-accel-redirect", ""], ["--files-accel-redirect", "/protected/"],
            ["--files-accel-redirect", "/p/=srv"],
            ["--files-accel-redirect", "p/=/srv"], ["--files-accel-redirect", "//p/=/srv"],
            ["--files-accel-redirect", "/p?/=/srv"],
            ["--files-sendfile", "srv"],
            ["--files-sendfile", ""], ["--files-sendfile", "/srv", "--files-accel-redirect", "/p/=/srv"],
        ])
    func badFileHandOff(arguments: [String]) {
        #expect(message(arguments).contains("files"))
    }
}

@Suite("configuration keys", .timeLimit(.minutes(1)))
struct ConfigurationOptionTests {
    static let spellings: [(String, String, String)] = [
        ("listen", "LISTEN", "--listen"), ("limits.body", "LIMITS_BODY", "--limits-body"),
        ("limits.drainedBody", "LIMITS_DRAINED_BODY", "--limits-drained-body"), ("baseURL", "BASE_URL", "--base-url"),
        ("a.bC.dEf", "A_B_C_D_EF", "--a-b-c-d-ef"), ("user-agent", "USER_AGENT", "--user-agent"),
        ("URL", "URL", "--url"),
    ]

    @Test("are spelled as variables and as flags", arguments: spellings)
    func spelling(key: String, variable: String, flag: String) {
        let option = ConfigurationOption(key, "")
        #expect(option.variable == variable)
        #expect(option.flag == flag)
    }

    @Test("are spelled as the provider that looks them up spells them", arguments: spellings.map(\.0))
    func provider(key: String) {
        let option = ConfigurationOption(key, "")
        let reader = ConfigReader(
            provider: EnvironmentVariablesProvider(environmentVariables: [option.variable: "found"]))
        #expect(reader.string(forKey: ConfigKey(key)) == "found")
    }
}
