import NestboxHTTP

/// A key of the configuration, for its check and for `--help`.
public struct ConfigurationOption: Sendable, Hashable {
    /// The key, such as `limits.drainedBody`: `--limits-drained-body`, `NESTBOX_LIMITS_DRAINED_BODY`.
    public let key: String
    /// What it sets, with its default.
    public let help: String
    /// The key as an environment variable without the prefix: `LIMITS_DRAINED_BODY`.
    let variable: String

    /// Creates an option.
    /// - Precondition: The key is ASCII.
    public init(_ key: String, _ help: String) {
        precondition(key.utf8.allSatisfy { $0 < 0x80 }, "the keys of options are ASCII")
        self.key = key
        self.help = help
        variable = Self.variable(of: key)
    }

    /// By the rules of `EnvironmentVariablesProvider`, which looks the value up.
    ///
    /// In bytes: a CGI program does it for every option at every request.
    private static func variable(of key: String) -> String {
        var name: [UInt8] = []
        name.reserveCapacity(key.utf8.count + 8)
        var followsLowercase = false
        for byte in key.utf8 {
            let isLowercase = byte.isASCIIAlphanumeric && byte >= UInt8(ascii: "a")
            let isUppercase = byte.isASCIIAlphanumeric && !byte.isASCIIDigit && !isLowercase
            if isUppercase, followsLowercase { name.append(UInt8(ascii: "_")) }
            name.append(byte.isASCIIAlphanumeric ? (isLowercase ? byte - 0x20 : byte) : UInt8(ascii: "_"))
            followsLowercase = isLowercase
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// The key on the command line: `--limits-drained-body`.
    var flag: String {
        "--" + variable.lowercased().split(separator: "_").joined(separator: "-")
    }

    /// The options of every application.
    static let gateway: [ConfigurationOption] = [
        .init("listen", "Where to listen: unix:/run/app.sock, 127.0.0.1:9000, [::1]:9000; several with commas."),
        .init("workers", "Threads that serve. Default: the processors, at least 4."),
        .init("basePath", "The mount point, such as /app, when the web server's variables cannot tell it."),
        .init(
            "trustedProxies", "Whose X-Forwarded-… fields are believed: addresses, networks, or unix. Default: none."),
        .init("allowedClients", "Who may connect over TCP. Default: 127.0.0.0/8,::1."),
        .init("socket.mode", "Permissions of a unix socket. Default: 660."),
        .init("socket.owner", "Owner of a unix socket."),
        .init("socket.group", "Group of a unix socket, such as www-data."),
        .init("limits.connections", "Connections at once. Default: 4096."),
        .init("limits.backlog", "Connections that wait to be accepted. Default: 1024."),
        .init("limits.body", "Bytes of a request's body. Default: 16777216."),
        .init("limits.drainedBody", "Bytes of an unread body that are received all the same. Default: 16777216."),
        .init("limits.parametersSize", "Bytes of a request's meta-variables. Default: 262144."),
        .init("limits.parameterValueSize", "Bytes of one meta-variable. Default: 131072."),
        .init("limits.parameterCount", "Meta-variables of a request. Default: 1000."),
        .init("timeouts.header", "Seconds for a request's meta-variables. Default: 10."),
        .init("timeouts.body", "Seconds between two pieces of a body. Default: 60."),
        .init("timeouts.write", "Seconds until some of a response is taken. Default: 60."),
        .init("timeouts.idle", "Seconds that a kept connection waits for a request. Default: 120."),
        .init("timeouts.linger", "Seconds for what is left of a request after its response. Default: 5."),
        .init("timeouts.handler", "Seconds for a handler, 0 for no limit. Default: 0."),
        .init("timeouts.grace", "Seconds that requests get at the end of the program. Default: 30."),
        .init(
            "environment",
            "production, or development: errors are shown, weak secrets allowed. Default: production."),
        .init("log.level", "trace, debug, info, notice, warning, error or critical. Default: info, as CGI warning."),
    ]
}
