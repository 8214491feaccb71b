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
        /// When the web server had not taken the one before.
        var blockedSince: UInt64?

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
            setRestDeadline(state)
            if server.isStopping { followUp.cancel = state.task }
            return followUp
        }.perform(for: self)
    }

    /// Sends a heartbeat if one is due.
    func beat(_ state: inout State, now: UInt64, _ followUp: inout FollowUp) {
        guard let heartbeat = state.heartbeat else { return }
        defer { setRestDeadline(state) }
        guard heartbeat.due <= now else { return }
        if state.output.isEmpty {
            state.heartbeat?.blockedSince = nil
            state.output.append(heartbeat.record)
            state.exchange?.count(heartbeat.record.count - RecordHeader.count)
            flush(&state)
        } else if let since = heartbeat.blockedSince {
            // Nobody waits for room, so no other deadline watches over it.
            if now &- since >= UInt64(server.configuration.timeouts.write / .nanoseconds(1)) { state.isBroken = true }
        } else {
            state.heartbeat?.blockedSince = now
        }
        state.heartbeat?.postpone()
        if state.isBroken { followUp.cancel = state.task }
    }

    /// Sets the deadline of a response that waits for nothing on this connection.
    func setRestDeadline(_ state: State) {
        deadline.store(min(state.handlerDeadline, state.heartbeat?.due ?? .max), ordering: .relaxed)
    }
}
