import Glibc
import NestboxTesting

/// Whom servers run as that do not want to be root; whoever runs the tests, when that is not root.
enum OtherUser {
    static let isNeeded = geteuid() == 0
    /// Debian's nobody.
    static let id: uid_t = isNeeded ? 65_534 : geteuid()

    /// Starts a program as this user.
    static func start(
        _ program: String, _ arguments: [String], environment: [String: String] = [:],
        workingDirectory: String? = nil, stdin: ChildProcess.Stream = .null, stdout: ChildProcess.Stream = .null,
        stderr: ChildProcess.Stream
    ) throws -> ChildProcess {
        guard isNeeded else {
            return try ChildProcess(
                program, arguments, environment: environment, workingDirectory: workingDirectory, stdin: stdin,
                stdout: stdout, stderr: stderr)
        }
        guard let setpriv = Repository.tool("setpriv") else {
            throw TestingError(.refused, "setpriv of util-linux is not there")
        }
        let become = ["--reuid=\(id)", "--regid=\(id)", "--clear-groups", "--", program]
        // It becomes the program, and keeps its process id.
        return try ChildProcess(
            setpriv, become + arguments, environment: environment, workingDirectory: workingDirectory, stdin: stdin,
            stdout: stdout, stderr: stderr)
    }

    /// Makes a directory with all that is in it the user's own.
    static func give(_ directory: TemporaryDirectory) { give(directory.path) }

    private static func give(_ path: String) {
        var status = stat()
        guard isNeeded, lstat(path, &status) == 0 else { return }
        // A program is a second name of the one that was built, which keeps its owner.
        if status.st_mode & S_IFMT == S_IFREG, status.st_nlink > 1 { return }
        lchown(path, id, id)
        guard status.st_mode & S_IFMT == S_IFDIR else { return }
        for name in File.names(in: path) { give("\(path)/\(name)") }
    }

    /// Lets the user connect to a socket that is in a directory of root's.
    static func admit(to socket: LoopbackAddress) {
        guard isNeeded, case .unix(let path) = socket else { return }
        chmod(path, 0o666)
        chmod(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]), 0o711)
    }

    /// Puts an example or a test's program where the user can run it: the checkout may be in a directory that is closed to
    /// it.
    static func install(_ program: String, as path: String) throws {
        unlink(path)
        if link(ExampleProgram.path(program), path) == 0 { return }
        let status = try ChildProcess(
            Repository.tool("cp") ?? "/bin/cp", [ExampleProgram.path(program), path], stdout: .null
        ).wait(timeout: .seconds(30))
        guard status == .exited(0) else { throw TestingError(.closed, "cp ended with \(status)") }
    }
}
