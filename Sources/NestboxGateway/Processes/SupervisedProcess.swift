/// A worker process of a supervisor.
struct SupervisedProcess {
    let processID: Int32
    /// When it was started, in nanoseconds of the monotonic clock.
    let start: UInt64
    /// What it is while it does not serve yet.
    var starting: StartedProcess?
    /// When it is killed if it has not ended.
    var killTime: UInt64?
}

/// One of the places for worker processes.
struct SupervisedPlace {
    /// From 1, for messages.
    let number: Int
    var process: SupervisedProcess?
    /// When one is started here, if there is none.
    var restart: UInt64?
    var delay = RestartDelay()
}
