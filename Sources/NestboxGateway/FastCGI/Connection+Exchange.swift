import Glibc
import HTTPTypes
import NestboxHTTP
import Synchronization

/// What the task of a request does with its connection. Every call names its request: one whose response is complete, or
/// whose web server is gone, gets `CancellationError`.
extension Connection {
    enum BodyStep {
        case chunk([UInt8])
        case end
        case wait
    }

    /// The next bytes of the body, as far as they have come.
    func readBody(serial: UInt64, declared: Int?, limit: Int) throws -> BodyStep {
        var followUp = FollowUp()
        defer { followUp.perform(for: self) }
        return try state.withLock { state in
            guard state.serial == serial, state.stage == .responding, !state.reader.isAborted else {
                throw CancellationError()
            }
            if state.reader.body.isEmpty, !state.reader.bodyEnded, let worker = Worker.current {
                receive(&state, worker, &followUp)
                if !state.reader.replies.isEmpty { advance(&state, worker, &followUp) }
            }
            let reader = state.reader
            if declared == nil, reader.bodyReceived > limit {
                state.closesAfterResponse = !reader.bodyEnded
                throw RequestBody.tooLarge(limit)
            }
            if !reader.body.isEmpty { return .chunk(state.reader.takeBody()) }
            if reader.bodyEnded {
                if let declared, reader.bodyReceived < declared { throw Self.tooShort }
                return .end
            }
            if state.bodyTimedOut {
                throw HTTPError(.requestTimeout, "The request body did not arrive in time.")
            }
            if reader.isAborted { throw CancellationError() }
            if state.hasEnded || state.isBroken { throw Self.tooShort }
            return .wait
        }
    }

    private static let tooShort = HTTPError(.badRequest, "The request body is shorter than it was declared.")

    /// Waits until ``readBody(serial:declared:limit:)`` has something else to say.
    func waitForBody(serial: UInt64) async {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                state.withLock { state -> FollowUp in
                    var followUp = FollowUp()
                    guard state.serial == serial, state.stage == .responding, !Task.isCancelled else {
                        followUp.waiters.append(continuation)
                        return followUp
                    }
                    state.bodyWaiters.append(continuation)
                    state.bodyDeadline = min(server.configuration.timeouts.body.fromNow, state.bodyDeadline)
                    setResponseDeadline(state)
                    if !state.isRegistered { register(&state) }
                    wakeWaiters(&state, &followUp)
                    return followUp
                }.perform(for: self)
            }
        } onCancel: {
            stopWaiting(serial: serial)
        }
    }

    /// Sends a whole response, or the head or a part of one.
    ///
    /// Returns when it is queued.
    /// - Parameters:
    ///   - write: Appends records.
    ///   - body: Bytes to be sent behind them in STDOUT records.
    ///   - ends: Whether the response is complete, and with which application status it ends.
    /// - Returns: Whether everything was taken by the system, so that there is room for more.
    func send(
        serial: UInt64, body: [UInt8] = [], ends: UInt32? = nil, breaks: Bool = false, _ write: (inout [UInt8]) -> Void
    ) throws -> Bool {
        var followUp = FollowUp()
        defer { followUp.perform(for: self) }
        return try state.withLock { state in
            guard state.serial == serial, state.stage == .responding, !state.isBroken, !state.reader.isAborted else {
                // An abort is acknowledged without the rest of the response (FastCGI specification §5.4).
                if state.serial == serial, state.stage == .responding, ends != nil { end(&state, 0, &followUp) }
                throw CancellationError()
            }
            if state.output.isEmpty { state.heartbeat?.blockedUntil = nil }
            state.output.append(write)
            state.heartbeat?.postpone()
            if !body.isEmpty { state.output.append(body: body, id: state.reader.requestID) }
            if let ends {
                if breaks { state.closesAfterResponse = true }
                end(&state, ends, &followUp)
                return true
            }
            flush(&state)
            if state.isBroken { throw CancellationError() }
            return state.output.isEmpty
        }
    }

    /// Whether nothing that is sent for this request arrives any more.
    func isGone(serial: UInt64) -> Bool {
        state.withLock { state in
            state.serial != serial || state.stage != .responding || state.isBroken || state.reader.isAborted
        }
    }

    /// Closes the connection after what is queued, without the end of the request.
    ///
    /// nginx sees that a response is broken off when it buffers, and else takes a closed connection for its end; a record that
    /// no application may send makes it break the client's connection then, too. Other web servers pass over it.
    func breakOff(serial: UInt64, isBuffered: Bool) {
        state.withLock { state -> FollowUp in
            var followUp = FollowUp()
            guard state.serial == serial, state.stage == .responding else { return followUp }
            state.closesAfterResponse = true
            // An abort is acknowledged (FastCGI specification §5.4).
            if state.reader.isAborted {
                end(&state, 0, &followUp)
            } else {
                let id = state.reader.requestID
                if !isBuffered {
                    state.output.append { $0.appendRecordHeader(RecordType.abortRequest, id: id, contentLength: 0) }
                }
                finish(&state, &followUp)
            }
            return followUp
        }.perform(for: self)
    }

    private func end(_ state: inout State, _ applicationStatus: UInt32, _ followUp: inout FollowUp) {
        let id = state.reader.requestID
        state.output.append { records in
            records.appendRecordHeader(RecordType.stdout, id: id, contentLength: 0)
            records.appendEndRequest(id: id, applicationStatus: applicationStatus)
        }
        if server.isStopping, !server.isLeaving { state.closesAfterResponse = true }
        finish(&state, &followUp)
    }

    /// Waits until everything queued is sent.
    func waitForRoom(serial: UInt64) async {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                state.withLock { state -> FollowUp in
                    var followUp = FollowUp()
                    guard state.serial == serial, state.stage == .responding, !Task.isCancelled else {
                        followUp.waiters.append(continuation)
                        return followUp
                    }
                    state.roomWaiters.append(continuation)
                    state.roomDeadline = min(server.configuration.timeouts.write.fromNow, state.roomDeadline)
                    setResponseDeadline(state)
                    wakeWaiters(&state, &followUp)
                    return followUp
                }.perform(for: self)
            }
        } onCancel: {
            stopWaiting(serial: serial)
        }
    }

    /// The task of a request has returned.
    func endTask() {
        state.withLock { state -> FollowUp in
            var followUp = FollowUp()
            state.tasks -= 1
            followUp.isReleased = state.tasks == 0 && state.descriptor < 0
            return followUp
        }.perform(for: self)
    }

    /// Whoever was not cancelled looks again and waits anew.
    private func stopWaiting(serial: UInt64) {
        state.withLock { state -> FollowUp in
            var followUp = FollowUp()
            guard state.serial == serial else { return followUp }
            wakeBodyWaiters(&state, &followUp)
            wakeRoomWaiters(&state, &followUp)
            return followUp
        }.perform(for: self)
    }
}
