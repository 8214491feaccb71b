import CNestboxSystem
import Glibc
import Logging
import NestboxHTTP

extension Worker {
    /// Looks after one event.
    func handle(_ event: nestbox_event) {
        switch EventSource(event.data) {
        case .connection(let slot, let generation):
            connections[slot].handle(event.events, generation: generation, on: self)
        case .listener(let index): accept(index)
        case .timer: tick()
        case .mailbox: collect()
        case .wakeup: break
        }
    }

    /// Accepts all that have connected.
    ///
    /// The first request that is complete is run by this worker, next; others are there for whoever is free.
    private func accept(_ index: Int) {
        let listener = server.listeners[index]
        let isLast = server.isStopping
        var outcome = Accepted.none
        while !server.leavesQueue(of: listener) {
            // Without a place it goes on when a connection closes.
            guard let slot = server.takeSlot() else { return }
            outcome = accept(listener, slot)
            guard outcome == .some else { break }
        }
        if isLast, outcome != .later { server.sourceEnded(.listener(index)) }
    }

    /// Takes over the connections that another process of this program has passed on.
    private func collect() {
        guard let mailbox = server.mailbox else { return }
        let isLast = server.isStopping
        var outcome = Accepted.none
        while !server.isLeaving {
            // As for accepting.
            guard let slot = server.takeSlot() else { return }
            outcome = collect(mailbox, slot)
            guard outcome == .some else { break }
        }
        if isLast, outcome != .later { server.sourceEnded(.mailbox) }
    }

    private func collect(_ mailbox: Mailbox, _ slot: Int) -> Accepted {
        switch mailbox.receive() {
        case .connection(let descriptor, let isUnix):
            connections[slot].open(descriptor, isUnix: isUnix, wasUsed: true, on: self)
            // It was not among those that were told of the end.
            if server.isStopping { connections[slot].retire() }
            return .some
        case .lost:
            server.release(slot)
            server.logger.error("a connection that another process has passed on was lost: no descriptor was left")
            return .some
        case .later(let errno):
            server.release(slot)
            server.pauseAccepting(errno: errno)
            return .later
        case .nothing:
            server.release(slot)
            return .none
        }
    }

    private enum Accepted {
        case some
        /// Nobody waits in the queue.
        case none
        /// The system has no means for one more.
        case later
    }

    private func accept(_ listener: Listener, _ slot: Int) -> Accepted {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let descriptor = nestbox_accept(listener.descriptor, &address, &length)
        guard descriptor >= 0 else {
            let error = errno
            server.release(slot)
            switch error {
            case EINTR, ECONNABORTED, EPROTO: return .some
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                server.pauseAccepting(errno: error)
                return .later
            default: return .none
            }
        }
        if !listener.isUnix {
            let peer = SocketAddress(accepted: address).ipAddress
            guard let peer, server.allowedClients.contains(where: { $0.contains(peer) }) else {
                server.logger.warning(
                    "refused a connection from \(peer.map(\.description) ?? "?"): it is not in 'allowed-clients'")
                close(descriptor)
                server.release(slot)
                return .some
            }
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        connections[slot].open(descriptor, isUnix: listener.isUnix, on: self)
        return .some
    }

    private func tick() {
        let now = nestbox_now()
        for connection in connections { connection.expire(now: now) }
        server.resumeAccepting()
        server.stopTimerWhenIdle()
    }
}
