import CNestboxSystem

/// Tells systemd what becomes of the service, for units with `Type=notify` (sd_notify(3)).
///
/// Nothing happens where `NOTIFY_SOCKET` is not set.
struct ServiceNotification: Sendable {
    /// A path, or a name in the abstract namespace after `@`.
    let socket: String?

    /// The service serves, or goes on after a reload.
    func ready(status: String) { send("READY=1\nSTATUS=\(status)") }

    /// The service serves, and another process stands for it from now on.
    ///
    /// Returns when systemd knows: it does not listen to processes that have ended, and takes the end of the one that stands
    /// for the service for the end of the service.
    func ready(processID: Int32, status: String) {
        send("READY=1\nMAINPID=\(processID)\nSTATUS=\(status)")
        if let socket { _ = nestbox_notify_barrier(socket, Self.patience) }
    }

    /// Milliseconds; systemd is busy sometimes.
    private static let patience: Int32 = 5000

    func reloading() { send("RELOADING=1\nMONOTONIC_USEC=\(nestbox_now() / 1000)\nSTATUS=Starting a successor") }

    func stopping() { send("STOPPING=1\nSTATUS=Finishing the requests under way") }

    private func send(_ message: String) {
        guard let socket else { return }
        let bytes = Array(message.utf8)
        // Nobody can be told that nobody listens; systemd's own timeout of the start says so.
        _ = bytes.withUnsafeBytes { nestbox_notify(socket, $0.baseAddress, $0.count) }
    }
}
