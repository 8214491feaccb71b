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
    private var logger: Logger { gateway.logger }

    func run() {
        announce()
        while !step() {}
    }

    private func announce() {
        let addresses = gateway.addresses.map(\.description).joined(separator: ", ")
        if let handover {
            handover.announceReady()
        } else {
            service.ready(status: "Listening on \(addresses)")
        }
        if isWorker {
            logger.info("process \(getpid()) serves")
        } else {
            logger.notice("listening on \(addresses)")
        }
    }

    /// Waits for something to happen, and looks after it.
    /// - Returns: Whether the life is over.
    private func step() -> Bool {
        var descriptors = [signals.descriptor, successor?.ready, handover?.lifeline].map {
            pollfd(fd: $0 ?? -1, events: Int16(POLLIN), revents: 0)
        }
        let time = successor?.deadline.millisecondsUntil ?? (watch == nil ? -1 : ReplacementWatch.interval)
        _ = poll(&descriptors, nfds_t(descriptors.count), time)
        while let signal = signals.next() {
            switch signal {
            case .interrupt where isWorker: break
            case .end, .interrupt:
                end()
                return true
            case .reload where isWorker: break
            case .reload:
                if rule.hasSpawner(launch, parent: getppid()) {
                    logger.notice("leaving, so that whoever started this process starts the program anew")
                    end(leavesToSpawner: true)
                    return true
                }
                reload()
            case .childEnded: break
            }
        }
        if successor != nil, lookAfterSuccessor() { return true }
        if descriptors[2].revents != 0 {
            logger.error("the supervisor has gone: leaving")
            mailbox?.close()
            end()
            return true
        }
        return watch?.look(now: nestbox_now()) == true && leavesReplaced()
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
            end(leavesToSpawner: true)
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
                // systemd waits only for processes that it has started, and kills the others.
                isSibling: service.socket != nil, within: gateway.configuration.timeouts.start)
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
    private func leave(to successor: StartedProcess) {
        logger.notice("process \(successor.processID) serves; finishing the requests under way in process \(getpid())")
        service.ready(processID: successor.processID, status: "Listening")
        if wantsAnother { kill(successor.processID, SIGHUP) }
        var isToldToEnd = false
        finish(heirs: mailbox) {
            while let signal = self.signals.next() {
                switch signal {
                case .end, .interrupt:
                    // What the first one asks for is being done.
                    if isToldToEnd { return true }
                    isToldToEnd = true
                case .reload: kill(successor.processID, SIGHUP)
                case .childEnded: _ = waitpid(successor.processID, nil, WNOHANG)
                }
            }
            return false
        }
    }

    // MARK: The end

    /// - Parameter leavesToSpawner: Whether a spawner starts the next process: it may have a new socket for it, so that what
    ///   waits at this one is answered here.
    private func end(leavesToSpawner: Bool = false) {
        if let started = successor {
            successor = nil
            // It may serve by now: then it is the one to end, and this one leaves the rest to it.
            if started.progress() == .ready {
                leave(to: started, asking: SIGTERM)
                return
            }
            _ = started.kill()
        }
        service.stopping()
        let heirs = isWorker ? mailbox.flatMap { $0.isClosed ? nil : $0 } : nil
        if !isWorker { mailbox?.close() }
        finish(heirs: heirs, takesQueues: leavesToSpawner) {
            while let signal = self.signals.next() {
                switch signal {
                // A supervisor kills whom it does not want to wait for.
                case .end, .interrupt: if !self.isWorker { return true }
                case .reload, .childEnded: break
                }
            }
            return false
        }
    }

    private func leave(to successor: StartedProcess, asking signal: Int32) {
        kill(successor.processID, signal)
        leave(to: successor)
    }

    private func finish(heirs: Mailbox?, takesQueues: Bool = false, isOver: () -> Bool) {
        let isDrained = gateway.stop(
            heirs: heirs, takesQueues: takesQueues, interrupt: signals.descriptor, isOver: isOver)
        if !isDrained {
            logger.warning("requests were cut off at the end of process \(getpid()): 'timeouts.grace' was over")
        }
    }
}

extension UInt64 {
    /// Milliseconds until this time of the monotonic clock, rounded up, for `poll`.
    var millisecondsUntil: Int32 {
        let now = nestbox_now()
        return self <= now ? 0 : Int32(clamping: (self - now) / 1_000_000 + 1)
    }
}
