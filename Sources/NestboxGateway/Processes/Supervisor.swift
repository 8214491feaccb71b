import CNestboxSystem
import Glibc
package import Logging

/// Runs a program in several processes: starts them, starts those anew that end, and ends them all.
///
/// It has one thread and answers no request itself, so that nothing a handler does harms it. It has the listening sockets for
/// its workers, which are the same program, started with the same command line and environment; a connection is answered by
/// whichever of them takes it.
package final class Supervisor {
    let configuration: GatewayConfiguration
    let logger: Logger
    let launch = Launch.current
    private let handover = Handover.current
    private let signals: ProcessSignals
    private let service: ServiceNotification
    private var watch: ReplacementWatch?
    let listeners: [Listener]
    let mailbox: Mailbox
    /// Nobody writes there: the workers see its end when this process is gone.
    private let lifeline: (reader: Int32, writer: Int32)

    var places: [SupervisedPlace]
    /// Workers that are to take the places of those that serve, during a reload.
    var upcoming: [SupervisedProcess] = []
    /// Workers that have been told to leave.
    var retired: [SupervisedProcess] = []
    var wantsAnotherReload = false
    /// Whether all have served at one time: until then a failure is one of the program's start.
    private var hasStarted = false

    /// Opens the sockets, or takes those that it was given.
    ///
    /// The process must have no other threads yet.
    package init(configuration: GatewayConfiguration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        signals = try ProcessSignals()
        launch.forget()
        service = ServiceNotification(socket: launch.notifySocket)
        let isWatching = configuration.whenReplaced.map { $0 != .ignore } ?? false
        watch = isWatching ? ReplacementWatch(launch.program) : nil
        mailbox = try handover?.mailbox ?? Mailbox()
        var (reader, writer): (Int32, Int32) = (-1, -1)
        guard nestbox_pipe(&reader, &writer) == 0 else {
            throw GatewayError(.systemCallFailed, "pipe", errno: errno, remedy: "Check the limit of open files.")
        }
        lifeline = (reader, writer)
        listeners = try handover?.listeners ?? Listener.all(configuration)
        places = (1...max(1, configuration.processes)).map { SupervisedPlace(number: $0) }
    }

    /// Whether this process is one that a supervisor has started.
    package static var hasStartedThisProcess: Bool { Handover.current?.role == .worker }

    /// Supervises until SIGTERM or SIGINT.
    /// - Returns: The exit status: that of a worker which could not start in the beginning, else 0.
    package func run() -> Int32 {
        let now = nestbox_now()
        for index in places.indices { places[index].restart = now }
        while true {
            startWhatIsDue()
            if let status = step() { return status }
        }
    }

    /// Waits for something to happen, and looks after it.
    /// - Returns: The exit status when it is over.
    private func step() -> Int32? {
        var descriptors = [pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0)]
        let starting = (places.compactMap(\.process) + upcoming).compactMap(\.starting)
        descriptors += starting.map { pollfd(fd: $0.ready, events: Int16(POLLIN), revents: 0) }
        let time = min(
            nextTime(starting)?.millisecondsUntil ?? .max, watch == nil ? .max : ReplacementWatch.interval)
        _ = poll(&descriptors, nfds_t(descriptors.count), time == .max ? -1 : time)
        while let signal = signals.next() {
            switch signal {
            case .end, .interrupt: return end()
            case .reload: reload()
            case .childEnded: break
            }
        }
        if let status = collect() { return status }
        lookAfterStarting()
        killLate()
        guard watch?.look(now: nestbox_now()) == true else { return nil }
        logger.notice("\(launch.program) was replaced")
        if configuration.whenReplaced == .leave { return end() }
        reload()
        return nil
    }

    /// When something is to be done that nobody announces.
    private func nextTime(_ starting: [StartedProcess]) -> UInt64? {
        (starting.map(\.deadline) + places.compactMap(\.restart)
            + retired.compactMap(\.killTime)).min()
    }

    // MARK: Starting

    private func startWhatIsDue() {
        for index in places.indices {
            guard let time = places[index].restart, time <= nestbox_now() else { continue }
            places[index].restart = nil
            do {
                places[index].process = try start()
            } catch {
                let delay = places[index].delay.next(afterLife: .zero)
                places[index].restart = max(delay, .milliseconds(100)).after(nestbox_now())
                logger.error("\(error)")
            }
        }
    }

    func start() throws(GatewayError) -> SupervisedProcess {
        let started = try StartedProcess(
            launch, role: .worker, listeners: listeners, mailbox: mailbox, lifeline: lifeline.reader,
            within: configuration.timeouts.start)
        return SupervisedProcess(processID: started.processID, start: nestbox_now(), starting: started)
    }

    private func lookAfterStarting() {
        for index in places.indices {
            guard let process = places[index].process, let starting = process.starting else { continue }
            switch starting.progress() {
            case .ready:
                starting.close()
                places[index].process?.starting = nil
                logger.info("worker \(places[index].number) is process \(process.processID)")
            case .starting where starting.deadline <= nestbox_now():
                logger.error("process \(process.processID) did not serve in time ('timeouts.start') and is killed")
                places[index].process?.starting?.deadline = .max
                kill(process.processID, SIGKILL)
            case .starting: break
            // Its end is collected, or made: it can never say that it serves.
            case .failed: kill(process.processID, SIGKILL)
            }
        }
        if !hasStarted, places.allSatisfy({ $0.process.map { $0.starting == nil } ?? false }) {
            hasStarted = true
            let addresses = listeners.map(\.address.description).joined(separator: ", ")
            let count = places.count == 1 ? "1 process" : "\(places.count) processes"
            if let handover {
                handover.announceReady()
            } else {
                service.ready(status: "\(count) on \(addresses)")
            }
            logger.notice("listening on \(addresses) with \(count)")
        }
        lookAfterUpcoming()
    }

    // MARK: Ends

    /// Collects the workers that have ended.
    /// - Returns: The exit status, if the program cannot start.
    private func collect() -> Int32? {
        while true {
            var status: Int32 = 0
            let processID = waitpid(-1, &status, WNOHANG)
            guard processID > 0 else { return nil }
            let end = ProcessEnd(status)
            if let index = places.firstIndex(where: { $0.process?.processID == processID }) {
                if let status = ended(index, end) { return status }
            } else if let index = retired.firstIndex(where: { $0.processID == processID }) {
                let wasKilled = retired.remove(at: index).killTime == nil
                if end == .exited(0) || wasKilled && end == .signalled(SIGKILL) {
                    logger.info("process \(processID) has left")
                } else {
                    logger.warning("process \(processID), which was to leave, \(end)")
                }
            } else if let index = upcoming.firstIndex(where: { $0.processID == processID }) {
                upcoming.remove(at: index).starting?.close()
                failReload("process \(processID) \(end) before all served.")
            }
        }
    }

    private func ended(_ index: Int, _ end: ProcessEnd) -> Int32? {
        guard let process = places[index].process else { return nil }
        places[index].process = nil
        process.starting?.close()
        if !hasStarted, process.starting != nil {
            // It has said why. The others would say the same.
            logger.error("process \(process.processID) \(end) before it served: the program does not start")
            _ = self.end()
            if case .exited(let status) = end, status != 0 { return status }
            return 1
        }
        let life = Duration.nanoseconds(Int64(clamping: nestbox_now() - process.start))
        let delay = places[index].delay.next(afterLife: life)
        places[index].restart = delay.after(nestbox_now())
        let time = delay == .zero ? "now" : "in \(Double(delay / .milliseconds(100)) / 10) s"
        logger.log(
            level: end == .exited(0) ? .notice : .error,
            "worker \(places[index].number), process \(process.processID), \(end); another one starts \(time)")
        return nil
    }

    private func killLate() {
        let now = nestbox_now()
        for index in retired.indices {
            guard let time = retired[index].killTime, time <= now else { continue }
            retired[index].killTime = nil
            logger.warning("process \(retired[index].processID) does not leave and is killed")
            kill(retired[index].processID, SIGKILL)
        }
    }

    /// Tells workers to leave: those that serve by SIGTERM; the others have nothing to finish.
    func retire(_ processes: [SupervisedProcess]) {
        for var process in processes {
            let starting = process.starting
            process.starting = nil
            // One that serves by now may have begun to answer.
            let serves = starting.map { $0.progress() == .ready } ?? true
            starting?.close()
            if !serves {
                kill(process.processID, SIGKILL)
            } else {
                kill(process.processID, SIGTERM)
                // They have the grace time themselves, and a second for handlers that are cancelled.
                process.killTime = (configuration.timeouts.grace + .seconds(3)).fromNow
            }
            retired.append(process)
        }
    }

    func reloading() { service.reloading() }
    func reloaded(status: String) { service.ready(status: status) }

    /// Ends all: nobody listens any more, and what is under way is finished.
    private func end() -> Int32 {
        // A successor that does not come to serve leaves alone what still is another one's.
        if hasStarted || handover == nil {
            service.stopping()
            mailbox.close()
            for listener in listeners {
                listener.stopListening()
                listener.close()
            }
        }
        retire(places.compactMap(\.process) + upcoming)
        places = []
        upcoming = []
        while !retired.isEmpty {
            var descriptor = pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&descriptor, 1, nextTime([])?.millisecondsUntil ?? 1000)
            while let signal = signals.next() {
                switch signal {
                case .end, .interrupt: for process in retired { kill(process.processID, SIGKILL) }
                case .reload, .childEnded: break
                }
            }
            _ = collect()
            killLate()
        }
        return 0
    }
}
