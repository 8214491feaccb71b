import CNestboxSystem
import Glibc
import Logging

extension FastCGIGateway {
    /// Serves until SIGTERM or SIGINT, lets the requests under way finish, and returns.
    ///
    /// A second signal ends that wait.
    ///
    /// The signals are blocked in the calling thread, which must be the only one so far, and stay so in those that it
    /// starts.
    public func run() throws {
        let signals = nestbox_termination_signals()
        defer { close(signals) }
        try start()
        logger.notice("listening on \(addresses.map(\.description).joined(separator: ", "))")
        _ = nestbox_wait_for_signal(signals)
        stop(interrupt: signals)
    }
}
