import Glibc
import NestboxTesting

/// A copy of an example that was started with `serve`, in a directory of its own, and everything that belongs to it.
final class ServedExample {
    /// Where the program is, which the test may replace.
    let directory: TemporaryDirectory
    /// What is `TMPDIR` to it.
    let temporary: TemporaryDirectory
    let port: UInt16
    /// All processes that it started with.
    let family: Set<Process.Identity>
    private let child: ChildProcess

    /// Starts an example, and waits until it says where it is.
    /// - Parameter shell: A command of a shell that starts it, as `"$0" "$@"`.
    init(
        _ name: String, _ arguments: [String] = ["--port", "0"], environment: [String: String] = [:],
        files: [String: String] = [:], in temporary: TemporaryDirectory? = nil, shell: String? = nil
    ) throws {
        directory = try TemporaryDirectory()
        self.temporary = try temporary ?? TemporaryDirectory()
        for (file, text) in files { try directory.write(text, to: file) }
        let program = directory.path("program")
        try Self.copy(name, to: program)
        let variables = Self.environment(self.temporary).merging(environment) { $1 }
        let command = ["serve"] + arguments
        child = try ChildProcess(
            shell == nil ? program : "/bin/sh", shell.map { ["-c", $0, program] + command } ?? command,
            environment: variables, stdout: .file(directory.path("out")), stderr: .file(directory.path("log")))
        let (child, directory) = (child, directory)
        var found: UInt16?
        _ = try eventually(within: .seconds(30)) {
            let text = (try? directory.read("out")) ?? ""
            found = text.firstMatch(of: #/http://127\.0\.0\.1:(\d+)/#).flatMap { UInt16($0.output.1) }
            return try child.poll() != nil || found != nil
        }
        guard let found else {
            throw TestingError(.closed, "serve did not start: \((try? directory.read("log")) ?? "")")
        }
        // nginx starts its worker after it has taken the port.
        var family: Set<Process.Identity> = []
        guard
            eventually({
                family = Process.family(of: child.processID)
                return family.count == 4
            })
        else {
            throw TestingError(.closed, "serve, its program, nginx and its worker are not there")
        }
        (port, self.family) = (found, family)
    }

    deinit {
        let processes = Process.family(of: child.processID).union(family)
        // nginx and the program lead groups of their own. One by one, nginx would start a worker in place of one that was killed
        // before it.
        for process in processes where process.isRunning { kill(-process.id, SIGKILL) }
        terminate(SIGKILL)
        Process.end(processes, grace: .zero)
    }

    /// The environment in which `serve` finds nginx.
    static func environment(_ temporary: TemporaryDirectory) -> [String: String] {
        ["PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": temporary.path]
    }

    var processID: Int32 { child.processID }

    /// Whether none of its processes is there any more.
    var isGone: Bool { !family.contains { $0.isRunning } }

    /// What it has written to its standard error stream.
    var log: String { (try? directory.read("log")) ?? "" }

    var output: String { (try? directory.read("out")) ?? "" }

    func terminate(_ signal: Int32) { child.terminate(signal) }

    func wait() throws -> ChildProcess.ExitStatus { try child.wait(timeout: .seconds(20)) }

    func request(
        _ target: String = "/", headers: [(String, String)] = []
    ) throws -> HTTPConnection.Response {
        try HTTPConnection(to: .port(port), timeout: .seconds(20)).request("GET", target, headers: headers)
    }

    /// Puts another program in the place of this one, as a linker does: all at once.
    func replace(with name: String) throws {
        try Self.copy(name, to: directory.path("new"))
        guard rename(directory.path("new"), directory.path("program")) == 0 else { throw File.SystemError("rename") }
    }

    /// Puts a script in the place of the program.
    func replace(withScript text: String, mode: UInt32 = 0o755) throws {
        try directory.write("#!/bin/sh\n\(text)\n", to: "new", mode: mode)
        guard rename(directory.path("new"), directory.path("program")) == 0 else { throw File.SystemError("rename") }
    }

    /// The child whose program has a name.
    func process(_ name: String) -> Int32? {
        Process.children(of: processID).first { id in
            ((try? File.text("/proc/\(id)/cmdline")) ?? "").split(separator: "\0").first?.hasSuffix(name) == true
                || ((try? File.text("/proc/\(id)/comm")) ?? "").hasPrefix(name)
        }
    }

    /// Makes another file of a program that was built.
    private static func copy(_ name: String, to path: String) throws {
        let bytes = try File.bytes(ExampleProgram.path(name))
        let file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o755)
        guard file >= 0 else { throw File.SystemError(path) }
        defer { close(file) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw File.SystemError(path) }
            rest = rest.dropFirst(count)
        }
    }
}
