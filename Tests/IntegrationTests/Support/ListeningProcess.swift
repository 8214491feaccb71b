import NestboxTesting

/// A web server that listens on free ports, from the beginning on.
struct ListeningProcess {
    let child: ChildProcess
    let addresses: [LoopbackAddress]

    /// Starts a server and waits until it listens.
    /// - Parameters:
    ///   - count: How many it needs; it is ready when it listens on the first.
    ///   - log: What it has written, for when it ends.
    ///   - start: Configures it for these ports, and starts it.
    init(ports count: Int = 1, log: () throws -> String, start: ([UInt16]) throws -> ChildProcess) throws {
        var attempts = 0
        while true {
            let ports = try (0..<count).map { _ in try freeLoopbackPort() }
            let addresses = ports.map { LoopbackAddress.port($0) }
            let child = try start(ports)
            let isReady = try eventually {
                try child.poll() != nil || (try? HTTPConnection(to: addresses[0])) != nil
            }
            if isReady, try child.poll() == nil {
                (self.child, self.addresses) = (child, addresses)
                return
            }
            attempts += 1
            let log = try log()
            // Another program may have taken the port since it was found free.
            guard attempts < 5, log.contains("ddress already in use") else { throw TestingError(.closed, log) }
        }
    }

    var address: LoopbackAddress { addresses[0] }
}
