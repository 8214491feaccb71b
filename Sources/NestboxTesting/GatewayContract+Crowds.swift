import NestboxGateway

extension GatewayContract {
    /// Many connections, and what they cost.
    static var crowds: [Check] {
        [
            Check(
                "idle connections are in nobody's way", "statement 19",
                configure: { $0.limits.connections = 1100 }
            ) { client in
                var idle: [FastCGIConnection] = []
                for _ in 0..<1000 {
                    let connection = try client.connect()
                    try client.expectService(on: connection)
                    idle.append(connection)
                }
                // The best of ten: a busy machine is no fault of the gateway.
                var times: [Duration] = []
                for index in 0..<10 {
                    let start = ContinuousClock.now
                    try client.expectService()
                    try client.expectService(on: idle[index * 99])
                    times.append(.now - start)
                }
                let best = times.min() ?? .zero
                try expect(best < .milliseconds(50), "two requests took \(best) at best")
                for connection in idle { connection.close() }
                try client.expectService()
            },
            Check(
                "all of many connections at once are served", "statement 88", configure: { $0.limits.connections = 100 }
            ) { client in
                let connections = try (0..<500).map { _ in try client.connect() }
                for (index, connection) in connections.enumerated() {
                    try connection.send(FastCGIRequest.echo(Array("\(index)".utf8)).encoded())
                }
                for (index, connection) in connections.enumerated() {
                    let records = try connection.readUntilClose()
                    let response = FastCGIResponse(records)
                    try expect(
                        response.isWellFormed && response.cgi.text == "\(index)", "\(index): \(response.records)")
                    connection.close()
                }
            },
            Check(
                "connections beyond the limit wait until there is a place", "statement 28",
                configure: { $0.limits.connections = 2 }
            ) { client in
                let event = client.event("third")
                let (first, second) = (try client.connect(), try client.connect())
                try client.expectService(on: first)
                try client.expectService(on: second)
                let third = try client.connect()
                try third.send(FastCGIRequest(target: "/record?\(event)").encoded())
                try client.expectService(on: second)
                try expect(try client.get("/count?\(event)", on: first) == "0", "a third connection was served")
                second.close()
                let response = try third.readUntilEnd()
                try expect(response.cgi.text == "recorded", "\(response.cgi)")
            },
            Check("handlers that block their threads hold up nobody while a thread is free", "statement 89") { client in
                let event = client.event("block")
                let blocked = try (1..<client.configuration.workers).map { _ in
                    let connection = try client.connect()
                    try connection.send(FastCGIRequest(target: "/block?\(event)").encoded())
                    return connection
                }
                try client.wait(for: "began \(event)", times: blocked.count)
                let kept = try client.connect()
                for _ in 0..<50 {
                    try client.expectService()
                    try client.expectService(on: kept)
                }
                let waiting = try client.connect()
                try waiting.send(FastCGIRequest(target: "/wait?\(event)-task").encoded())
                try client.wait(for: "began \(event)-task")
                try client.record("\(event)-task")
                try expect(try waiting.readUntilEnd().cgi.text == "waited", "a handler that waits")
                try client.record(event)
                for connection in blocked {
                    try expect(try connection.readUntilEnd().cgi.text == "blocked", "a blocked one")
                }
            },
            Check("handlers that wait hold no threads", "statement 89", configure: { $0.workers = 1 }) { client in
                let event = client.event("wait")
                let waiting = try (0..<50).map { _ in
                    let connection = try client.connect()
                    try connection.send(FastCGIRequest(target: "/wait?\(event)").encoded())
                    return connection
                }
                try client.wait(for: "began \(event)", times: waiting.count)
                try client.record(event)
                for connection in waiting {
                    try expect(try connection.readUntilEnd().cgi.text == "waited", "a waiting one")
                }
            },
            Check(
                "a program that a handler starts inherits no connection", "L16, statement 91", countsDescriptors: true
            ) {
                client in
                func sockets() throws -> Int {
                    try client.get("/child").split(separator: "\n").count { $0.contains("socket:") }
                }
                // The process itself may have been started with some.
                let before = try sockets()
                let kept = try (0..<20).map { _ in try client.connect() }
                for connection in kept { try client.expectService(on: connection) }
                let after = try sockets()
                try expect(after == before, "\(after - before) of 20 connections were inherited")
            },
            Check("no descriptor is lost with a connection", "statement 90", countsDescriptors: true) { client in
                let counter = try client.connect()
                try client.warmUp()
                let before = try client.get("/descriptors", on: counter)
                for index in 0..<1000 {
                    let connection = try client.connect()
                    switch index % 5 {
                    case 0: try client.expectService(on: connection)
                    case 1: try connection.send(.beginRequest(id: 1))
                    case 2: try connection.send(FastCGIRequest(target: "/wait?never").encoded())
                    case 3: try connection.send(FastCGIRequest(target: "/pattern?1000000").encoded())
                    default: try connection.send([9])
                    }
                    if index % 2 == 0 { connection.reset() } else { connection.close() }
                }
                try expectDescriptors(before, counter, client)
            },
        ]
    }

    /// Whether as many descriptors are open as before, as soon as what was closed last has been looked after.
    static func expectDescriptors(_ before: String, _ counter: FastCGIConnection, _ client: Client) throws {
        let end = ContinuousClock.now + .seconds(5)
        while true {
            let now = try client.get("/descriptors", on: counter)
            if now == before { return }
            try expect(.now < end, "\(now) descriptors are open, \(before) were before")
        }
    }
}
