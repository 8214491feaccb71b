import CNestboxSystem
import Glibc

/// A process of this program that was started and is expected to say that it serves.
struct StartedProcess {
    let processID: Int32
    /// Becomes readable when it serves or has ended.
    let ready: Int32
    /// When it must serve, in nanoseconds of the monotonic clock.
    var deadline: UInt64

    enum Progress {
        case starting
        /// It serves.
        case ready
        /// It has ended, or has closed the pipe.
        case failed
    }

    /// Starts a process.
    init(
        _ launch: Launch, role: Handover.Role, listeners: [Listener], mailbox: Mailbox, lifeline: Int32? = nil,
        within time: Duration
    ) throws(GatewayError) {
        var (reader, writer): (Int32, Int32) = (-1, -1)
        guard nestbox_pipe(&reader, &writer) == 0 else {
            throw GatewayError(.systemCallFailed, "pipe", errno: errno, remedy: "Check the limit of open files.")
        }
        defer { close(writer) }
        let handover = Handover(
            role: role, listeners: listeners, mailbox: mailbox, ready: writer, lifeline: lifeline)
        var processID: pid_t = 0
        let error = Self.withPointers(launch.arguments) { arguments in
            Self.withPointers(launch.environment(handover)) { environment in
                let kept = handover.descriptors
                return nestbox_start_generation(launch.program.path, arguments, environment, kept, kept.count, &processID)
            }
        }
        guard error == 0 else {
            close(reader)
            throw GatewayError(
                .processNotStarted, launch.program.description, errno: error,
                remedy: "It is started by its path: the program must be there, and executable.")
        }
        (self.processID, ready, deadline) = (processID, reader, time.fromNow)
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

    /// Kills it and waits for its end.
    /// - Returns: How it ended, in words.
    func kill() -> String {
        // It may have ended by itself, which tells more.
        var status: Int32 = 0
        var result = waitpid(processID, &status, WNOHANG)
        if result == 0 {
            _ = Glibc.kill(processID, SIGKILL)
            repeat { result = waitpid(processID, &status, 0) } while result < 0 && errno == EINTR
        }
        close(ready)
        return ProcessEnd(status).description
    }
}
