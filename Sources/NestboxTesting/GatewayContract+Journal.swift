import Glibc
import Synchronization

extension GatewayContract {
    /// What handlers have noted, and those who wait for a note.
    final class Journal: Sendable {
        private struct State {
            var counts: [String: Int] = [:]
            var waiters: [UInt64: (event: String, continuation: CheckedContinuation<Void, any Error>)] = [:]
            var gates: [(event: String, gate: Gate)] = []
            var nextWaiter: UInt64 = 0
        }

        /// A pipe that a blocked thread reads until a byte comes.
        private final class Gate: Sendable {
            private let reader: Int32
            private let writer: Int32

            init() throws {
                var ends: [Int32] = [0, 0]
                guard pipe(&ends) == 0 else { throw TestingError.system("pipe") }
                (reader, writer) = (ends[0], ends[1])
                for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            }

            func open() {
                var byte: UInt8 = 0
                _ = write(writer, &byte, 1)
            }

            func pass() {
                var byte: UInt8 = 0
                while read(reader, &byte, 1) < 0, errno == EINTR {}
            }

            deinit {
                close(reader)
                close(writer)
            }
        }

        private let state = Mutex(State())

        func count(_ event: String) -> Int { state.withLock { $0.counts[event, default: 0] } }

        func record(_ event: String) {
            let (continuations, gates) = state.withLock { state in
                state.counts[event, default: 0] += 1
                let woken = state.waiters.filter { $0.value.event == event }
                for id in woken.keys { state.waiters[id] = nil }
                let gates = state.gates.filter { $0.event == event }.map(\.gate)
                state.gates.removeAll { $0.event == event }
                return (woken.values.map(\.continuation), gates)
            }
            for continuation in continuations { continuation.resume() }
            for gate in gates { gate.open() }
        }

        /// Waits until an event has been noted, which it may have been before.
        /// - Throws: `CancellationError` at once when the task is cancelled.
        func wait(for event: String) async throws {
            let id = state.withLock { state in
                state.nextWaiter += 1
                return state.nextWaiter
            }
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    let isDone = state.withLock { state in
                        if state.counts[event] != nil || Task.isCancelled { return true }
                        state.waiters[id] = (event, continuation)
                        return false
                    }
                    if isDone {
                        continuation.resume(with: Task.isCancelled ? .failure(CancellationError()) : .success(()))
                    }
                }
            } onCancel: {
                state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(
                    throwing: CancellationError())
            }
        }

        /// Waits for an event, and notes `began` before and `cancelled` when the task is cancelled.
        func await(_ event: String) async throws {
            record("began \(event)")
            do {
                try await wait(for: event)
            } catch {
                record("cancelled \(event)")
                throw error
            }
        }

        /// Blocks the calling thread until an event has been noted.
        func block(until event: String) throws {
            let gate = try Gate()
            let isDone = state.withLock { state in
                if state.counts[event] == nil { state.gates.append((event, gate)) }
                return state.counts[event] != nil
            }
            if !isDone { gate.pass() }
        }
    }
}
