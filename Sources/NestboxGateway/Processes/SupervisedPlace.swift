/// One of the places for worker processes of a supervisor.
struct SupervisedPlace {
    /// From 1, for messages.
    let number: Int
    var process: SupervisedProcess?
    /// Takes the place when it serves: in a reload, or because the other one was told to leave.
    var next: SupervisedProcess?
    /// When a process is started here, if one is missing.
    var restart: UInt64?
    var delay = RestartDelay()

    var processes: [SupervisedProcess] { [process, next].compactMap(\.self) }
    var serves: Bool { process?.serves == true }

    /// Gives the place to the next process.
    /// - Returns: The one that had it.
    mutating func succeed() -> SupervisedProcess? {
        defer { (process, next, restart) = (next, nil, nil) }
        return process
    }
}
