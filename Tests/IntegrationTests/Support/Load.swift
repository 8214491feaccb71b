import NestboxTesting
import Synchronization

/// Clients that send numbered requests to nginx, and what they saw.
final class Load: Sendable {
    private struct Counts {
        var answered: [String] = []
        var failed: [String] = []
    }

    private let counts = Mutex(Counts())
    private let stop = Event()
    private let addresses: [LoopbackAddress]

    private init(_ addresses: [LoopbackAddress]) {
        self.addresses = addresses
    }

    /// The numbers of the requests that were answered.
    var answered: [String] { counts.withLock { $0.answered } }
    /// What the others were answered, or what they failed with.
    var failed: [String] { counts.withLock { $0.failed } }
    var count: Int { counts.withLock { $0.answered.count + $0.failed.count } }

    /// Lets clients ask while `body` runs, half of the requests with a body.
    /// - Parameter clients: As many at each address of nginx.
    static func run(
        _ clients: Int, at addresses: [LoopbackAddress], _ body: (Load) throws -> Void
    ) async throws -> Load {
        let load = Load(addresses)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients * addresses.count {
                group.addTask { try await onOwnThread { load.ask(client) } }
            }
            defer { load.stop.happen() }
            try body(load)
            load.stop.happen()
            try await group.waitForAll()
        }
        return load
    }

    private func ask(_ client: Int) {
        let address = addresses[client % addresses.count]
        var connection: HTTPConnection?
        var number = 0
        while !stop.hasHappened {
            number += 1
            let name = "\(client)-\(number)"
            do {
                if connection?.isReusable != true { connection = try HTTPConnection(to: address) }
                let isPost = number % 2 == 0
                let answer = try connection?.request(isPost ? "POST" : "GET", "/note/\(name)", body: isPost ? [7] : nil)
                let isRight = answer?.status == 200 && answer?.text == "noted \(name)\n"
                counts.withLock { counts in
                    if isRight {
                        counts.answered.append(name)
                    } else {
                        counts.failed.append("\(name) \(answer?.status ?? 0)")
                    }
                }
            } catch {
                connection = nil
                counts.withLock { $0.failed.append("\(name) \(error)") }
            }
        }
    }
}
