import CNestboxSystem
import Glibc

/// A process of this program that was started and is expected to say that it serves.
struct StartedProcess {
    let processID: Int32
    /// Becomes readable when it serves or has ended.
    let channel: Channel
    /// When it must serve, in nanoseconds of the monotonic clock.
    let deadline: UInt64
    /// Names the process even when its ID is another one's; -1 where the system cannot.
    private let handle: Int32
    private let isSibling: Bool

    enum Progress {
        case starting
        /// It serves.
        case ready
        /// It has ended.
        case failed
    }

    /// Starts a process.
    /// - Parameter isSibling: Whether it is to be a child of this process's parent, which waits for its end.
    init(
        _ launch: Launch, role: Handover.Role, listeners: [Listener], mailbox: Mailbox, isSibling: Bool = false,
        within time: Duration
    ) throws(GatewayError) {
        let (channel, other) = try Channel.pair()
        defer { other.close() }
        let handover = Handover(role: role, listeners: listeners, mailbox: mailbox, channel: other)
        var spawn = Spawn(
            path: launch.program.path, arguments: launch.arguments, environment: launch.environment(handover))
        (spawn.kept, spawn.isSibling) = (handover.descriptors, isSibling)
        do throws(Spawn.Failure) {
            (processID, handle) = try spawn.start()
        } catch {
            channel.close()
            throw GatewayError(
                .processNotStarted, launch.program.description, errno: error.errno,
                remedy: [ENOENT, EACCES, ENOEXEC, ETXTBSY].contains(error.errno)
                    ? "It is started by its path: the program must be there, whole and executable."
                    : "Check the limits of processes and memory.")
        }
        (self.channel, self.isSibling, deadline) = (channel, isSibling, time.fromNow)
    }

    /// How far it has come; does not wait.
    func progress() -> Progress {
        switch channel.receive() {
        case .message(.serves): .ready
        case .nothing: .starting
        case .message, .end: .failed
        }
    }

    /// Waits for it no more.
    /// - Returns: Whether it serves all the same. Else it never will, and has taken no connection.
    func giveUp() -> Bool {
        channel.stopReceiving()
        return progress() == .ready
    }

    /// Sends it a signal, and nobody else: it may have ended, and another process may have its ID.
    func send(_ signal: Int32) { nestbox_signal_process(handle, processID, signal) }

    /// Kills it and waits for its end.
    /// - Returns: How it ended, in words.
    func kill() -> String {
        defer { close() }
        guard !isSibling else {
            // Only its parent is told how it ended.
            send(SIGKILL)
            return "ended"
        }
        // It may have ended by itself, which tells more.
        var status: Int32 = 0
        var result = waitpid(processID, &status, WNOHANG)
        if result == 0 {
            send(SIGKILL)
            repeat { result = waitpid(processID, &status, 0) } while result < 0 && errno == EINTR
        }
        return ProcessEnd(status).description
    }

    /// Lets go of it.
    func close() {
        channel.close()
        nestbox_close(handle)
    }
}
