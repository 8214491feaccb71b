import CNestboxSystem
import Glibc
import NestboxHTTP
import Synchronization

/// One connection from the web server: it receives requests one after the other and sends their responses.
///
/// The socket never blocks. Whoever has something to do with it, the worker that got an event or the task of the
/// request under way, does so under the lock; user code never runs there. What an operation brings about for others
/// is returned as a ``FollowUp`` and done after the lock is released. Connections are made when the server starts and
/// used again and again, so that an event which comes late finds another generation and not freed memory.
final class Connection: Sendable {
    enum Stage {
        /// No descriptor.
        case free
        /// Waiting for a request or receiving one.
        case receiving
        /// A handler is at work.
        case responding
        /// The response is queued; what is left of it is sent and what is left of the request is dropped.
        case finishing
    }

    struct State {
        var descriptor: Int32 = -1
        var generation: UInt32 = 0
        var stage = Stage.free
        var isUnix = true
        var isRegistered = false
        var waitsForRoom = false
        /// Whether the socket may hold more than was read: an edge-triggered set does not tell again.
        var mayHaveMore = false
        var reader: RequestReader
        /// Bytes of the next request, which came before this one was answered.
        var unread: [UInt8] = []
        var output = OutputBuffer()
        /// Names the request under way: what outlives a request cannot touch the next one.
        var serial: UInt64 = 0
        var exchange: Exchange?
        var task: Task<Void, Never>?
        /// Tasks that have not returned yet.
        var tasks = 0
        /// Who waits for the body: most often nobody or one, but nothing keeps a handler from reading in several tasks.
        var bodyWaiters: [UnsafeContinuation<Void, Never>] = []
        /// When they have waited too long.
        var bodyDeadline = UInt64.max
        /// Who waits until everything queued is sent.
        var roomWaiters: [UnsafeContinuation<Void, Never>] = []
        /// When they have waited too long.
        var roomDeadline = UInt64.max
        var bodyTimedOut = false
        /// The web server has closed its sending side; there may still be bytes to read.
        var isEnding = false
        /// The web server sends nothing more.
        var hasEnded = false
        /// Nothing can be sent any more.
        var isBroken = false
        /// Whether the connection closes after this response whatever the web server asked for.
        var closesAfterResponse = false
        var hasShutDown = false
        /// Whether a request was answered on this connection.
        var wasUsed = false
        var drained = 0
        var handlerDeadline = UInt64.max
        /// Whether the response is a stream that goes on until one side leaves.
        var isEndless = false
        var heartbeat: Heartbeat?
    }

    let slot: Int
    let server: FastCGIServer
    let state: Mutex<State>
    /// When the present stage must be over, in nanoseconds of the monotonic clock.
    let deadline = Atomic<UInt64>(.max)

    init(slot: Int, server: FastCGIServer) {
        self.slot = slot
        self.server = server
        state = Mutex(State(reader: RequestReader(limits: server.readerLimits)))
    }

    /// Takes over an accepted descriptor and looks whether a request is there already, as it often is.
    /// - Parameter wasUsed: Whether another process has answered requests on it: then none need come soon.
    func open(_ descriptor: Int32, isUnix: Bool, wasUsed: Bool = false, on worker: Worker) {
        state.withLock { state -> FollowUp in
            let (generation, serial) = (state.generation, state.serial)
            state = State(reader: RequestReader(limits: server.readerLimits))
            state.generation = generation
            state.serial = serial
            state.closesAfterResponse = server.isStopping && !server.isLeaving
            state.descriptor = descriptor
            state.isUnix = isUnix
            state.stage = .receiving
            state.wasUsed = wasUsed
            let timeouts = server.configuration.timeouts
            setDeadline(wasUsed ? timeouts.idle : timeouts.header)
            var followUp = FollowUp()
            receive(&state, worker, &followUp)
            advance(&state, worker, &followUp)
            if state.stage != .free, !state.isRegistered {
                // A request that is run next is most often answered before anything else can happen.
                if worker.next != nil, worker.unregistered == nil, state.tasks > 0 {
                    worker.unregistered = self
                } else {
                    register(&state)
                }
            }
            return followUp
        }.perform(for: self)
    }

    /// Looks after what happened on the socket.
    func handle(_ events: UInt32, generation: UInt32, on worker: Worker) {
        state.withLock { state -> FollowUp in
            var followUp = FollowUp()
            guard state.generation == generation, state.descriptor >= 0 else { return followUp }
            if events & UInt32(NESTBOX_EPOLL_OUT) != 0 { flush(&state) }
            // A peer that only shut down its sending half still wants the answer. TCP cannot tell it from one that
            // left; a unix socket can.
            if events & UInt32(NESTBOX_EPOLL_RDHUP) != 0 { state.isEnding = true }
            let gone = UInt32(NESTBOX_EPOLL_HUP) | UInt32(NESTBOX_EPOLL_ERR)
            if events & gone != 0 { state.isBroken = true }
            let left = events & (gone | (state.isUnix ? 0 : UInt32(NESTBOX_EPOLL_RDHUP))) != 0
            receive(&state, worker, &followUp)
            advance(&state, worker, &followUp)
            // Also when the request came together with the news.
            if left, state.stage == .responding { followUp.cancel = state.task }
            return followUp
        }.perform(for: self)
    }

    /// Puts a connection into the epoll set after its first request turned out to wait for something.
    func register() {
        state.withLock { state in
            if state.descriptor >= 0, !state.isRegistered { register(&state) }
        }
    }

    /// Ends what took too long.
    func expire(now: UInt64) {
        guard deadline.load(ordering: .relaxed) <= now else { return }
        state.withLock { state -> FollowUp in
            var followUp = FollowUp()
            guard deadline.load(ordering: .relaxed) <= now, state.descriptor >= 0 else { return followUp }
            setDeadline(.none)
            switch state.stage {
            case .free: break
            case .receiving, .finishing: close(&state, &followUp)
            case .responding:
                if state.handlerDeadline <= now {
                    followUp.timedOut = state.exchange
                    followUp.cancel = state.task
                    state.handlerDeadline = .max
                    state.closesAfterResponse = true
                } else if state.roomDeadline <= now {
                    state.isBroken = true
                    followUp.cancel = state.task
                } else if state.bodyDeadline <= now {
                    state.bodyTimedOut = true
                    state.closesAfterResponse = true
                } else {
                    beat(&state, now: now, &followUp)
                }
                wakeWaiters(&state, &followUp)
                setResponseDeadline(state)
            }
            return followUp
        }.perform(for: self)
    }

    /// Passes the connection on to the processes that go on, if there are any and it waits for a request.
    ///
    /// Else closes it when it was used and no next request has come; lets others finish. A new connection's request is on its
    /// way. Streams without an end are ended: their clients come back.
    func retire() {
        state.withLock { state -> FollowUp in
            var followUp = FollowUp()
            if passOn(&state, &followUp) { return followUp }
            if !server.isLeaving { state.closesAfterResponse = true }
            if state.stage == .receiving, state.reader.isIdle {
                if state.wasUsed, !hasInput(state) { close(&state, &followUp) } else { setDeadline(.seconds(1)) }
            }
            if state.stage == .responding, state.isEndless { followUp.cancel = state.task }
            return followUp
        }.perform(for: self)
    }

    /// Whether something has come that nobody has looked at yet.
    ///
    /// Closing would throw it away, and nginx repeats no POST.
    func hasInput(_ state: State) -> Bool {
        var byte: UInt8 = 0
        let flags = Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)
        if recv(state.descriptor, &byte, 1, flags) > 0 { return true }
        guard state.isUnix else { return false }
        // From here on who writes gets an error and knows that nothing was received. What came just before is there.
        shutdown(state.descriptor, Int32(SHUT_RD))
        return recv(state.descriptor, &byte, 1, flags) > 0
    }

    /// Closes the connection and cancels its handler.
    func abandon() {
        state.withLock { state -> FollowUp in
            var followUp = FollowUp()
            guard state.descriptor >= 0 else { return followUp }
            followUp.cancel = state.task
            close(&state, &followUp)
            return followUp
        }.perform(for: self)
    }
}
