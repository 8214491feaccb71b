import NestboxGateway

extension ConfigurationOption {
    /// The options of processes: how many, and how one takes another's place.
    static let processes: [ConfigurationOption] = [
        .init("processes", "Processes that serve, under a supervisor; 0 for one without it. Default: 0."),
        .init("timeouts.start", "Seconds until a worker, or the new process of a reload, must serve. Default: 30."),
        .init("whenReplaced", "When its file was: leave, reload or ignore. Default: leave, if its spawner is there."),
    ]
}

extension GatewayConfiguration {
    mutating func setProcesses(_ values: ConfigurationValues) throws(StartError) {
        try values.set(&processes, "processes", in: 0...1024)
        try values.set(&timeouts.start, "timeouts.start")
        whenReplaced = try values.value("whenReplaced", "one of leave, reload, ignore") {
            WhenReplaced(rawValue: $0.lowercased())
        }
    }
}
