import NestboxGateway

extension GatewayContract {
    /// Bodies that no handler reads.
    static var unreadBodies: [Check] {
        // Borders of libfcgi's buffer of 8,192 bytes, of records and of pages.
        let offsets = [0, 1, 7, 8, 9, 24, 4088, 8176, 8183, 8184, 8185, 8192, 8193, 12_000, 16_376, 16_384]
        return [
            Check("a body that is not read is not taken for a request, wherever one stands in it", "L1, statement 1") {
                client in
                for offset in offsets {
                    try expectNoSmuggling(offset: offset, bodySize: max(12_000, offset + 1000), nil, client)
                }
            },
            Check("nor when it comes in pieces of a few bytes", "L1, statement 1") { client in
                for (size, offset) in [(1, 8184), (2, 8184), (7, 8192), (7, 3)] {
                    try expectNoSmuggling(offset: offset, bodySize: 12_000, size, client)
                }
            },
            Check(
                "nor when it is longer than what is thrown away", "L1, statements 1 and 35",
                configure: { $0.limits.drainedBody = 10_000 }
            ) { client in
                for offset in [0, 8192, 9_999, 10_000, 10_001, 40_000] {
                    try expectNoSmuggling(offset: offset, bodySize: 100_000, nil, client)
                }
            },
            Check("nor when the handler read a part of it", "L1, statement 1") { client in
                for offset in offsets {
                    try expectNoSmuggling("/partial", offset: offset, bodySize: offset + 200_000, nil, client)
                }
            },
            Check("nor when it is longer than was declared", "RFC 3875 §4.2, statement 33") { client in
                let event = client.event("longer")
                let smuggled = FastCGIRequest(target: "/record?\(event)").encoded()
                for declared in [0, 1, 5] {
                    let connection = try client.connect()
                    var request = FastCGIRequest.echo(Array(repeating: 0x61, count: declared) + smuggled)
                    request.variables["CONTENT_LENGTH"] = String(declared)
                    let response = try client.perform(request, .init(keepConnection: true), on: connection)
                    try expect(response.cgi.body.count == declared, "\(response.cgi)")
                    try client.expectService(on: connection)
                }
                try expect(try client.count(event) == 0, "the rest of the body was taken for a request")
            },
            Check("a request may follow one whose body was left out after its answer", "FastCGI §3.3") { client in
                for sent in [0, 1, 8192] {
                    let connection = try client.connect()
                    // What Apache's mod_proxy_fcgi does: it sends no more of the body, not even its end.
                    var request = FastCGIRequest(method: "POST", target: "/discard", body: .pattern(sent))
                    request.variables["CONTENT_LENGTH"] = "73816"
                    try connection.send(request.encoded(.init(keepConnection: true, stdinEnd: false)))
                    let first = try connection.readUntilEnd()
                    try expect(first.cgi.text == "discarded", "\(first.cgi)")
                    try client.expectService(on: connection)
                }
            },
            Check("the answer arrives although the body was not read", "golang/go 4183, statement 36") { client in
                for size in [0, 1, 100_000, 3_000_000] {
                    // The response is read only after the whole body is sent, and the connection is not reset before.
                    let request = FastCGIRequest(method: "POST", target: "/discard", body: .pattern(size))
                    let response = try client.perform(request)
                    try expect(response.cgi.text == "discarded", "\(response.cgi)")
                    let late = try client.connect()
                    let records = request.records()
                    try late.send(records.dropLast(1).encoded())
                    let first = try late.readUntilEnd()
                    try expect(first.cgi.text == "discarded", "\(first.cgi)")
                    try late.send(.stdin(id: 1))
                    try client.expectClose(of: late, acceptingReset: false)
                }
            },
        ]
    }

    /// Bodies that handlers read.
    static var bodies: [Check] {
        [
            Check("bodies of all sizes arrive whole", "FastCGI §5.3") { client in
                let connection = try client.connect()
                for size in [
                    0, 1, 8183, 8184, 8185, 8192, 32_768, 65_535, 65_536, 65_537, 131_072, 1_000_000, 5_000_000,
                ] {
                    for chunk in [32_768, 65_535] {
                        let body = [UInt8].pattern(size)
                        let framing = FastCGIRequest.Framing(keepConnection: true, stdinChunk: chunk)
                        let response = try client.perform(.echo(body), framing, on: connection)
                        try expect(response.cgi.body == body, "\(response.cgi.body.count) of \(size) bytes came back")
                    }
                }
            },
            Check("a body may come in records of any size", "FastCGI §5.3") { client in
                let connection = try client.connect()
                let body = [UInt8].pattern(5000)
                for chunk in [1, 2, 7, 8, 1000] {
                    let framing = FastCGIRequest.Framing(
                        keepConnection: true, stdinChunk: chunk, padding: UInt8(chunk % 8))
                    let response = try client.perform(.echo(body), framing, on: connection)
                    try expect(
                        response.cgi.body == body, "records of \(chunk): \(response.cgi.body.count) bytes came back")
                }
            },
            Check("a body may come before its parameters are complete", "FastCGI §3.3") { client in
                let connection = try client.connect()
                let records = FastCGIRequest.echo(Array("early".utf8)).records(.init(keepConnection: true))
                try connection.send([records[0], records[1], records[3], records[4], records[2]].encoded())
                let response = try connection.readUntilEnd()
                try expect(response.cgi.text == "early", "\(response.cgi)")
                try client.expectService(on: connection)
            },
            Check("a length that is not declared is no length", "RFC 3875 §4.1.2, statements 31 and 32") { client in
                let connection = try client.connect()
                let body = [UInt8].pattern(100_000)
                for length in [nil, "", "-1"] as [String?] {
                    var request = FastCGIRequest.echo(body)
                    request.variables["CONTENT_LENGTH"] = length
                    request.variables["HTTP_CONTENT_LENGTH"] = nil
                    let response = try client.perform(request, .init(keepConnection: true), on: connection)
                    try expect(
                        response.cgi.body == body,
                        "CONTENT_LENGTH \(length ?? "missing"): \(response.cgi.body.count) bytes")
                }
                var empty = FastCGIRequest.echo([])
                empty.variables["CONTENT_LENGTH"] = "0"
                try expect(try client.perform(empty).cgi.body.isEmpty, "CONTENT_LENGTH 0")
            },
            Check("a length that is no number is refused", "RFC 3875 §4.1.2, statement 31") { client in
                for length in ["abc", "12abc", "+5", " 5", "5 ", "-2", "0x5", "1e3", "5,5"] {
                    try expectStatus([400], client) { $0.variables["CONTENT_LENGTH"] = length }
                }
                for length in ["99999999999999999999", "9223372036854775807", "9223372036854775808"] {
                    try expectStatus([400, 413], client) { $0.variables["CONTENT_LENGTH"] = length }
                }
            },
            Check("a body shorter than declared is an error to its reader", "L26, statement 33") { client in
                let event = client.event("short")
                for isClosed in [false, true] {
                    let connection = try client.connect()
                    var request = FastCGIRequest(method: "POST", target: "/read?\(event)", body: Array("123".utf8))
                    request.variables["CONTENT_LENGTH"] = "5"
                    try connection.send(request.encoded(.init(stdinEnd: !isClosed)))
                    if isClosed {
                        connection.close()
                        continue
                    }
                    let response = FastCGIResponse(try connection.readUntilClose())
                    try expect(response.isWellFormed && response.cgi.status == 400, "\(response.cgi)")
                    try client.wait(for: "threw \(event)")
                }
                try expect(try client.count("read \(event)") == 0, "the body was taken for complete")
            },
            Check(
                "a body over the limit is answered with 413 and not awaited", "statement 35",
                configure: { $0.limits.body = 100_000 }
            ) { client in
                for (declared, size) in [("100001", 10), ("", 100_001), ("", 150_000)] {
                    let connection = try client.connect()
                    var request = FastCGIRequest.echo(.pattern(size))
                    request.variables["CONTENT_LENGTH"] = declared
                    try connection.send(request.encoded(.init(keepConnection: true, stdinEnd: false)))
                    let response = try connection.readUntilEnd()
                    try expect(response.cgi.status == 413, "\(declared): \(response.cgi)")
                }
                let response = try client.perform(.echo(.pattern(100_000)))
                try expect(response.cgi.status == 200, "\(response.cgi)")
            },
            Check(
                "a handler that reads slowly slows the sender down", "statement 37",
                configure: { $0.limits.body = 64 << 20 }
            ) {
                client in
                let event = client.event("slow")
                let connection = try client.connect()
                var request = FastCGIRequest(method: "POST", target: "/late-read?\(event)")
                request.variables["CONTENT_LENGTH"] = String(64 << 20)
                try connection.send(request.encoded(.init(stdinEnd: false)))
                try client.wait(for: "began \(event)")
                var sent = 0
                let record = FastCGIRecord.stdin(id: 1, repeatElement(0x61, count: 32_768)).encoded()
                do throws(TestingError) {
                    while sent < 64 << 20 {
                        try connection.send(record, timeout: .milliseconds(200))
                        sent += 32_768
                    }
                } catch  where error.code != .timedOut {
                    throw error
                } catch {}
                try expect(sent < 48 << 20, "\(sent) bytes were taken that nobody reads")
                // An orderly end would come behind what the gateway does not read.
                connection.reset()
                try client.wait(for: "cancelled \(event)")

                let body = [UInt8].pattern(5_000_000)
                let echo = FastCGIRequest(method: "POST", target: "/slow-echo", body: body)
                try expect(try client.perform(echo).cgi.body == body, "the body of a slow reader")
            },
        ]
    }

    /// Sends a body that holds a request, and looks whether that was carried out.
    private static func expectNoSmuggling(
        _ path: String = "/discard", offset: Int, bodySize: Int, _ writes: Int?, _ client: Client
    ) throws {
        let event = client.event("smuggled-\(offset)-\(bodySize)-\(writes ?? 0)")
        let smuggled = FastCGIRequest(target: "/record?\(event)").encoded(.init(keepConnection: true))
        var body = [UInt8](repeating: 0x61, count: max(bodySize, offset + smuggled.count))
        body.replaceSubrange(offset..<offset + smuggled.count, with: smuggled)
        let connection = try client.connect()
        let request = FastCGIRequest(method: "POST", target: path, body: body)
        do {
            try connection.send(request.encoded(.init(keepConnection: true)), splitEvery: writes)
            let first = try connection.readUntilEnd()
            try Client.hold(first, path)
            // A kept connection may be closed after an unread body; if it is not, it serves.
            try connection.send(FastCGIRequest.echo(Array("next".utf8)).encoded())
            let records = try connection.readUntilClose(acceptingReset: true)
            if !records.isEmpty {
                let next = FastCGIResponse(records)
                try expect(next.isWellFormed && next.cgi.text == "next", "the next request got \(records)")
            }
        } catch let error as TestingError where error.code == .reset {
            // It was closed before the request was sent.
        }
        try expect(try client.count(event) == 0, "the request at offset \(offset) of the body was carried out")
    }

    /// Whether a request with a body of five bytes is answered with one of `statuses`.
    private static func expectStatus(
        _ statuses: [Int], _ client: Client, _ change: (inout FastCGIRequest) -> Void
    ) throws {
        var request = FastCGIRequest.echo(Array("12345".utf8))
        change(&request)
        let response = try client.perform(request).cgi
        try expect(
            statuses.contains(response.status),
            "CONTENT_LENGTH '\(request.variables["CONTENT_LENGTH"] ?? "")' was answered with \(response.status)")
    }
}
