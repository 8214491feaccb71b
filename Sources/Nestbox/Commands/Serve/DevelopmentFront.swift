import CNestboxSystem
import Glibc
import NestboxGateway

/// A private nginx, the program behind it, and the loop that looks after both.
///
/// The socket between them is this process's: while the program is started anew, requests wait in its queue. It lives on
/// one thread, which is the process's own: the kernel ends the children when the thread that has started them ends.
final class DevelopmentFront {
    let program: ServedProgram
    let directory: ServeDirectory
    let output: CommandOutput
    let isDevelopment: Bool
    /// What is said when all of it runs.
    var greeting = ""

    private let nginxPath: String
    private let port: Int32
    private let signals: Int32
    private var nginx: ServedProcess?
    private var nginxLine: [UInt8] = []
    private var socket: ServedSocket?
    private var child: ServedProcess?
    private var state = State.starting
    /// Notices another build than the one that runs or has failed.
    private var watch: ReplacementWatch
    private var hasGreeted = false
    /// When the program was started, and whether it was said since that it does not answer.
    private var started: UInt64 = 0
    private var isKnownToBeSilent = false
    private var delay = RestartDelay()

    private enum State {
        /// The program has not answered yet.
        case starting
        case running
        /// It was told to end, for a newer build.
        case stopping(since: UInt64, isUrged: Bool)
        /// It has crashed soon after its start, and is started again then; requests wait.
        case crashed(restart: UInt64)
        /// It does not start: nothing listens until it was built anew.
        case down
    }

    /// How often the program's file is looked at.
    private static let interval: Int32 = 250
    /// How long a program may be silent before that is said.
    private static let silence: UInt64 = 5_000_000_000
    /// What requests under way get when the program is started anew, before they are cut off.
    private static let grace: UInt64 = 3_000_000_000

    init(
        program: ServedProgram, directory: ServeDirectory, nginx: String, listener: Int32, output: CommandOutput,
        isDevelopment: Bool
    ) {
        (self.program, self.directory, self.output) = (program, directory, output)
        (nginxPath, port, self.isDevelopment) = (nginx, listener, isDevelopment)
        watch = ReplacementWatch(program.file, known: nil, interval: Self.interval)
        let numbers = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD]
        signals = nestbox_signals(numbers, numbers.count)
    }

    deinit { close(signals) }

    /// Runs both until a signal ends this, or one of them ends by itself.
    /// - Throws: ``StartError`` when they do not start.
    func run() throws -> CommandStatus {
        defer { end() }
        try directory.write(DownPage.silent(program.name), to: "down.html")
        try startProgram()
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(null) }
        nginx = try ServedProcess(
            nginxPath, ["nginx", "-p", directory.path, "-c", directory.path("nginx.conf"), "-e", "stderr"],
            // nginx takes sockets over from an older nginx so; thus nobody else can take the port before it does.
            environment: ["NGINX=3;"], input: null, others: [port])
        while true {
            wait()
            if nextSignal() != nil {
                output.note("\nStopping")
                return .success
            }
            forward()
            if let nginx, nginx.hasEnded {
                forward()
                self.nginx = nil
                let end = nginx.collect()
                guard hasGreeted else { throw StartError("nginx \(end) before it served: its message stands above") }
                output.note("nginx \(end)")
                return .problem
            }
            if let child, child.hasEnded, let status = try programHasEnded(child) { return status }
            lookAfterProgram()
            greet()
            replaceIfBuilt()
        }
    }

    // MARK: The program

    private func startProgram() throws(StartError) {
        state = .starting
        (started, isKnownToBeSilent) = (nestbox_now(), false)
        // Before it is started: what is written meanwhile is another one.
        watch = ReplacementWatch(program.file, known: program.file.identity, interval: Self.interval)
        let socket: ServedSocket
        if let present = self.socket {
            socket = present
        } else {
            socket = try ServedSocket(at: directory.path("app.sock"))
        }
        self.socket = socket
        child = try ServedProcess(
            program.path, program.arguments, environment: program.environment, input: socket.listener)
        socket.ask()
    }

    /// Deals with the program's end: it is what was wanted, a crash, or a build that does not start.
    /// - Returns: How this ends, when it does.
    private func programHasEnded(_ child: ServedProcess) throws -> CommandStatus? {
        forward()
        self.child = nil
        let end = child.collect()
        switch state {
        case .stopping: start(again: "\(program.name) was built anew")
        case .running where end == .exited(0):
            output.note("\(program.name) has ended")
            return .problem
        case .running:
            let now = nestbox_now()
            let delay = delay.next(afterLife: .nanoseconds(Int64(clamping: now - started)))
            let time = delay == .zero ? "" : " in \(Double(delay / .milliseconds(100)) / 10) s"
            output.note("\(program.name) \(end), and is started again\(time)")
            state = .crashed(restart: now + UInt64(delay / .nanoseconds(1)))
        case .starting, .crashed, .down:
            guard hasGreeted else {
                throw StartError("\(program.name) \(end) before it served: its message stands above")
            }
            isDown("\(program.name) \(end) before it served", child.lastWords)
        }
        return nil
    }

    /// Does what its state asks for.
    private func lookAfterProgram() {
        switch state {
        case .starting where socket?.hasAnswered == true: state = .running
        case .starting where !isKnownToBeSilent && nestbox_now() >= started + Self.silence:
            isKnownToBeSilent = true
            output.note("\(program.name) has not answered yet. It serves when it calls run() of its application")
        case .crashed(let time) where nestbox_now() >= time: startAgain()
        case .starting, .running, .stopping, .crashed, .down: break
        }
    }

    private func start(again reason: String) {
        output.note(reason)
        startAgain()
    }

    private func startAgain() {
        do {
            try startProgram()
            // A page of an older failure is not true any more.
            try directory.write(DownPage.silent(program.name), to: "down.html")
        } catch {
            isDown("\(error)", [])
        }
    }

    /// Lets nginx answer at once while the program does not start.
    private func isDown(_ reason: String, _ words: [UInt8]) {
        state = .down
        output.note("\(reason). Waiting for the next build")
        let page = DownPage.down(program.name, reason, words: isDevelopment ? words : [])
        // Without the page nginx shows one of its own.
        try? directory.write(page, to: "down.html")
        // Who waits in the queue, and who comes now, is refused.
        socket = nil
    }

    /// Looks whether the program was built anew, and replaces it when the new file is whole.
    private func replaceIfBuilt() {
        if case .stopping(let since, let isUrged) = state, let child {
            let now = nestbox_now()
            if now > since + 2 * Self.grace {
                child.kill9()
            } else if now > since + Self.grace, !isUrged {
                // A second one ends the wait for the requests under way.
                child.send(SIGTERM)
                state = .stopping(since: since, isUrged: true)
            }
            return
        }
        let now = nestbox_now()
        guard watch.look(now: now) else { return }
        guard let child else { return start(again: "\(program.name) was built anew") }
        // Not SIGHUP: a program that does not start would go on as it was, and its author would not be told in the browser.
        child.send(SIGTERM)
        state = .stopping(since: now, isUrged: false)
    }

    // MARK: Both

    private func greet() {
        guard !hasGreeted, case .running = state, access(directory.path("nginx.pid"), F_OK) == 0 else { return }
        hasGreeted = true
        output.line(greeting)
    }

    /// Waits until something happens, or it is time to look at the program's file.
    private func wait(atMost milliseconds: Int32? = nil) {
        let isBusy =
            switch state {
            case .running, .down: !hasGreeted
            case .starting, .stopping, .crashed: true
            }
        var descriptors = [signals, child?.errors ?? -1, nginx?.errors ?? -1, socket?.question ?? -1].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        _ = poll(&descriptors, nfds_t(descriptors.count), milliseconds ?? (isBusy ? 50 : Self.interval))
    }

    /// The signal that ends this, if there is one.
    private func nextSignal() -> Int32? {
        while true {
            var isHangup: Int32 = 0
            let signal = nestbox_next_signal(signals, &isHangup)
            if signal == 0 { return nil }
            if signal != SIGCHLD { return signal }
        }
    }

    /// Shows what both have written: the program's as it is, nginx's with its name in front.
    private func forward() {
        // More than a pipe holds, and an end: a program that writes without one must not keep the signals waiting.
        for _ in 0..<16 {
            guard let text = child?.read(), !text.isEmpty else { break }
            write(text)
        }
        for _ in 0..<16 {
            guard let text = nginx?.read(), !text.isEmpty else { break }
            nginxLine += text
            while let end = nginxLine.firstIndex(of: UInt8(ascii: "\n")) {
                let line = nginxLine[...end]
                // It says each time that it has taken the socket, which is no news.
                if !String(decoding: line, as: UTF8.self).contains("using inherited sockets") {
                    write(Array("nginx: ".utf8) + line)
                }
                nginxLine.removeSubrange(...end)
            }
        }
    }

    private func write(_ text: some Collection<UInt8>) {
        var rest = Array(text)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Ends both, nginx first, so that it sends nothing more; a second signal ends them at once.
    private func end() {
        if let nginx { end(nginx) }
        nginx = nil
        if let child { end(child) }
        child = nil
        socket = nil
    }

    private func end(_ process: ServedProcess) {
        process.send(SIGTERM)
        let start = nestbox_now()
        var isUrged = false
        while !process.hasEnded {
            wait(atMost: 20)
            forward()
            let waited = nestbox_now() - start
            if waited > Self.grace / 3, !isUrged {
                process.send(SIGTERM)
                isUrged = true
            }
            if waited > Self.grace || nextSignal() != nil { process.kill9() }
        }
        forward()
        _ = process.collect()
    }
}
