extension GatewayContract {
    /// How soon a handler must learn that nobody waits for it.
    private static let promptly = Duration.milliseconds(100)

    /// Requests that the web server gives up.
    static var abandonment: [Check] {
        [
            Check(
                "ABORT_REQUEST in the body cancels the handler and ends the request", "FastCGI §5.4, L19, statement 15"
            ) {
                client in
                for target in ["/late-read", "/read"] {
                    try expectAbort(client, target, stdinEnd: false)
                }
            },
            Check(
                "ABORT_REQUEST after the body cancels the handler and ends the request",
                "FastCGI §5.4, L19, statement 15"
            ) { client in try expectAbort(client, "/wait", stdinEnd: true) },
            Check("ABORT_REQUEST in one write with the request cancels the handler", "FastCGI §5.4, L19, statement 15")
            { client in
                for keeps in [false, true] {
                    let event = client.event("at-once-\(keeps)")
                    let connection = try client.connect()
                    let request = FastCGIRequest(target: "/wait?\(event)").encoded(.init(keepConnection: keeps))
                    try connection.send(request + FastCGIRecord.abortRequest(id: 1).encoded())
                    let response = try connection.readUntilEnd()
                    try expect(response.stdout.isEmpty, "\(response.records)")
                }
            },
            Check("a request behind an abortion is answered", "FastCGI §5.4, L20") { client in
                let connection = try client.connect()
                let aborted = FastCGIRequest.echo([1, 2, 3]).records(.init(keepConnection: true, stdinEnd: false))
                let next = FastCGIRequest.echo([4, 5, 6]).records(.init(id: 2))
                try connection.send((aborted + [.abortRequest(id: 1)] + next).encoded())
                let records = try connection.readUntilClose()
                try expect(FastCGIResponse(records).stdout.isEmpty, "\(records)")
                let response = FastCGIResponse(records, requestID: 2)
                // The connection may also be closed after the abortion.
                if !response.records.filter({ $0.requestID == 2 }).isEmpty {
                    try expect(response.cgi.body == [4, 5, 6], "\(response.cgi)")
                }
            },
            Check("ABORT_REQUEST after the answer has begun ends it there", "FastCGI §5.4") { client in
                let event = client.event("aborted")
                let connection = try client.connect()
                try connection.send(FastCGIRequest(target: "/flushed?\(event)").encoded())
                let first = try connection.readRecord()
                try connection.send(.abortRequest(id: 1))
                let records = [first] + (try connection.readUntilClose(acceptingReset: true))
                let response = FastCGIResponse(records)
                try expect(response.hasEnded, "\(records)")
                try expect(response.cgi.text == "first", "\(response.cgi)")
                try client.record(event)
                try client.expectService()
            },
            Check("a handler learns within 100 ms that the web server has gone", "statement 16") { client in
                for (target, stdinEnd) in [("/wait", true), ("/late-read", false), ("/flushed", true)] {
                    // The best of three: a busy machine is no fault of the gateway.
                    var times: [Duration] = []
                    for attempt in 1...3 where times.allSatisfy({ $0 > promptly }) {
                        let event = client.event("gone\(target)-\(attempt)".replacing("/", with: ""))
                        let connection = try client.connect()
                        let method = stdinEnd ? "GET" : "POST"
                        var request = FastCGIRequest(method: method, target: "\(target)?\(event)")
                        if !stdinEnd { request.variables["CONTENT_LENGTH"] = "5" }
                        try connection.send(request.encoded(.init(keepConnection: true, stdinEnd: stdinEnd)))
                        let isStream = target == "/flushed"
                        if isStream { _ = try connection.readRecord() } else { try client.wait(for: "began \(event)") }
                        let watch = try client.connect()
                        try client.expectService(on: watch)
                        let start = ContinuousClock.now
                        connection.close()
                        _ = try client.get("/wait?cancelled \(event)", on: watch)
                        times.append(.now - start)
                    }
                    let best = times.min() ?? .zero
                    try expect(best <= promptly, "\(target) was told after \(best) at best")
                }
                try client.expectService()
            },
            Check("a reset connection does no harm", "statement 16") { client in
                let event = client.event("reset")
                for attempt in 0..<10 {
                    let connection = try client.connect()
                    try connection.send(FastCGIRequest(target: "/wait?\(event)-\(attempt)").encoded())
                    if attempt % 2 == 0 { try client.wait(for: "began \(event)-\(attempt)") }
                    connection.reset()
                    if attempt % 2 == 0 { try client.wait(for: "cancelled \(event)-\(attempt)") }
                }
                try client.expectService()
            },
            Check("the next request is not cancelled with the one before", "L19, statement 15") { client in
                let connection = try client.connect()
                for attempt in 0..<20 {
                    let event = client.event("again-\(attempt)")
                    try connection.send(FastCGIRequest(target: "/wait?\(event)").encoded(.init(keepConnection: true)))
                    try client.wait(for: "began \(event)")
                    try connection.send(.abortRequest(id: 1))
                    let aborted = try connection.readUntilEnd()
                    try expect(aborted.stdout.isEmpty, "\(aborted.records)")
                    try client.wait(for: "cancelled \(event)")
                    do {
                        try connection.send(FastCGIRequest.echo([1]).encoded(.init(keepConnection: true)))
                        let next = try connection.readUntilEnd()
                        try expect(next.cgi.body == [1], "\(next.cgi)")
                    } catch let error as TestingError where error.code == .closed || error.code == .reset {
                        // It may also be closed.
                        return
                    }
                }
            },
        ]
    }

    private static func expectAbort(_ client: Client, _ target: String, stdinEnd: Bool) throws {
        let event = client.event("abort\(target.dropFirst())")
        let connection = try client.connect()
        var request = FastCGIRequest(method: "POST", target: "\(target)?\(event)", body: [1, 2, 3])
        if !stdinEnd { request.variables["CONTENT_LENGTH"] = "5" }
        try connection.send(request.encoded(.init(stdinEnd: stdinEnd)))
        if target != "/read" { try client.wait(for: "began \(event)") }
        try connection.send(.abortRequest(id: 1))
        let records = try connection.readUntilClose(acceptingReset: true)
        let response = FastCGIResponse(records)
        try expect(response.hasEnded && response.stdout.isEmpty, "\(records)")
        try client.wait(for: "cancelled \(event)")
    }
}
