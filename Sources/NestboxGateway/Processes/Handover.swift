import CNestboxSystem
import Glibc

/// What a process gives to one that it starts from the same program: the listening sockets, and how the two keep in touch.
///
/// The descriptors are inherited under their numbers; an environment variable says which they are:
///
///     2 successor channel=9:81427 mailbox=7,8 listen=5,unix,2049,131,2f72756e2f612e736f636b listen=6,tcp,127.0.0.1:9000
///
/// First the version, then the role. `channel` has the inode of its socket, by which a process that merely got the variable is
/// told from the one that was meant. A unix socket's path is in hexadecimal digits, after the device and inode of its file if
/// the new process is to remove it at its end; else both are 0.
struct Handover: Sendable {
    enum Role: String {
        /// Takes the place of the process that started it.
        case successor
        /// Serves beside others, under the supervisor that started it.
        case worker
    }

    var role: Role
    var listeners: [Listener]
    /// Where kept connections are passed on.
    var mailbox: Mailbox?
    /// Where the new process says that it serves, and a worker hears from its supervisor.
    var channel: Channel

    /// Not of the form of the configuration's variables, which are checked.
    static let variable = "_NESTBOX_HANDOVER"
    private static let version = "2"

    /// What this process was given, if it was started by another one of this program.
    static let current: Handover? = getenv(variable).flatMap { Handover(text: String(cString: $0)) }

    /// The descriptors that the new process is to have.
    var descriptors: [Int32] {
        listeners.map(\.descriptor) + [channel.descriptor] + (mailbox.map { [$0.sender, $0.receiver] } ?? [])
    }

    /// The value of the variable.
    var text: String {
        let inode = Self.inode(channel.descriptor) ?? 0
        var words = [Self.version, role.rawValue, "channel=\(channel.descriptor):\(inode)"]
        if let mailbox { words.append("mailbox=\(mailbox.sender),\(mailbox.receiver)") }
        for listener in listeners {
            let place =
                switch listener.address {
                case .unix(let path):
                    "unix,\(role == .worker ? 0 : listener.file?.device ?? 0),"
                        + "\(role == .worker ? 0 : listener.file?.inode ?? 0),\(Self.hexadecimal(path))"
                case .tcp: "tcp,\(listener.address)"
                case .inherited: "inherited"
                }
            words.append("listen=\(listener.descriptor),\(place)")
        }
        return words.joined(separator: " ")
    }

    /// Reads the value of the variable; `nil` if it is not about this process.
    init?(text: String) {
        var words = text.split(separator: " ")[...]
        guard words.popFirst() == Self.version[...], let role = words.popFirst().flatMap({ Role(rawValue: "\($0)") })
        else { return nil }
        (self.role, listeners, channel) = (role, [], Channel(descriptor: -1))
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            switch parts[0] {
            case "channel":
                let numbers = parts[1].split(separator: ":").compactMap { UInt64($0) }
                guard numbers.count == 2, let descriptor = Int32(exactly: numbers[0]),
                    Self.inode(descriptor) == numbers[1]
                else { return nil }
                channel = Channel(descriptor: descriptor)
            case "mailbox":
                let ends = parts[1].split(separator: ",").compactMap { Int32($0) }
                guard ends.count == 2 else { return nil }
                mailbox = Mailbox(sender: ends[0], receiver: ends[1])
            case "listen":
                guard let listener = Self.listener(parts[1]) else { return nil }
                listeners.append(listener)
            default: return nil
            }
        }
        guard channel.descriptor >= 0, !listeners.isEmpty else { return nil }
        for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }

    init(role: Role, listeners: [Listener], mailbox: Mailbox?, channel: Channel) {
        (self.role, self.listeners, self.mailbox, self.channel) = (role, listeners, mailbox, channel)
    }

    private static func listener(_ text: Substring) -> Listener? {
        let parts = text.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let descriptor = Int32(parts[0]), Listener.isListening(descriptor) else { return nil }
        switch (parts[1], parts.count) {
        case ("inherited", 2): return Listener(taking: descriptor, address: .inherited(descriptor), file: nil)
        case ("tcp", 3):
            guard let address = try? ListenAddress(String(parts[2])) else { return nil }
            return Listener(taking: descriptor, address: address, file: nil)
        case ("unix", 3):
            let fields = parts[2].split(separator: ",")
            guard fields.count == 3, let device = dev_t(fields[0]), let inode = ino_t(fields[1]),
                let path = string(hexadecimal: fields[2])
            else { return nil }
            let file = inode == 0 ? nil : UnixSocketFile(path: path, device: device, inode: inode)
            return Listener(taking: descriptor, address: .unix(path), file: file)
        default: return nil
        }
    }

    private static func inode(_ descriptor: Int32) -> UInt64? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        return UInt64(status.st_ino)
    }

    private static func hexadecimal(_ text: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: text.utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func string(hexadecimal text: Substring) -> String? {
        let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
