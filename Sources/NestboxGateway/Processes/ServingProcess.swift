import CNestboxSystem
import Glibc
import Logging

/// The life of a process that serves, on the main thread: signals, its successor, its supervisor.
final class ServingProcess {
    private let gateway: FastCGIGateway
    private let launch: Launch
    private let handover: Handover?
    private let signals: ProcessSignals
    private let rule: ReplacementRule
    private var watch: ReplacementWatch?
    private let service: ServiceNotification
    private var mailbox: Mailbox?
    /// The process that is to take this one's place, while it starts.
    private var successor: StartedProcess?
    /// Whether it was asked for a reload while one was under way.
    private var wantsAnother = false

    init(
        gateway: FastCGIGateway, launch: Launch, handover: Handover?, signals: ProcessSignals, rule: ReplacementRule
    ) {
        (self.gateway, self.launch, self.handover, self.signals) = (gateway, launch, handover, signals)
        self.rule = rule
        watch = rule.isWatching ? ReplacementWatch(launch.program) : nil
        mailbox = handover?.mailbox
        service = ServiceNotification(socket: handover?.role == .worker ? nil : launch.notifySocket)
    }

    private var isWorker: Bool { handover?.role == .worker }
    /// Says what a worker is to do.
    private var supervisor: Channel? { isWorker ? handover?.channel : nil }
    private var logger: Logger { gateway.logger }

    func run() {
        announce()
        while !step() {}
    }

    private func announce() {
        guard !isWorker else { return logger.info("process \(getpid()) serves") }
        let addresses = gateway.addresses.map(\.description).joined(separator: ", ")
        if handover == nil { service.ready(status: "Listening on \(addresses)") }
        logger.notice("listening on \(addresses)")
    }

    /// Waits for something to happen, and looks after it.
    /// - Returns: Whether the life is over.
    private func step() -> Bool {
        var descriptors = [signals.descriptor, successor?.channel.descriptor, supervisor?.descriptor].map {
            pollfd(fd: $0 ?? -1, events: Int16(POLLIN), revents: 0)
        }
        let time = successor?.deadline.millisecondsUntil ?? watch?.interval ?? -1
        _ = poll(&descriptors, nfds_t(descriptors.count), time)
        while let signal = signals.next() {
            switch signal {
            // The supervisor may have been told the same, and knows whether others go on here.
            case .end where isWorker: supervisor?.send(.wantsToLeave)
            case .interrupt where isWorker, .reload where isWorker: break
            case .end, .interrupt:
                end()
                return true
            case .reload:
                if rule.hasSpawner(launch, parent: getppid()) {
                    logger.notice("leaving, so that whoever started this process starts the program anew")
                    end(takesQueues: true)
                    return true
                }
                reload()
            case .childEnded: break
            }
        }
        if let supervisor, follow(supervisor) { return true }
        if successor != nil, lookAfterSuccessor() { return true }
        return watch?.look(now: nestbox_now()) == true && leavesReplaced()
    }

    /// Does what the supervisor says.
    /// - Returns: Whether the life is over.
    private func follow(_ supervisor: Channel) -> Bool {
        switch supervisor.receive() {
        case .nothing, .message(.serves), .message(.wantsToLeave): return false
        case .message(.leave): finish(heirs: mailbox)
        case .message(.end): finish()
        case .message(.endWithQueues): finish(takesQueues: true)
        case .end:
            logger.error("the supervisor has gone: leaving")
            mailbox?.close()
            finish()
        }
        return true
    }

    /// Another program stands where this one was.
    /// - Returns: Whether this one has ended its work.
    private func leavesReplaced() -> Bool {
        switch rule.action(launch, parent: getppid()) {
        case .ignore: return false
        case .reload:
            logger.notice("\(launch.program) was replaced")
            reload()
            return false
        case .leave:
            logger.notice("\(launch.program) was replaced: leaving")
            end(takesQueues: true)
            return true
        }
    }

    // MARK: A successor

    private func reload() {
        guard successor == nil else { return wantsAnother = true }
        service.reloading()
        do {
            let mailbox = try self.mailbox ?? Mailbox()
            self.mailbox = mailbox
            let started = try StartedProcess(
                launch, role: .successor, listeners: gateway.listeners, mailbox: mailbox,
                // systemd waits only for processes that it has started, and kills the others. The first process of a container
                // has no parent that it could share.
                isSibling: service.socket != nil && getpid() != 1, within: gateway.configuration.timeouts.start)
            successor = started
            logger.notice("starting process \(started.processID) in place of this one (\(getpid()))")
        } catch {
            goOn("\(error)")
        }
    }

    /// - Returns: Whether the successor serves and this process has ended its work.
    private func lookAfterSuccessor() -> Bool {
        guard let started = successor else { return false }
        switch started.progress() {
        case .starting:
            guard started.deadline <= nestbox_now() else { return false }
            if started.giveUp() {
                leave(to: started)
                return true
            }
            successor = nil
            _ = started.kill()
            goOn("process \(started.processID) did not serve in time ('timeouts.start') and was killed.")
        case .failed:
            successor = nil
            goOn("process \(started.processID) \(started.kill()) before it served.")
        case .ready:
            leave(to: started)
            return true
        }
        return false
    }

    /// There is no successor: everything stays as it is.
    private func goOn(_ reason: String) {
        logger.error("no reload: \(reason) This process (\(getpid())) goes on")
        service.ready(status: "The reload has failed; the old program goes on")
        guard wantsAnother else { return }
        wantsAnother = false
        reload()
    }

    /// Leaves the sockets to the successor and finishes what is under way.
    /// - Parameter isToldToEnd: Whether that was asked for, of both.
    private func leave(to successor: StartedProcess, isToldToEnd: Bool = false) {
        logger.notice("process \(successor.processID) serves; finishing the requests under way in process \(getpid())")
        service.ready(processID: successor.processID, status: "Listening")
        if wantsAnother { successor.send(SIGHUP) }
        var isToldToEnd = isToldToEnd
        finish(heirs: mailbox) { signal in
            switch signal {
            case .end, .interrupt:
                // What the first one asks for is being done.
                if isToldToEnd { return true }
                isToldToEnd = true
            case .reload: successor.send(SIGHUP)
            case .childEnded: _ = waitpid(successor.processID, nil, WNOHANG)
            }
            return false
        }
    }

    // MARK: The end

    /// - Parameter takesQueues: Whether what waits at inherited sockets is answered here: a spawner that starts the next process
    ///   may have a new socket for it.
    private func end(takesQueues: Bool = false) {
        if let started = successor {
            successor = nil
            // If it serves by now, it is the one to end, and this one leaves the rest to it.
            if started.giveUp() {
                started.send(SIGTERM)
                return leave(to: started, isToldToEnd: true)
            }
            _ = started.kill()
        }
        service.stopping()
        mailbox?.close()
        finish(takesQueues: takesQueues) { signal in signal == .end || signal == .interrupt }
    }

    /// Finishes what is under way.
    /// - Parameters:
    ///   - heirs: Where connections go that wait for a request; without it all end.
    ///   - cuts: Whether a signal that comes meanwhile ends the wait. A supervisor kills whom it does not want to wait for.
    private func finish(
        heirs: Mailbox? = nil, takesQueues: Bool = false, cuts: (ProcessSignals.Signal) -> Bool = { _ in false }
    ) {
        var isCut = false
        let isDrained = gateway.stop(heirs: heirs, takesQueues: takesQueues, interrupt: signals.descriptor) {
            while !isCut, let signal = signals.next() { isCut = cuts(signal) }
            return isCut
        }
        if !isDrained {
            let reason = isCut ? "a second signal came" : "'timeouts.grace' was over"
            logger.warning("requests were cut off at the end of process \(getpid()): \(reason)")
        }
    }
}
