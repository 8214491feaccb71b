import CNestboxSystem
import Glibc
import Synchronization

/// Notices that another file stands where the program was started from.
final class ReplacementWatch: Sendable {
    private struct State {
        var known: ProgramFile.Identity?
        /// What was there the last time, if it was another one.
        var seen: ProgramFile.Identity?
        var next: UInt64 = 0
    }

    private let program: ProgramFile
    private let state: Mutex<State>
    /// Readable when there is a new file.
    let event: Int32

    /// Nanoseconds between two looks.
    private static let interval: UInt64 = 1_000_000_000

    init(_ program: ProgramFile) throws(GatewayError) {
        self.program = program
        state = Mutex(State(known: program.identity))
        event = nestbox_event_create()
        guard event >= 0 else {
            throw GatewayError(.systemCallFailed, "eventfd", errno: errno, remedy: "Check the limit of open files.")
        }
    }

    deinit { nestbox_close(event) }

    /// Looks, if the last look was a second ago.
    ///
    /// A new file counts when it is the same on two looks, since it may still be on its way.
    func look(now: UInt64) {
        state.withLock { state in
            guard state.next <= now else { return }
            state.next = now + Self.interval
            guard let present = program.identity, present != state.known else {
                state.seen = nil
                return
            }
            if present == state.seen {
                // Once for each file.
                state.known = present
                nestbox_event_signal(event)
            }
            state.seen = present
        }
    }
}
