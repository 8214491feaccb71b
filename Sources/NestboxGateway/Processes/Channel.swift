import CNestboxSystem
import Glibc

/// What a process and one that it has started say to each other: bytes, each of them a message.
///
/// Nothing ever waits, and the end of either process is the end of the channel for the other.
struct Channel: Sendable {
    enum Message: UInt8 {
        /// From a new process: from now on it takes connections.
        case serves = 0x52
        /// From a worker: it was asked to leave, and goes on until another one serves in its place.
        case wantsToLeave = 0x4C
        /// To a worker: leave everything that is not under way to the others.
        case leave = 0x6C
        /// To a worker: all end, and nobody is left to leave anything to.
        case end = 0x65
        /// To a worker: all end, and what waits at inherited sockets is theirs to answer, too.
        case endWithQueues = 0x71
    }

    enum Received {
        case message(Message)
        case nothing
        /// There will be nothing more.
        case end
    }

    let descriptor: Int32

    /// Both ends of a new channel; they are closed on exec.
    static func pair() throws(GatewayError) -> (Channel, Channel) {
        var (one, other): (Int32, Int32) = (-1, -1)
        guard nestbox_channel_create(&one, &other) == 0 else {
            throw GatewayError(.systemCallFailed, "socketpair", errno: errno, remedy: "Check the limit of open files.")
        }
        return (Channel(descriptor: one), Channel(descriptor: other))
    }

    /// - Returns: Whether the other process has it, or will have it when it looks.
    @discardableResult
    func send(_ message: Message) -> Bool {
        var byte = message.rawValue
        return nestbox_send(descriptor, &byte, 1, nil, 0, nil, 0) == 1
    }

    func receive() -> Received {
        var byte: UInt8 = 0
        while true {
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return .nothing }
            guard count == 1 else { return .end }
            if let message = Message(rawValue: byte) { return .message(message) }
        }
    }

    /// Lets nothing more come: what the other process sends from now on fails there, and what it has sent is still received.
    func stopReceiving() { shutdown(descriptor, Int32(SHUT_RD)) }

    func close() { nestbox_close(descriptor) }
}
