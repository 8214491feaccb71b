import Logging

extension FastCGIGateway {
    /// Serves until SIGTERM or SIGINT, lets the requests under way finish, and returns.
    ///
    /// A second signal ends that wait. On SIGHUP or SIGUSR2 the program is started anew from its file, gets the listening
    /// sockets and the kept connections, and when it serves this process finishes what is under way and returns.
    ///
    /// The signals are blocked in the calling thread, which must be the only one so far, and stay so in those that it
    /// starts.
    public func run() throws {
        let signals = try ProcessSignals()
        defer { signals.close() }
        let (launch, handover) = (Launch.current, Handover.current)
        launch.forget()
        let rule = ReplacementRule(configuration.whenReplaced, listen: configuration.listen, handover: handover)
        try start(taking: handover)
        if let handover, handover.role == .successor { handover.channel.close() }
        ServingProcess(gateway: self, launch: launch, handover: handover, signals: signals, rule: rule).run()
    }
}
