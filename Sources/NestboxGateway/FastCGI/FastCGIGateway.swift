import CNestboxSystem
import Glibc
public import Logging
public import NestboxHTTP
import Synchronization

/// Serves requests that a web server sends over FastCGI.
///
/// Programs use `Application`, which chooses the gateway by how it was started. This is for tests, and for running
/// beside other servers in one process.
public final class FastCGIGateway: Sendable {
    private struct Running {
        var server: FastCGIServer
        var connections: [Connection]
        var threads: [WorkerThread]
    }

    let configuration: GatewayConfiguration
    private let responder: any Responder
    private let errors: ErrorResponses
    let logger: Logger
    private let accessLog: AccessLog
    private let running = Mutex<Running?>(nil)

    /// Creates a gateway that does not listen yet.
    /// - Parameters:
    ///   - configuration: Where to listen, limits and times.
    ///   - responder: Answers the requests.
    ///   - errors: How errors are answered.
    ///   - logger: For what concerns no single request, and what requests' loggers are made of.
    ///   - accessLog: Gets a line for each request.
    public init(
        configuration: GatewayConfiguration, responder: any Responder, errors: ErrorResponses = .negotiated,
        logger: Logger,
        accessLog: AccessLog? = nil
    ) {
        self.configuration = configuration
        self.responder = responder
        self.errors = errors
        self.logger = logger
        self.accessLog = accessLog ?? AccessLog(logger)
    }

    /// Where the gateway listens, with the ports that the system chose.
    public var addresses: [ListenAddress] {
        running.withLock { $0?.server.listeners.map(\.address) ?? [] }
    }

    /// Listens and serves, on threads of its own.
    /// - Throws: ``GatewayError`` when it cannot listen; then nothing is left behind.
    public func start() throws { try start(taking: nil) }

    /// Listens and serves.
    /// - Parameter handover: The sockets of another process of this program, in place of those of the configuration.
    func start(taking handover: Handover?) throws {
        // A web server that has gone away must show as an error of a write, not end the program.
        signal(SIGPIPE, SIG_IGN)
        raiseFileLimit()
        nestbox_keep_freed_memory()
        var listeners: [Listener] = []
        do {
            listeners = try handover?.listeners ?? Listener.all(configuration)
            let server = try FastCGIServer(
                configuration: configuration, listeners: listeners, responder: responder, errors: errors,
                logger: logger, accessLog: accessLog, mailbox: handover?.mailbox)
            let connections = (0..<configuration.limits.connections).map { Connection(slot: $0, server: server) }
            let threads = try server.pool.start(configuration.workers) { number, pool in
                Worker(number: number, server: server, pool: pool, connections: connections)
            }
            // Before the first connection is taken: if nobody waits for this process any more, it is about to be killed.
            guard handover?.channel.send(.serves) ?? true else {
                server.pool.stop()
                throw GatewayError(
                    .processNotAwaited,
                    remedy: "It took longer to start than 'timeouts.start', or the other process has ended.")
            }
            server.startAccepting()
            running.withLock { $0 = Running(server: server, connections: connections, threads: threads) }
        } catch {
            // What was handed over still belongs to the process that did.
            for listener in listeners where handover == nil {
                listener.stopListening()
                listener.close()
            }
            throw error
        }
    }

    /// What the gateway listens on.
    var listeners: [Listener] { running.withLock { $0?.server.listeners ?? [] } }

    /// Stops accepting, closes idle connections, and waits until the requests under way are answered, or the grace time
    /// is over and they are cancelled.
    /// - Parameter interrupt: A descriptor that ends the wait when it becomes readable.
    /// - Returns: Whether every request was answered.
    @discardableResult
    public func stop(interrupt: Int32? = nil) -> Bool { stop(heirs: nil, interrupt: interrupt) { true } }

    /// Stops accepting, and waits as ``stop(interrupt:)`` does.
    /// - Parameters:
    ///   - heirs: Where connections between two requests are passed on: other processes have the listening sockets. Without it
    ///     such connections are closed.
    ///   - takesQueues: Whether what waits at inherited sockets is answered, too.
    ///   - interrupt: A descriptor, and what is asked when it is readable: whether the wait is over.
    func stop(heirs: Mailbox?, takesQueues: Bool = false, interrupt: Int32?, isOver: () -> Bool) -> Bool {
        guard let running = running.withLock({ $0.take() }) else { return true }
        let server = running.server
        server.stopAccepting(heirs: heirs, takesQueues: takesQueues)
        for connection in running.connections { connection.retire() }
        let isDrained = waitUntilDrained(server, configuration.timeouts.grace, interrupt, isOver)
        if !isDrained {
            for connection in running.connections { connection.abandon() }
            // Handlers that have been cancelled still want to tidy up.
            _ = waitUntilDrained(server, .seconds(1), nil) { false }
        }
        server.pool.stop()
        let deadline = (isDrained ? Duration.seconds(5) : .seconds(1)).fromNow
        for thread in running.threads { thread.join(until: deadline) }
        accessLog.flush()
        return isDrained
    }

    private func waitUntilDrained(
        _ server: FastCGIServer, _ time: Duration, _ interrupt: Int32?, _ isOver: () -> Bool
    ) -> Bool {
        let end = time.fromNow
        while true {
            let now = nestbox_now_coarse()
            guard now < end else { return false }
            var descriptors = [
                pollfd(fd: server.drained, events: Int16(POLLIN), revents: 0),
                pollfd(fd: interrupt ?? -1, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&descriptors, 2, Int32(clamping: (end - now) / 1_000_000 + 1))
            if descriptors[0].revents != 0 { return true }
            if count > 0, isOver() { return false }
        }
    }

    /// Raises the soft limit of open files, which is often lower than that of connections, as far as it may be.
    ///
    /// A connection is a descriptor, and a file or an upload on it a second one.
    private func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let wanted = 2 * rlim_t(clamping: configuration.limits.connections) + 256
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = min(wanted, limit.rlim_max)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
