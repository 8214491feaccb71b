import NestboxTesting

/// What an example has done as a command, from the beginning to the end.
struct CommandOutput {
    let stdout: String
    let stderr: String
    let status: ChildProcess.ExitStatus

    /// Runs an example with a command line, and waits for its end.
    init(_ program: String, _ line: String..., environment: [String: String] = [:]) throws {
        try self.init(ExampleProgram.path(program), line, environment: environment)
    }

    /// Runs any program.
    init(_ path: String, _ line: [String], environment: [String: String]) throws {
        let output = try ChildProcess(path, line, environment: environment).output(timeout: .seconds(20))
        stdout = String(decoding: output.stdout, as: UTF8.self)
        stderr = String(decoding: output.stderr, as: UTF8.self)
        status = output.status
    }

    var lines: [String] { stdout.split(separator: "\n").map(String.init) }
}
