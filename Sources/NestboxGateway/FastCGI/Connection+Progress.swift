import CNestboxSystem
import Glibc
import Logging
import NestboxHTTP
import Synchronization

/// The steps of a connection, all under its lock.
extension Connection {
    /// What is done for others when the lock is released.
    struct FollowUp {
        var cancel: Task<Void, Never>?
        var timedOut: Exchange?
        var waiters: [UnsafeContinuation<Void, Never>] = []
        var isReleased = false

        func perform(for connection: Connection) {
            timedOut?.timeOut()
            cancel?.cancel()
            for waiter in waiters { waiter.resume() }
            if isReleased { connection.server.release(connection.slot) }
        }
    }

    /// Reads what is there, as long as there is room for it.
    func receive(_ state: inout State, _ worker: Worker, _ followUp: inout FollowUp) {
        state.mayHaveMore = false
        while state.descriptor >= 0, !state.hasEnded {
            let isFull =
                state.stage == .responding && state.reader.body.count >= server.readerLimits.bodyWindow
            if state.reader.isHolding || isFull {
                state.mayHaveMore = true
                return
            }
            let count = worker.buffer.withUnsafeMutableBytes { recv(state.descriptor, $0.baseAddress, $0.count, 0) }
            if count > 0 {
                if state.stage == .receiving, state.reader.isIdle { setDeadline(server.configuration.timeouts.header) }
                take(worker.buffer.span.extracting(..<count), &state, &followUp)
                // A short read has emptied the socket. Its end is no event any more when it came with the bytes.
                if count < worker.buffer.count, !state.isEnding { return }
            } else if count == 0 {
                state.hasEnded = true
            } else if errno != EINTR {
                if errno != EAGAIN {
                    state.hasEnded = true
                    state.isBroken = true
                }
                return
            }
        }
    }

    private func take(_ bytes: Span<UInt8>, _ state: inout State, _ followUp: inout FollowUp) {
        do {
            let wasDiscarding = state.reader.discardsBody
            let taken = try state.reader.receive(bytes)
            if wasDiscarding { state.drained += taken }
            if taken < bytes.count { state.unread.append(copying: bytes.extracting(taken...)) }
        } catch {
            server.logger.info("closed a connection: \(error)")
            followUp.cancel = state.task
            state.isBroken = true
            state.hasEnded = true
        }
        if state.reader.isAborted { followUp.cancel = state.task }
    }

    /// Does what the bytes received so far ask for.
    func advance(_ state: inout State, _ worker: Worker?, _ followUp: inout FollowUp) {
        if !state.reader.replies.isEmpty {
            let replies = state.reader.takeReplies()
            state.output.append(replies)
            flush(&state)
            // A peer that asks and does not read is not asked for patience.
            if state.output.count > 1 << 20, state.stage != .responding { state.isBroken = true }
        }
        switch state.stage {
        case .free: return
        case .receiving:
            if state.reader.hasRequest, !state.isBroken {
                start(&state, worker, &followUp)
            } else if state.reader.closesAfterReplies {
                finish(&state, &followUp)
            } else if state.hasEnded || state.isBroken {
                close(&state, &followUp)
            }
        case .responding: wakeWaiters(&state, &followUp)
        case .finishing: finish(&state, &followUp)
        }
    }

    /// Starts the handler of a request whose parameters are complete.
    private func start(_ state: inout State, _ worker: Worker?, _ followUp: inout FollowUp) {
        guard let worker else {
            // Some other thread finished the request before; a worker decodes this one.
            server.queue.append(.event(event(state)))
            return
        }
        state.stage = .responding
        state.serial += 1
        let exchange: Exchange
        do {
            let variables = try worker.decoder.decode(state.reader.parameters)
            state.reader.dropParameters()
            exchange = Exchange(
                connection: self, serial: state.serial, variables: variables, id: state.reader.requestID)
        } catch {
            server.logger.error("libfcgi could not decode a request: \(error)")
            state.isBroken = true
            state.hasEnded = true
            return close(&state, &followUp)
        }
        state.reader.beginBody(limit: exchange.bodyLimit)
        state.exchange = exchange
        state.tasks += 1
        if let limit = server.configuration.timeouts.handler {
            state.handlerDeadline = limit.fromNow
        }
        deadline.store(state.handlerDeadline, ordering: .relaxed)
        state.task = Task(executorPreference: server.pool) { await exchange.serve() }
        // The abortion may have come together with the request.
        if state.reader.isAborted { followUp.cancel = state.task }
    }

    /// Resumes the handler when what it waits for has come, or will not come any more.
    func wakeWaiters(_ state: inout State, _ followUp: inout FollowUp) {
        if !state.bodyWaiters.isEmpty,
            !state.reader.body.isEmpty || state.reader.bodyEnded || state.reader.isAborted || state.hasEnded
                || state.isBroken || state.bodyTimedOut
        {
            wakeBodyWaiters(&state, &followUp)
        }
        if !state.roomWaiters.isEmpty, state.output.isEmpty || state.isBroken { wakeRoomWaiters(&state, &followUp) }
    }

    /// Resumes all who wait for the body, whatever has come.
    func wakeBodyWaiters(_ state: inout State, _ followUp: inout FollowUp) {
        guard !state.bodyWaiters.isEmpty else { return }
        followUp.waiters += state.bodyWaiters
        state.bodyWaiters.removeAll(keepingCapacity: true)
        state.bodyDeadline = .max
        setResponseDeadline(state)
    }

    /// Resumes all who wait for room, whether there is some or not.
    func wakeRoomWaiters(_ state: inout State, _ followUp: inout FollowUp) {
        guard !state.roomWaiters.isEmpty else { return }
        followUp.waiters += state.roomWaiters
        state.roomWaiters.removeAll(keepingCapacity: true)
        state.roomDeadline = .max
        setResponseDeadline(state)
    }

    /// Goes on after a response was queued: sends the rest of it, drops the rest of the request, and then waits for the
    /// next one or closes.
    func finish(_ state: inout State, _ followUp: inout FollowUp) {
        if state.stage != .finishing {
            state.stage = .finishing
            state.exchange = nil
            state.task = nil
            state.isEndless = false
            state.heartbeat = nil
            // Tasks that the handler did not wait for: there is nothing for them any more.
            wakeBodyWaiters(&state, &followUp)
            wakeRoomWaiters(&state, &followUp)
            setDeadline(server.configuration.timeouts.write)
        }
        let closes = state.closesAfterResponse || state.reader.closesAfterReplies || !state.reader.keepConnection
        if !state.output.isEmpty { flush(&state) }
        guard !state.isBroken, !state.reader.isAborted || state.output.isEmpty else { return close(&state, &followUp) }
        guard state.output.isEmpty else { return }

        if !state.reader.isComplete, !state.hasEnded {
            // Closing with unread data would take the response from the web server (a reset), and a kept connection
            // would take the rest of the body for the next request.
            if !state.reader.discardsBody { beginDraining(&state, closes: closes) }
            guard state.drained <= server.configuration.limits.drainedBody else { return close(&state, &followUp) }
            if let worker = Worker.current { receive(&state, worker, &followUp) }
            if !state.isRegistered { register(&state) }
            if !state.reader.isComplete, !state.hasEnded, state.drained <= server.configuration.limits.drainedBody {
                return
            }
        }
        if closes || state.hasEnded || !state.reader.isComplete { return close(&state, &followUp) }
        beginNext(&state, &followUp)
    }

    private func beginDraining(_ state: inout State, closes: Bool) {
        state.reader.discardsBody = true
        _ = state.reader.takeBody()
        setDeadline(server.configuration.timeouts.linger)
        if closes, !state.hasShutDown {
            state.hasShutDown = true
            shutdown(state.descriptor, Int32(SHUT_WR))
        }
    }

    private func beginNext(_ state: inout State, _ followUp: inout FollowUp) {
        state.stage = .receiving
        state.wasUsed = true
        state.drained = 0
        state.bodyTimedOut = false
        state.handlerDeadline = .max
        setDeadline(server.configuration.timeouts.idle)
        let hadMore = state.mayHaveMore || state.reader.isHolding
        do {
            try state.reader.finishRequest()
        } catch {
            return close(&state, &followUp)
        }
        if server.isStopping, state.unread.isEmpty, state.reader.isIdle {
            if passOn(&state, &followUp) { return }
            // Nobody takes it: what has come is answered here.
            state.closesAfterResponse = true
            guard hasInput(state) else { return close(&state, &followUp) }
        }
        if !state.isRegistered { register(&state) }
        guard hadMore else { return }
        let unread = state.unread
        state.unread = []
        if !unread.isEmpty { take(unread.span, &state, &followUp) }
        if let worker = Worker.current {
            receive(&state, worker, &followUp)
            advance(&state, worker, &followUp)
        } else {
            server.queue.append(.event(event(state)))
        }
    }

    // MARK: The socket

    func flush(_ state: inout State) {
        guard state.descriptor >= 0, !state.isBroken else { return }
        switch state.output.flush(to: state.descriptor) {
        case .finished:
            if state.waitsForRoom {
                state.waitsForRoom = false
                _ = nestbox_epoll_modify(server.epoll, state.descriptor, Self.input, event(state).data)
            }
        case .blocked:
            guard !state.waitsForRoom else { return }
            state.waitsForRoom = true
            if state.isRegistered {
                _ = nestbox_epoll_modify(
                    server.epoll, state.descriptor, Self.input | UInt32(NESTBOX_EPOLL_OUT), event(state).data)
            } else {
                register(&state)
            }
        case .failed: state.isBroken = true
        }
    }

    func register(_ state: inout State) {
        state.isRegistered = true
        let events = Self.input | (state.waitsForRoom ? UInt32(NESTBOX_EPOLL_OUT) : 0)
        if nestbox_epoll_add(server.epoll, state.descriptor, events, event(state).data) != 0 {
            state.isBroken = true
            state.hasEnded = true
        }
    }

    private static let input = UInt32(NESTBOX_EPOLL_IN) | UInt32(NESTBOX_EPOLL_RDHUP) | UInt32(NESTBOX_EPOLL_ET)

    /// The event that brings a worker here.
    private func event(_ state: State) -> nestbox_event {
        nestbox_event(
            data: EventSource.connection(slot: slot, generation: state.generation).data,
            events: UInt32(NESTBOX_EPOLL_IN))
    }

    func setDeadline(_ timeout: Duration?) {
        deadline.store(timeout?.fromNow ?? .max, ordering: .relaxed)
    }

    /// Passes the descriptor on to the processes that go on, if there are any.
    ///
    /// Only between two requests, when not a byte of the next one was taken: those who get it see all that there is.
    /// - Returns: Whether it is theirs now.
    func passOn(_ state: inout State, _ followUp: inout FollowUp) -> Bool {
        guard server.isLeaving, state.stage == .receiving, state.reader.isIdle, state.unread.isEmpty,
            state.output.isEmpty, !state.isBroken, !state.hasEnded, !state.isEnding,
            server.passOn(state.descriptor, isUnix: state.isUnix)
        else { return false }
        // The set knows the connection and not the descriptor, and the connection stays open.
        if state.isRegistered { _ = nestbox_epoll_remove(server.epoll, state.descriptor) }
        close(&state, &followUp)
        return true
    }

    /// Closes the descriptor.
    ///
    /// The connection is free for another one when its handlers have returned, too.
    func close(_ state: inout State, _ followUp: inout FollowUp) {
        guard state.descriptor >= 0 else { return }
        if state.isBroken { shutdown(state.descriptor, Int32(SHUT_RDWR)) }
        _ = Glibc.close(state.descriptor)
        state.descriptor = -1
        state.generation &+= 1
        state.stage = .free
        state.isBroken = true
        state.exchange = nil
        state.task = nil
        state.isEndless = false
        state.heartbeat = nil
        state.output = OutputBuffer()
        state.unread = []
        wakeWaiters(&state, &followUp)
        setDeadline(.none)
        followUp.isReleased = state.tasks == 0
    }
}
