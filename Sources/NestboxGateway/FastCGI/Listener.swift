import CNestboxSystem
import Glibc
import NestboxHTTP

/// A listening socket.
struct Listener: Sendable {
    let descriptor: Int32
    let address: ListenAddress
    let isUnix: Bool
    /// Which file a unix socket of our own is: at the end it is removed only if it still is that one.
    let file: UnixSocketFile?

    /// Opens a socket of our own, or takes over one that the program was started with.
    init(
        _ address: ListenAddress, options: UnixSocketOptions, backlog: Int
    ) throws(GatewayError) {
        switch address {
        case .unix(let path):
            let (descriptor, file) = try UnixSocketFile.listen(at: path, options: options, backlog: backlog)
            self.init(descriptor: descriptor, address: address, isUnix: true, file: file)
        case .tcp(let host, let port):
            let (descriptor, port) = try Self.listen(host: host, port: port, backlog: backlog)
            self.init(descriptor: descriptor, address: .tcp(host: host, port: port), isUnix: false, file: nil)
        case .inherited(let descriptor): self.init(taking: descriptor, address: address, file: nil)
        }
    }

    /// Opens all sockets of a configuration, or none.
    static func all(_ configuration: GatewayConfiguration) throws(GatewayError) -> [Listener] {
        var listeners: [Listener] = []
        for address in configuration.listen {
            do throws(GatewayError) {
                listeners.append(
                    try Listener(address, options: configuration.unixSocket, backlog: configuration.limits.backlog))
            } catch {
                for listener in listeners {
                    listener.stopListening()
                    listener.close()
                }
                throw error
            }
        }
        return listeners
    }

    /// Takes over a socket that listens.
    /// - Parameter file: The file to be removed at the end.
    init(taking descriptor: Int32, address: ListenAddress, file: UnixSocketFile?) {
        // Workers never wait in accept.
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        // Programs that a handler starts must not hold the port open.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        self.init(descriptor: descriptor, address: address, isUnix: Self.isUnix(descriptor), file: file)
    }

    private init(descriptor: Int32, address: ListenAddress, isUnix: Bool, file: UnixSocketFile?) {
        self.descriptor = descriptor
        self.address = address
        self.isUnix = isUnix
        self.file = file
    }

    /// The listening sockets that the program was started with: those that another process of it gave to this one, descriptor 0
    /// (spawn-fcgi, mod_fcgid, lighttpd, systemd's `StandardInput=socket`), or those of systemd's `LISTEN_FDS`.
    static func inherited(environment: CGIVariables) -> [ListenAddress] {
        if let handover = Handover.current { return handover.listeners.map(\.address) }
        if isListening(0) { return [.inherited(0)] }
        guard environment["LISTEN_PID"].flatMap({ Int32($0) }) == getpid(),
            let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }), count > 0, count <= 64
        else { return [] }
        return (3..<3 + count).filter(isListening).map { .inherited($0) }
    }

    static func isListening(_ descriptor: Int32) -> Bool {
        var accepts: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) == 0 && accepts == 1
    }

    private static func isUnix(_ descriptor: Int32) -> Bool {
        var domain: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX
    }

    private static func listen(
        host: String, port: UInt16, backlog: Int
    ) throws(GatewayError) -> (descriptor: Int32, port: UInt16) {
        guard let address = SocketAddress(host: host, port: port) else {
            throw GatewayError(
                .invalidAddress, "\(host):\(port)", remedy: "Write the address as numbers, such as 127.0.0.1:9000.")
        }
        let descriptor = socket(
            address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue),
            0)
        guard descriptor >= 0 else {
            throw GatewayError(.systemCallFailed, "socket", errno: errno, remedy: "Check the limit of open files.")
        }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard address.bind(descriptor) == 0, Glibc.listen(descriptor, Int32(clamping: backlog)) == 0 else {
            let error = errno
            _ = Glibc.close(descriptor)
            throw GatewayError(
                error == EADDRINUSE ? .addressInUse : .invalidAddress, "\(host):\(port)", errno: error,
                remedy: "Choose another port or address, or stop the process that has it.")
        }
        return (descriptor, SocketAddress.port(of: descriptor) ?? port)
    }

    /// Stops listening so that nothing is lost that has connected.
    ///
    /// The name goes first, so that nobody connects any more; on a unix socket of our own shutting it down then refuses
    /// those who were about to, and what is in the queue can still be accepted. An inherited socket belongs to others
    /// as well: they, or the next process, take what is in its queue.
    func stopListening() {
        file?.remove()
        if file != nil { shutdown(descriptor, Int32(SHUT_RD)) }
    }

    func close() {
        _ = Glibc.close(descriptor)
    }

    /// Whether connections that wait in the queue are ours alone to answer.
    var ownsQueue: Bool {
        if case .inherited = address { return false }
        return true
    }
}
