import CNestboxSystem
import Glibc

/// A worker process of a supervisor.
struct SupervisedProcess {
    private let started: StartedProcess
    /// When it was started, in nanoseconds of the monotonic clock.
    let start = nestbox_now()
    /// Whether it has said that it serves.
    private(set) var serves = false
    /// Whether it was asked to leave, by somebody else than the supervisor.
    private(set) var wantsToLeave = false
    /// Whether there is nothing more to hear from it: it is about to end.
    private(set) var isSilent = false
    /// Whether it was killed because it did not serve in time.
    private(set) var wasLate = false
    /// When it is killed if it has not ended.
    private(set) var killTime: UInt64?

    init(_ started: StartedProcess) { self.started = started }

    var processID: Int32 { started.processID }
    /// Readable when it has something to say; -1 when it has not.
    var descriptor: Int32 { isSilent ? -1 : started.channel.descriptor }
    /// When it must serve, while it does not.
    var deadline: UInt64? { serves || isSilent ? nil : started.deadline }

    /// Hears what it has said, and ends it if it should serve by now and does not.
    mutating func look() {
        while !isSilent {
            switch started.channel.receive() {
            case .message(.serves): serves = true
            case .message(.wantsToLeave): wantsToLeave = true
            case .message: break
            case .nothing:
                guard !serves, started.deadline <= nestbox_now() else { return }
                started.channel.stopReceiving()
                wasLate = true
            case .end:
                isSilent = true
                // What has not said so until now can never serve.
                if !serves { kill() } else { wasLate = false }
            }
        }
    }

    /// Tells it to go, and kills it if it has not begun to serve or is not gone in time.
    mutating func dismiss(_ message: Channel.Message, within time: Duration) {
        if !serves { serves = started.giveUp() }
        guard serves, started.channel.send(message) else { return kill() }
        killTime = time.fromNow
    }

    mutating func kill() {
        started.send(SIGKILL)
        killTime = nil
    }

    /// How it ended, in words.
    func words(_ end: ProcessEnd) -> String {
        wasLate ? "did not serve in time ('timeouts.start') and was killed" : "\(end)"
    }

    /// Lets go of it after its end.
    func close() { started.close() }
}
