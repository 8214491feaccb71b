import Glibc
import NestboxTesting

/// A program whose process may be another one after each reload.
final class Deployment {
    let directory: TemporaryDirectory
    let socket: LoopbackAddress
    private let child: ChildProcess
    private let isSupervised: Bool
    /// The process that serves, or the supervisor.
    private(set) var processID: Int32

    /// Starts the program Ledger, by a link, and waits until it serves.
    /// - Parameter shell: What a shell does before, which becomes the program by `exec "$0" "$@"`.
    init(
        _ arguments: [String] = [], listen: String? = nil, environment: [String: String] = [:], shell: String? = nil
    ) throws {
        directory = try TemporaryDirectory()
        socket = directory.socket("app.sock")
        isSupervised = arguments.contains("--processes")
        guard symlink(ExampleProgram.path("Ledger"), directory.path("program")) == 0 else {
            throw File.SystemError("symlink")
        }
        let own = ["LEDGER_BOOK": directory.path("book"), "LEDGER_START": directory.path("start")]
        let line = [directory.path("program"), "--listen", listen ?? "\(socket)", "--log-level", "notice"] + arguments
        child = try ChildProcess(
            shell == nil ? line[0] : "/bin/sh", shell.map { ["-c", $0] + line } ?? Array(line.dropFirst()),
            environment: own.merging(environment) { $1 }, stdout: .null, stderr: .file(directory.path("log")))
        processID = child.processID
        guard try eventually({ try child.poll() != nil || log.contains { $0.contains(" listening on ") } }),
            try child.poll() == nil
        else { throw TestingError(.closed, "Ledger did not start: \(log)") }
    }

    deinit {
        let processes = processes
        for process in processes { kill(process.id, SIGTERM) }
        Process.end(processes, grace: .seconds(5))
        _ = try? child.wait()
    }

    var log: [String] { (try? File.lines(directory.path("log"))) ?? [] }

    /// What was noted: numbers, each with the process that did.
    var book: [(number: String, processID: Int32)] {
        ((try? File.lines(directory.path("book"))) ?? []).compactMap { line in
            let parts = line.split(separator: " ")
            return parts.count == 2 ? Int32(parts[1]).map { (String(parts[0]), $0) } : nil
        }
    }

    func signal(_ signal: Int32) { kill(processID, signal) }

    /// All processes of the program.
    var processes: Set<Process.Identity> { Process.naming(directory.path("program")) }

    /// The processes that a supervisor has.
    var workers: [Int32] { Process.children(of: processID) }

    /// How many connections the program has accepted, or is about to.
    var connections: Int {
        let path = directory.path("app.sock")
        return ((try? File.lines("/proc/net/unix")) ?? []).count { $0.hasSuffix(" \(path)") } - 1
    }

    /// How many connections one of its processes has.
    func connections(of processID: Int32) -> Int {
        let path = directory.path("app.sock")
        let sockets = Process.sockets(of: processID)
        return ((try? File.lines("/proc/net/unix")) ?? []).count { line in
            let fields = line.split(separator: " ")
            // The fourth field has a flag for the socket that listens.
            return fields.count == 8 && fields[7] == path && fields[3] == "00000000" && sockets.contains("\(fields[6])")
        }
    }

    /// What makes the next process fail at its start, or no more.
    func obstruct(_ how: String?) throws {
        if let how { try directory.write(how, to: "start") } else { unlink(directory.path("start")) }
    }

    /// Puts another program in the place of this one.
    func replace(with name: String) throws {
        guard symlink(ExampleProgram.path(name), directory.path("new")) == 0,
            rename(directory.path("new"), directory.path("program")) == 0
        else { throw File.SystemError("symlink") }
    }

    /// How often other processes have taken over.
    var reloads: Int {
        log.count { line in
            [" serves; finishing", "reload: the new ", "reload: all "].contains { line.contains($0) }
        }
    }

    /// Reloads, and waits until another process has taken over, or all workers of a supervisor were replaced.
    func reload() throws {
        let before = reloads
        signal(SIGHUP)
        guard eventually({ reloads > before }) else { throw TestingError(.timedOut, "\(log.suffix(5))") }
        guard !isSupervised else { return }
        let line = log.last { $0.contains(" serves; finishing") }
        guard let match = line?.firstMatch(of: #/process (\d+) serves;/#), let id = Int32(match.output.1) else {
            throw TestingError(.refused, "nobody has taken over: \(log.suffix(5))")
        }
        processID = id
    }

    /// Waits for the end of the first process.
    func wait() throws -> ChildProcess.ExitStatus { try child.wait(timeout: .seconds(10)) }
}
