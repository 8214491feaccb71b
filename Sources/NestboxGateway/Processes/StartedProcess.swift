import CNestboxSystem
import Glibc

/// A process of this program that was started and is expected to say that it serves.
struct StartedProcess {
    let processID: Int32
    /// Becomes readable when it serves or has ended.
    let ready: Int32
    /// When it must serve, in nanoseconds of the monotonic clock.
    var deadline: UInt64
    /// Names the process even when its ID is another one's; -1 where the system cannot.
    private let handle: Int32
    private let isSibling: Bool

    enum Progress {
        case starting
        /// It serves.
        case ready
        /// It has ended, or has closed the pipe.
        case failed
    }

    /// Starts a process.
    /// - Parameter isSibling: Whether it is to be a child of this process's parent, which waits for its end.
    init(
        _ launch: Launch, role: Handover.Role, listeners: [Listener], mailbox: Mailbox, lifeline: Int32? = nil,
        isSibling: Bool = false, within time: Duration
    ) throws(GatewayError) {
        var (reader, writer): (Int32, Int32) = (-1, -1)
        guard nestbox_pipe(&reader, &writer) == 0 else {
            throw GatewayError(.systemCallFailed, "pipe", errno: errno, remedy: "Check the limit of open files.")
        }
        defer { nestbox_close(writer) }
        let handover = Handover(
            role: role, listeners: listeners, mailbox: mailbox, ready: writer, lifeline: lifeline)
        var (processID, handle): (pid_t, Int32) = (0, -1)
        let error = Self.withPointers(launch.arguments) { arguments in
            Self.withPointers(launch.environment(handover)) { environment in
                let kept = handover.descriptors
                return nestbox_start_generation(
                    launch.program.path, arguments, environment, kept, kept.count, isSibling ? 1 : 0, &processID,
                    &handle)
            }
        }
        guard error == 0 else {
            nestbox_close(reader)
            throw GatewayError(
                .processNotStarted, launch.program.description, errno: error,
                remedy: "It is started by its path: the program must be there, and executable.")
        }
        (self.processID, ready, deadline) = (processID, reader, time.fromNow)
        (self.handle, self.isSibling) = (handle, isSibling)
    }

    /// Calls `body` with a list of texts as exec takes it.
    private static func withPointers<Result>(
        _ texts: [[CChar]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let pointers = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeBufferPointer { buffer in
            // It has at least its last element.
            buffer.baseAddress.map(body) ?? body([nil])
        }
    }

    /// How far it has come; does not wait.
    func progress() -> Progress {
        var state = pollfd(fd: ready, events: Int16(POLLIN), revents: 0)
        guard poll(&state, 1, 0) == 1 else { return .starting }
        var byte: UInt8 = 0
        return read(ready, &byte, 1) == 1 ? .ready : .failed
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
        // It may have ended by itself, which tells more: it has closed the pipe, and is about to end then.
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
        nestbox_close(ready)
        nestbox_close(handle)
    }
}
