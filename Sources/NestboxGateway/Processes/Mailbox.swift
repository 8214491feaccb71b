import CNestboxSystem
import Glibc
import Synchronization

/// Where the processes of one program pass on connections that wait for their next request.
///
/// Closing such a connection would lose requests: the web server may be writing one just then, and nginx sends no POST twice.
/// All processes of a program, its earlier and later generations too, have both ends: those that leave put connections in,
/// and whoever serves takes them out.
final class Mailbox: Sendable {
    let sender: Int32
    let receiver: Int32
    private let isGivenUp = Atomic<Bool>(false)

    /// How long a full mailbox is waited for, once.
    private static let patience = Duration.seconds(1)

    /// What is found in a mailbox.
    enum Received {
        case connection(Int32, isUnix: Bool)
        case nothing
        /// There may be a connection, and this process has no descriptor for it now.
        case later(errno: Int32)
        /// One was lost: the last descriptor was taken in the moment in which it came.
        case lost
    }

    init(sender: Int32, receiver: Int32) {
        self.sender = sender
        self.receiver = receiver
    }

    convenience init() throws(GatewayError) {
        var (sender, receiver): (Int32, Int32) = (-1, -1)
        guard nestbox_mailbox_create(&sender, &receiver) == 0 else {
            throw GatewayError(.systemCallFailed, "socketpair", errno: errno, remedy: "Check the limit of open files.")
        }
        self.init(sender: sender, receiver: receiver)
    }

    /// Passes a connection on, which stays open here.
    /// - Returns: Whether somebody will have it.
    func send(_ descriptor: Int32, isUnix: Bool) -> Bool {
        let deadline = Self.patience.fromNow
        while !isGivenUp.load(ordering: .relaxed) {
            if nestbox_mailbox_send(sender, descriptor, isUnix ? 1 : 0) == 0 { return true }
            let error = errno
            guard error == EAGAIN || error == ENOBUFS || error == ETOOMANYREFS else { return false }
            let time = deadline.millisecondsUntil
            // Nobody takes anything out: the others need not wait as well.
            if time == 0 { isGivenUp.store(true, ordering: .relaxed) }
            // With too many connections on their way (ETOOMANYREFS) there is room, and nothing tells when they have come.
            var state = pollfd(fd: error == EAGAIN ? sender : -1, events: Int16(POLLOUT), revents: 0)
            _ = poll(&state, 1, error == EAGAIN ? time : min(time, 10))
        }
        return false
    }

    /// Takes a connection out.
    func receive() -> Received {
        var note: UInt8 = 0
        let descriptor = nestbox_mailbox_receive(receiver, &note)
        guard descriptor < 0 else { return .connection(descriptor, isUnix: note == 1) }
        switch errno {
        case EMFILE: return .later(errno: EMFILE)
        case ECONNABORTED: return .lost
        default: return .nothing
        }
    }

    /// Has nobody put anything in any more: no process is left that would take it out.
    func close() { shutdown(receiver, Int32(SHUT_RDWR)) }
}
