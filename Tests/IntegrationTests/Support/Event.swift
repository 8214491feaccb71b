import Glibc
import Synchronization

/// Something that happens once, and that others wait for: a handler for the test, or the test for a handler.
final class Event: Sendable {
    private let state = Mutex<(hasHappened: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    var hasHappened: Bool { state.withLock { $0.hasHappened } }

    func happen() {
        let waiters = state.withLock { state in
            state.hasHappened = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits without blocking a thread.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.hasHappened { state.waiters.append(continuation) }
                return state.hasHappened
            }
            if isOver { continuation.resume() }
        }
    }

    /// Waits on the test's thread, and says whether it has happened.
    func waitBlocking(within timeout: Duration = .seconds(10)) -> Bool { eventually(within: timeout) { hasHappened } }
}
