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

    var places: [SupervisedPlace]
    /// Workers that have been told to leave.
    private var retired: [SupervisedProcess] = []
    /// Whether a reload was asked for that has not begun.
    var wantsReload = false
    /// Whether all places have a next process, and get it when all of these serve.
    var isReloading = false
    /// Whether all have served at one time: until then a failure is one of the program's start.
    var hasStarted = false

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
        let processes = places.flatMap(\.processes)
        let descriptors = [signals.descriptor] + processes.map(\.descriptor)
        let time = (processes.compactMap(\.deadline) + places.compactMap(\.restart)).min()
        wait(descriptors, until: time, atMost: watch?.interval ?? .max)
        while let signal = signals.next() {
            switch signal {
            case .end, .interrupt: return end(.end)
            case .reload: wantsReload = true
            case .childEnded: break
            }
        }
        if let status = collect() { return status }
        lookAfterProcesses()
        if watch?.look(now: nestbox_now()) == true {
            logger.notice("\(launch.program) was replaced")
            // What waits at inherited sockets waits for a process that nobody may start.
            if configuration.whenReplaced == .leave { return end(.endWithQueues) }
            wantsReload = true
        }
        reloadIfWanted()
        return nil
    }

    /// Waits until one of `descriptors` is readable, or a worker is late to leave, which is ended then.
    private func wait(_ descriptors: [Int32], until time: UInt64?, atMost milliseconds: Int32) {
        var states = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let time = min(time ?? .max, retired.compactMap(\.killTime).min() ?? .max)
        let wait = min(time == .max ? .max : time.millisecondsUntil, milliseconds)
        _ = poll(&states, nfds_t(states.count), wait == .max ? -1 : wait)
        let now = nestbox_now()
        for index in retired.indices where retired[index].killTime ?? .max <= now {
            logger.warning("process \(retired[index].processID) does not leave and is killed")
            retired[index].kill()
        }
    }

    // MARK: Starting

    private func startWhatIsDue() {
        for index in places.indices {
            guard let time = places[index].restart, time <= nestbox_now() else { continue }
            places[index].restart = nil
            do {
                if places[index].process == nil {
                    places[index].process = try start()
                } else if places[index].next == nil {
                    places[index].next = try start()
                }
            } catch {
                let delay = places[index].delay.next(afterLife: .zero)
                places[index].restart = max(delay, .milliseconds(100)).after(nestbox_now())
                logger.error("\(error)")
            }
        }
    }

    func start() throws(GatewayError) -> SupervisedProcess {
        SupervisedProcess(
            try StartedProcess(
                launch, role: .worker, listeners: listeners, mailbox: mailbox, within: configuration.timeouts.start))
    }

    /// Hears what the workers have said.
    private func lookAfterProcesses() {
        for index in places.indices {
            let served = places[index].serves
            places[index].process?.look()
            places[index].next?.look()
            if places[index].serves, !served { announce(places[index]) }
            guard !isReloading else { continue }
            if places[index].next?.serves == true {
                succeed(index)
                announce(places[index])
            } else if let process = places[index].process, process.wantsToLeave, places[index].next == nil,
                places[index].restart == nil
            {
                logger.notice("process \(process.processID) was told to leave: another one starts in its place")
                places[index].restart = nestbox_now()
            }
        }
        if isReloading, places.allSatisfy({ $0.next?.serves == true }) { finishReload() }
        guard !hasStarted, places.allSatisfy(\.serves) else { return }
        hasStarted = true
        let addresses = listeners.map(\.address.description).joined(separator: ", ")
        let count = places.count == 1 ? "1 process" : "\(places.count) processes"
        if let handover {
            // If nobody waits for this process any more it is about to be killed.
            handover.channel.send(.serves)
            handover.channel.close()
        } else {
            service.ready(status: "\(count) on \(addresses)")
        }
        logger.notice("listening on \(addresses) with \(count)")
    }

    private func announce(_ place: SupervisedPlace) {
        guard let process = place.process else { return }
        logger.info("worker \(place.number) is process \(process.processID)")
    }

    /// Gives a place to its next process, which serves.
    func succeed(_ index: Int) {
        if let process = places[index].succeed() { retire(process) }
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
            if let index = retired.firstIndex(where: { $0.processID == processID }) {
                let process = retired.remove(at: index)
                process.close()
                if end == .exited(0) || process.killTime == nil && end == .signalled(SIGKILL) {
                    logger.info("process \(processID) has left")
                } else {
                    logger.warning("process \(processID), which was to leave, \(end)")
                }
            } else if let index = places.firstIndex(where: { $0.next?.processID == processID }) {
                nextEnded(index, end)
            } else if let index = places.firstIndex(where: { $0.process?.processID == processID }) {
                if let status = ended(index, end) { return status }
            }
        }
    }

    private func ended(_ index: Int, _ end: ProcessEnd) -> Int32? {
        guard let process = places[index].process else { return nil }
        places[index].process = nil
        process.close()
        let words = process.words(end)
        if !hasStarted, !process.serves {
            // It has said why. The others would say the same.
            logger.error("process \(process.processID) \(words) before it served: the program does not start")
            _ = self.end(.end)
            if case .exited(let status) = end, status != 0 { return status }
            return 1
        }
        let level: Logger.Level = end == .exited(0) ? .notice : .error
        if !isReloading, places[index].next != nil {
            logger.log(level: level, "worker \(places[index].number), process \(process.processID), \(words)")
            _ = places[index].succeed()
            return nil
        }
        let time = restart(index, after: process)
        logger.log(
            level: level,
            "worker \(places[index].number), process \(process.processID), \(words); another one starts \(time)")
        return nil
    }

    /// The process that was to take a place has ended.
    private func nextEnded(_ index: Int, _ end: ProcessEnd) {
        guard let process = places[index].next else { return }
        places[index].next = nil
        process.close()
        guard !isReloading else {
            return failReload("process \(process.processID) \(process.words(end)) before all served.")
        }
        let time = restart(index, after: process)
        logger.error("process \(process.processID) \(process.words(end)) before it served; another one starts \(time)")
    }

    /// Has a process started in a place.
    /// - Returns: When, in words.
    private func restart(_ index: Int, after process: SupervisedProcess) -> String {
        let life = Duration.nanoseconds(Int64(clamping: nestbox_now() - process.start))
        let delay = places[index].delay.next(afterLife: life)
        places[index].restart = delay.after(nestbox_now())
        return delay == .zero ? "now" : "in \(Double(delay / .milliseconds(100)) / 10) s"
    }

    /// Tells a worker to go; one that does not serve yet is killed.
    func retire(_ process: SupervisedProcess, _ message: Channel.Message = .leave) {
        var process = process
        // They have the grace time themselves, and a second for handlers that are cancelled.
        process.dismiss(message, within: configuration.timeouts.grace + .seconds(3))
        retired.append(process)
    }

    func reloading() { service.reloading() }
    func reloaded(status: String) { service.ready(status: status) }

    /// Ends all: nobody listens any more, and what is under way is finished.
    /// - Parameter message: What the workers are told.
    private func end(_ message: Channel.Message) -> Int32 {
        // A successor that does not come to serve leaves alone what still is another one's.
        if hasStarted || handover == nil {
            service.stopping()
            mailbox.close()
            for listener in listeners {
                listener.stopListening()
                listener.close()
            }
        }
        for process in places.flatMap(\.processes) { retire(process, message) }
        places = []
        while true {
            // First, since their signals may have been taken already.
            _ = collect()
            if retired.isEmpty { return 0 }
            wait([signals.descriptor], until: nil, atMost: .max)
            while let signal = signals.next() {
                switch signal {
                case .end, .interrupt: for index in retired.indices { retired[index].kill() }
                case .reload, .childEnded: break
                }
            }
        }
    }
}
