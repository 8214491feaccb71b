import Glibc

/// A port of this machine alone, on which nginx is to listen.
enum LoopbackPort {
    /// Opens a port.
    /// - Parameter port: Which one, 0 for any; without one it is the first that is free from 8080 on.
    static func listen(_ port: UInt16?) throws(StartError) -> (descriptor: Int32, port: UInt16) {
        if let port {
            if let listener = open(port) { return listener }
            let reason = errno == EADDRINUSE ? "is taken" : "cannot be had: \(String(cString: strerror(errno)))"
            throw StartError(
                "port \(port) of 127.0.0.1 \(reason). Choose another, or none: then the first free one is used")
        }
        for port in UInt16(8080)..<8180 {
            if let listener = open(port) { return listener }
            guard errno == EADDRINUSE else { break }
        }
        throw StartError(
            "no port from 8080 to 8179 is free: \(String(cString: strerror(errno))). Choose one with --port")
    }

    private static func open(_ port: UInt16) -> (descriptor: Int32, port: UInt16)? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 && Glibc.listen(descriptor, 511) == 0
                    && getsockname(descriptor, address, &size) == 0
            }
        }
        guard isOpen else {
            let error = errno
            close(descriptor)
            errno = error
            return nil
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}
