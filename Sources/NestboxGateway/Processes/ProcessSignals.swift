import CNestboxSystem
import Glibc

/// The signals that a serving process reacts to.
struct ProcessSignals {
    enum Signal {
        /// SIGTERM, or SIGHUP by a terminal that went away.
        case end
        /// SIGINT, which a terminal sends to all processes of a program.
        case interrupt
        /// SIGHUP or SIGUSR2.
        case reload
        /// SIGCHLD.
        case childEnded
    }

    /// Readable when there is a signal.
    let descriptor: Int32

    /// Blocks the signals in the calling thread, which must be the only one so far, and so in those that it starts.
    init() throws(GatewayError) {
        let numbers = [SIGTERM, SIGINT, SIGHUP, SIGUSR2, SIGCHLD]
        descriptor = nestbox_signals(numbers, numbers.count)
        guard descriptor >= 0 else {
            throw GatewayError(.systemCallFailed, "signalfd", errno: errno, remedy: "Check the limit of open files.")
        }
    }

    func close() { _ = Glibc.close(descriptor) }

    /// Takes a signal; does not wait.
    func next() -> Signal? {
        var isHangup: Int32 = 0
        switch nestbox_next_signal(descriptor, &isHangup) {
        case SIGTERM: return .end
        case SIGINT: return .interrupt
        case SIGHUP where isHangup != 0: return .end
        case SIGHUP, SIGUSR2: return .reload
        case SIGCHLD: return .childEnded
        default: return nil
        }
    }
}
