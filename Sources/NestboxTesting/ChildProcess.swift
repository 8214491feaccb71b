import Glibc

/// A program that a test has started.
///
/// The child gets exactly the environment and the three descriptors it is given, and default signal handling.
/// When the object goes, the child is asked to end (SIGTERM), and killed if it is still there half a second later;
/// its own children are its own affair.
public final class ChildProcess {
    /// Where a standard stream of the child leads.
    public enum Stream: Hashable, Sendable {
        /// `/dev/null`.
        case null
        /// A pipe whose other end the ``ChildProcess`` has.
        case pipe
        /// A file, which stdin reads and the others append to and create.
        case file(String)
        /// A descriptor of the parent, such as a listening socket; it stays open there.
        case descriptor(Int32)
    }

    /// How a child ended.
    public enum ExitStatus: Hashable, Sendable {
        /// It exited with this code.
        case exited(Int32)
        /// It was killed by this signal.
        case signalled(Int32)
    }

    /// The process id.
    public let processID: Int32
    private var status: ExitStatus?
    var input: OwnedDescriptor?
    let stdoutPipe: OutputPipe
    let stderrPipe: OutputPipe

    /// Starts `program`, which is a path and not searched for.
    /// - Parameters:
    ///   - arguments: What follows the program's name.
    ///   - environment: All variables the child has.
    ///   - workingDirectory: Where it starts; `nil` for the directory of the test.
    public init(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
        workingDirectory: String? = nil, stdin: Stream = .null, stdout: Stream = .pipe, stderr: Stream = .pipe
    ) throws(TestingError) {
        var spawn = try Spawn()
        input = try spawn.connect(stdin, to: 0)
        stdoutPipe = OutputPipe(try spawn.connect(stdout, to: 1))
        stderrPipe = OutputPipe(try spawn.connect(stderr, to: 2))
        processID = try spawn.run(
            program, [program] + arguments, environment.map { "\($0)=\($1)" }, workingDirectory: workingDirectory)
    }

    /// Sends `signal`.
    ///
    /// Nothing happens if the child is known to have ended.
    public func terminate(_ signal: Int32 = 15) {
        if (try? poll()) == .some(.none) { kill(processID, signal) }
    }

    /// How the child ended, `nil` while it runs.
    public func poll() throws(TestingError) -> ExitStatus? {
        if let status { return status }
        var word: Int32 = 0
        let result = waitpid(processID, &word, WNOHANG)
        guard result == processID else {
            if result < 0 && errno != EINTR { throw .system("waitpid") }
            return nil
        }
        status = word & 0x7F == 0 ? .exited(word >> 8 & 0xFF) : .signalled(word & 0x7F)
        return status
    }

    /// Waits for the end of the child; its output is gathered meanwhile.
    public func wait(timeout: Duration = .seconds(5)) throws(TestingError) -> ExitStatus {
        let deadline = Deadline(after: timeout)
        while true {
            if let status = try poll() { return status }
            if deadline.hasPassed { throw deadline.expired("waiting for process \(processID)") }
            try gather(atMost: 5)
        }
    }

    /// Ends the child with `signal`, or with SIGKILL if it does not follow in time, and returns how it ended.
    @discardableResult
    public func stop(_ signal: Int32 = 15, grace: Duration = .seconds(2)) throws(TestingError) -> ExitStatus {
        terminate(signal)
        do throws(TestingError) {
            return try wait(timeout: grace)
        } catch  where error.code == .timedOut {
            terminate(SIGKILL)
            return try wait()
        } catch {
            throw error
        }
    }

    deinit {
        if (try? poll()) == .some(.none) { _ = try? stop(grace: .milliseconds(500)) }
    }
}
