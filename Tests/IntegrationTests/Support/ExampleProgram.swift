import Glibc
import NestboxTesting

/// One of the examples, started as its own FastCGI server: the program that users run.
final class ExampleProgram {
    let directory: TemporaryDirectory
    let socket: LoopbackAddress
    private let child: ChildProcess

    /// Where an example was built.
    static func path(_ name: String) -> String { "\(Repository.products)/\(name)" }

    /// Starts the program and waits until it listens.
    init(_ name: String, _ arguments: [String] = [], environment: [String: String] = [:]) throws {
        directory = try TemporaryDirectory()
        socket = directory.socket("app.sock")
        child = try ChildProcess(
            Self.path(name), ["--listen", "\(socket)"] + arguments, environment: environment, stdout: .null,
            stderr: .file(directory.path("log")))
        let isReady = try eventually { try child.poll() != nil || (try? FastCGIConnection(to: socket)) != nil }
        guard isReady, try child.poll() == nil else {
            throw TestingError(.closed, "\(name) did not start: \((try? directory.read("log")) ?? "")")
        }
        // The connection that was made to see it is not to be counted.
        _ = eventually { connections == 0 }
    }

    deinit { _ = try? child.stop(grace: .seconds(10)) }

    var processID: Int32 { child.processID }

    /// Asks the program to end.
    func terminate(_ signal: Int32 = SIGTERM) { child.terminate(signal) }

    /// Waits for the program's end.
    func wait(timeout: Duration = .seconds(10)) throws -> ChildProcess.ExitStatus { try child.wait(timeout: timeout) }

    /// The lines of the log of requests, after the program has ended.
    func accessLog() throws -> [String] { try log().filter { $0.contains(" nestbox.access ") } }

    func log() throws -> [String] { try File.lines(directory.path("log")) }

    /// How many connections the program has accepted, or is about to.
    var connections: Int {
        let path = directory.path("app.sock")
        let lines = (try? File.lines("/proc/net/unix")) ?? []
        // One of them is the socket that it listens on.
        return lines.filter { $0.hasSuffix(" \(path)") }.count - 1
    }

    var descriptors: Int { Process.descriptors(of: processID) }
}
