import Glibc
import HTTPTypes
import NestboxTesting

/// An account of a shared host: a home that its user can write to in one directory alone, with the static Counter in its web
/// root.
///
/// Programs run as an unprivileged user where the tests run as root, else as whoever runs them.
final class HostedAccount {
    /// The home, with the directories `public_html` and `data`.
    let home: TemporaryDirectory
    let program: String

    /// The user `nobody`.
    static let user: uid_t = 65_534

    /// What a CGI program is started with.
    struct Limits {
        /// Kilobytes of addresses, as `ulimit -v` has it.
        var memory = 256 << 10
        var descriptors = 64
        var umask = "022"
    }

    /// - Parameters:
    ///   - settings: The text of `nestbox.env`.
    ///   - name: The program's name.
    init(_ settings: String, name: String = "Counter.cgi") throws {
        home = try TemporaryDirectory()
        program = home.path("public_html/\(name)")
        mkdir(home.path("public_html"), 0o755)
        mkdir(home.path("data"), 0o700)
        try StaticProgram.copy(to: program)
        try home.write(settings, to: "public_html/nestbox.env")
        try home.write(
            try Repository.text(of: "apache/htaccess/public_html.htaccess"), to: "public_html/.htaccess", mode: 0o644)
        if geteuid() == 0 {
            for path in [home.path, home.path("public_html"), home.path("data"), program, settingsFile] {
                guard chown(path, Self.user, Self.user) == 0 else { throw File.SystemError("chown \(path)") }
            }
        }
        chmod(home.path("public_html"), 0o555)
        chmod(home.path, 0o555)
    }

    deinit {
        chmod(home.path, 0o755)
        chmod(home.path("public_html"), 0o755)
    }

    var settingsFile: String { home.path("public_html/nestbox.env") }
    var data: String { home.path("data") }

    /// Starts the program, or another one, from a directory that is not its own.
    func start(
        _ arguments: [String] = [], program: String? = nil, environment: [String: String] = [:],
        limits: Limits = Limits()
    ) throws -> ChildProcess {
        let user =
            geteuid() == 0
            ? ["setpriv", "--reuid=\(Self.user)", "--regid=\(Self.user)", "--clear-groups", "--no-new-privs"] : []
        // A shell would add variables of its own.
        let words = user + ["env", "-i"] + environment.map { "\($0.key)=\($0.value)" } + [program ?? self.program]
        let preparation = "umask \(limits.umask); ulimit -v \(limits.memory); ulimit -n \(limits.descriptors)"
        return try ChildProcess(
            "/bin/sh", ["-c", "\(preparation); exec \"$@\"", "sh"] + words + arguments,
            environment: ["PATH": "/usr/bin:/bin"], workingDirectory: "/")
    }

    /// Runs a command of the program, as one does in a shell of the account.
    func command(_ words: String...) throws -> (text: String, status: ChildProcess.ExitStatus) {
        let output = try start(words).output(timeout: .seconds(20))
        return (String(decoding: output.stdout + output.stderr, as: UTF8.self), output.status)
    }

    /// What a request was answered with.
    struct Answer {
        let response: CGIResponse
        let log: String
        let status: ChildProcess.ExitStatus

        /// The number on the page.
        var visits: Int? {
            response.text.firstMatch(of: #/id="visits">(\d+)</#).flatMap { Int($0.output.1) }
        }
    }

    /// Sends a request by way of the environment.
    func request(cookie: String? = nil, program: String? = nil, limits: Limits = Limits()) throws -> Answer {
        let output = try start(program: program, environment: Self.variables(cookie), limits: limits)
            .output(timeout: .seconds(20))
        return Answer(
            response: try CGIResponse(parsing: output.stdout), log: String(decoding: output.stderr, as: UTF8.self),
            status: output.status)
    }

    static func variables(_ cookie: String?) -> [String: String] {
        var variables = Integration.CGITests.environment()
        variables["HTTP_COOKIE"] = cookie
        return variables
    }

    /// Sends a request of a visitor, who keeps the cookie.
    func visit(_ cookie: inout String?, limits: Limits = Limits()) throws -> Int? {
        let answer = try request(cookie: cookie, limits: limits)
        guard answer.response.status == 200 else { throw TestingError(.refused, answer.log) }
        let set = answer.response.headerFields[values: .setCookie].compactMap { SetCookie(parsing: $0) }
        if let new = set.first(where: { $0.name == "session" }) { cookie = "session=\(new.value)" }
        return answer.visits
    }
}
