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

    /// Milliseconds that a full mailbox is waited for, once.
    private static let patience: Int32 = 1000

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
        while !isGivenUp.load(ordering: .relaxed) {
            if nestbox_mailbox_send(sender, descriptor, isUnix ? 1 : 0) == 0 { return true }
            guard errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS else { return false }
            var state = pollfd(fd: sender, events: Int16(POLLOUT), revents: 0)
            // Nobody takes anything out: the others need not wait as well.
            if poll(&state, 1, Self.patience) != 1 { isGivenUp.store(true, ordering: .relaxed) }
        }
        return false
    }

    /// Takes a connection out.
    func receive() -> (descriptor: Int32, isUnix: Bool)? {
        var note: UInt8 = 0
        let descriptor = nestbox_mailbox_receive(receiver, &note)
        return descriptor < 0 ? nil : (descriptor, note == 1)
    }

    /// Has nobody put anything in any more: no process is left that would take it out.
    func close() { shutdown(receiver, Int32(SHUT_RDWR)) }

    /// Whether somebody has closed it, here or in another process.
    var isClosed: Bool {
        var state = pollfd(fd: sender, events: 0, revents: 0)
        return poll(&state, 1, 0) == 1
    }
}
