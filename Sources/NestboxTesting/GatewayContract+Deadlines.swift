import NestboxGateway

extension GatewayContract {
    private static let short = Duration.milliseconds(500)

    /// Peers that keep others waiting.
    static var deadlines: [Check] {
        [
            Check(
                "a silent peer delays nobody and is closed", "L9, statement 20",
                configure: { $0.timeouts.header = short }
            ) {
                client in
                let silent = try client.connect()
                try client.expectService()
                try client.expectClose(of: silent)
            },
            Check(
                "a peer that sends a byte now and then is closed all the same, and holds up nobody", "statement 21",
                configure: {
                    $0.timeouts.header = short
                    $0.workers = 1
                }
            ) { client in
                let connection = try client.connect()
                let bytes = FastCGIRequest(target: "/discard").encoded(.init(paramsChunk: 100))
                for (index, byte) in bytes.enumerated() {
                    do throws(TestingError) {
                        try connection.send([byte])
                        // The pause between two bytes; all of them would take half a minute.
                        _ = try connection.readRecord(timeout: .milliseconds(30))
                    } catch  where error.code == .closed || error.code == .reset {
                        return try client.expectService()
                    } catch  where error.code != .timedOut {
                        throw error
                    } catch {}
                    if index < 5 { try client.expectService() }
                }
                throw Violation(description: "all \(bytes.count) bytes were taken")
            },
            Check(
                "a kept connection without a request is closed", "statement 85", configure: { $0.timeouts.idle = short }
            ) { client in
                let connection = try client.connect()
                try client.expectService(on: connection)
                try client.expectClose(of: connection, acceptingReset: false)
            },
            Check(
                "an idle time that is over does not count for the next request", "statement 85",
                configure: {
                    $0.timeouts.idle = short
                    $0.timeouts.header = short
                }
            ) { client in
                let event = client.event("long")
                let connection = try client.connect()
                try client.expectService(on: connection)
                try connection.send(FastCGIRequest(target: "/wait?\(event)").encoded(.init(keepConnection: true)))
                try client.wait(for: "began \(event)")
                try client.expectClose(of: client.connect())
                try client.record(event)
                let response = try connection.readUntilEnd()
                try expect(response.cgi.text == "waited", "\(response.cgi)")
            },
            Check(
                "a body that does not come is given up with 408", "statement 33",
                configure: { $0.timeouts.body = short }
            ) { client in
                let connection = try client.connect()
                let request = FastCGIRequest(method: "POST", target: "/read?body", variables: ["CONTENT_LENGTH": "5"])
                try connection.send(request.encoded(.init(keepConnection: true, stdinEnd: false)))
                let response = FastCGIResponse(try connection.readUntilClose(acceptingReset: true))
                try expect(response.isWellFormed && response.cgi.status == 408, "\(response.cgi)")
            },
            Check(
                "a peer that does not close after its answer is closed", "L10, statement 22",
                configure: {
                    $0.timeouts.linger = short
                    $0.workers = 1
                }
            ) { client in
                let done = try client.connect()
                try done.send(FastCGIRequest(target: "/discard").encoded())
                _ = try done.readUntilEnd()
                try client.expectService()
                try client.expectClose(of: done)
                let unread = try client.connect()
                try unread.send(
                    FastCGIRequest(method: "POST", target: "/discard", body: [1]).encoded(.init(stdinEnd: false)))
                _ = try unread.readUntilEnd()
                try client.expectService()
                try client.expectClose(of: unread)
            },
            Check(
                "a peer that stops reading is given up, and gets nothing twice", "L14, statement 23",
                configure: {
                    $0.timeouts.write = short
                    $0.limits.connections = 1
                }
            ) { client in
                // More than the system holds for a TCP connection.
                let size = 32_000_000
                for target in ["/pattern?\(size)", "/stream?\(size)"] {
                    let stalled = try client.connect()
                    try stalled.send(FastCGIRequest(target: target).encoded())
                    // There is one place for a connection, so this one is served when the other has been given up.
                    try client.expectService()
                    var records: [FastCGIRecord] = []
                    do throws(TestingError) {
                        while true { records.append(try stalled.readRecord()) }
                    } catch  where error.code == .timedOut || error.code == .malformed {
                        throw error
                    } catch {}
                    let response = FastCGIResponse(records)
                    try expect(!response.hasEnded, "\(target) came to its end")
                    guard !response.stdout.isEmpty else { continue }
                    let body = try response.cgi.body
                    try expect(body[...] == [UInt8].pattern(size).prefix(body.count), "\(target): something came twice")
                }
            },
            Check(
                "a handler that takes too long is answered for with 504", "statement 89",
                configure: { $0.timeouts.handler = short }
            ) { client in
                let event = client.event("slow")
                let connection = try client.connect()
                try connection.send(FastCGIRequest(target: "/wait?\(event)").encoded(.init(keepConnection: true)))
                let response = FastCGIResponse(try connection.readUntilClose(acceptingReset: true))
                try expect(response.isWellFormed && response.cgi.status == 504, "\(response.cgi)")
                try client.wait(for: "cancelled \(event)")
                try client.expectService()
            },
            Check(
                "a stream that takes too long is broken off", "statement 89", configure: { $0.timeouts.handler = short }
            ) { client in
                let event = client.event("slow")
                let connection = try client.connect()
                try connection.send(FastCGIRequest(target: "/flushed?\(event)").encoded(.init(keepConnection: true)))
                let response = FastCGIResponse(try connection.readUntilClose(acceptingReset: true))
                try expect(response.cgi.text == "first" && response.appStatus != 0, "\(response.records)")
                try client.wait(for: "cancelled \(event)")
            },
        ]
    }
}
