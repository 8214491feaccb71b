import Foundation
import Synchronization

/// Everything that has to be gone when the driver ends, however it ends: processes and the temporary directory.
enum Belongings {
    private struct State {
        var processes: Set<pid_t> = []
        var directory: URL?
        var isEnding = false
    }

    private static let state = Mutex(State())

    /// Ends the driver in good order on Ctrl-C and its like.
    ///
    /// The signals are blocked everywhere and fetched by one thread, so that cleaning up is no signal handler's work.
    static func watchSignals() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        let watched = signals
        Thread.detachNewThread {
            var watched = watched
            var received: Int32 = 0
            while sigwait(&watched, &received) != 0 {}
            release()
            exit(128 + received)
        }
    }

    static func makeDirectory() throws -> URL {
        var template = Array(FileManager.default.temporaryDirectory.appending(path: "nestbox-XXXXXX").path.utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure("cannot make a temporary directory") }
        let directory = URL(filePath: String(cString: made), directoryHint: .isDirectory)
        state.withLock { $0.directory = directory }
        return directory
    }

    /// Starts a process under the lock: it is either never started or known to `release()`.
    fileprivate static func add(_ start: () -> (pid_t, Int32)) throws -> pid_t {
        standStillIfEnding()
        return try state.withLock { state in
            guard !state.isEnding else { throw Failure("ending") }
            let (process, error) = start()
            guard error == 0 else { throw Failure(String(cString: strerror(error))) }
            state.processes.insert(process)
            return process
        }
    }

    /// Reaps a process that has ended.
    ///
    /// Under the lock, see `send`.
    fileprivate static func reap(_ process: pid_t) -> (status: Int32, usage: rusage) {
        state.withLock { state in
            var status: Int32 = 0
            var usage = rusage()
            if state.processes.remove(process) != nil { wait4(process, &status, 0, &usage) }
            return (status, usage)
        }
    }

    /// Signals a process, but never one that has been reaped: its number may be a stranger's by now.
    fileprivate static func send(_ signal: Int32, to process: pid_t) {
        state.withLock { state in
            if state.processes.contains(process) { _ = kill(process, signal) }
        }
    }

    /// Ends everything.
    ///
    /// Whoever comes second waits for the end of the driver, which the first one is about to bring.
    static func release() {
        let (isSecond, processes, directory) = state.withLock { state in
            defer { state.isEnding = true }
            return (state.isEnding, state.processes, state.directory)
        }
        while isSecond { sleep(60) }
        // The youngest first: the load generator before the servers it would complain about.
        for process in processes.sorted(by: >) { Child(process: process).end() }
        // Again, for what somebody has put there meanwhile.
        if let directory {
            for _ in 0..<10 where FileManager.default.fileExists(atPath: directory.path) {
                DirectoryTree(path: directory.path).remove()
            }
        }
    }

    /// Does not return after Ctrl-C: what fails then fails because of it, and is not worth a word.
    static func standStillIfEnding() {
        while state.withLock({ $0.isEnding }) { sleep(60) }
    }
}

/// A process we started.
struct Child: Sendable {
    let process: pid_t

    struct Ending {
        /// As a shell would give it: 128 and the signal's number if it was killed.
        let status: Int32
        let processorSeconds: Double
    }

    fileprivate init(process: pid_t) {
        self.process = process
    }

    /// - Parameters:
    ///   - output: a descriptor that becomes standard output; nil for `/dev/null`
    ///   - errors: a file that takes standard error; nil to share the driver's
    init(_ program: String, _ arguments: [String], environment: [String]? = nil, output: Int32? = nil, errors: String?)
        throws
    {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        }
        if let errors {
            posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        // What the driver blocks and ignores is no business of its children.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &pipe)
        // A group of its own: a terminal's Ctrl-C reaches the driver only, which ends its children in order.
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        let inherited = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
        var variables: [UnsafeMutablePointer<CChar>?] = (environment ?? inherited).map { strdup($0) } + [nil]
        defer { for word in words + variables { free(word) } }
        do {
            process = try Belongings.add {
                var process: pid_t = 0
                let error = posix_spawnp(&process, program, &actions, &attributes, &words, &variables)
                return (process, error)
            }
        } catch {
            throw Failure("cannot start \(program): \(error)")
        }
    }

    var hasEnded: Bool {
        waitForEnd(WNOHANG)
    }

    /// Waits without reaping, see `Belongings.reap`.
    func waitForEnd() {
        while !waitForEnd(0) {}
    }

    private func waitForEnd(_ option: Int32) -> Bool {
        var information = siginfo_t()
        let result = waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT | option)
        // No such child: somebody else, `Belongings.release()`, has reaped it.
        if result != 0 { return errno == ECHILD }
        return information.si_signo != 0
    }

    func wait() -> Ending {
        waitForEnd()
        let (status, usage) = Belongings.reap(process)
        let signal = status & 0x7f
        return Ending(
            status: signal == 0 ? (status >> 8) & 0xff : 128 + signal,
            processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime))
    }

    /// Asks the process to end, and after three seconds sees to it.
    func end() {
        // Workers of their own, which a killed parent would leave behind.
        let workers = processTree(of: process).dropFirst()
        Belongings.send(SIGTERM, to: process)
        var patience = 300
        while !hasEnded && patience > 0 {
            usleep(10_000)
            patience -= 1
        }
        Belongings.send(SIGKILL, to: process)
        _ = wait()
        for worker in workers where isSame(worker) { kill(worker.process, SIGKILL) }
    }
}

private func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
}
