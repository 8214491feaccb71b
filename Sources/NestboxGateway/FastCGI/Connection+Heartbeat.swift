import CNestboxSystem
import Synchronization

/// What keeps a stream alive that has nothing to say.
///
/// The timer that looks after all connections sends heartbeats, so they cost a stream neither a task nor a timer.
extension Connection {
    struct Heartbeat {
        /// A STDOUT record.
        let record: [UInt8]
        /// After how long without a write it is sent.
        private let interval: Duration
        /// When the next one is sent, in nanoseconds of the monotonic clock.
        private(set) var due: UInt64
        /// When the web server, which had not taken what was sent before, is given up.
        var blockedUntil: UInt64?

        init(record: [UInt8], interval: Duration) {
            self.record = record
            self.interval = interval
            due = interval.fromNow
        }

        /// Something was sent.
        mutating func postpone() { due = interval.fromNow }
    }

    /// Lets the response take as long as it likes.
    ///
    /// When the program is stopping, it ends at once.
    func becomeEndless(serial: UInt64, heartbeat: Heartbeat?) {
        state.withLock { state -> FollowUp in
            var followUp = FollowUp()
            guard state.serial == serial, state.stage == .responding else { return followUp }
            state.isEndless = true
            state.heartbeat = heartbeat
            state.handlerDeadline = .max
            setResponseDeadline(state)
            if server.isStopping { followUp.cancel = state.task }
            return followUp
        }.perform(for: self)
    }

    /// Sends a heartbeat if one is due.
    func beat(_ state: inout State, now: UInt64, _ followUp: inout FollowUp) {
        guard let heartbeat = state.heartbeat, heartbeat.due <= now else { return }
        if state.output.isEmpty {
            state.heartbeat?.blockedUntil = nil
            state.output.append(heartbeat.record)
            state.exchange?.count(heartbeat.record.count - RecordHeader.count)
            flush(&state)
        } else if let end = heartbeat.blockedUntil {
            // Nobody waits for room, so no other deadline watches over it.
            if end <= now { state.isBroken = true }
        } else {
            state.heartbeat?.blockedUntil = server.configuration.timeouts.write.after(now)
        }
        state.heartbeat?.postpone()
        if state.isBroken { followUp.cancel = state.task }
    }

    /// Sets the deadline of a response to the first of those that it has.
    func setResponseDeadline(_ state: State) {
        // Who waits for room is looked after by a deadline of its own.
        let beat = state.roomWaiters.isEmpty ? state.heartbeat?.due ?? .max : .max
        let first = min(state.handlerDeadline, state.bodyDeadline, state.roomDeadline, beat)
        deadline.store(first, ordering: .relaxed)
    }
}
