import NestboxGateway

extension GatewayContract {
    private static let text = Array("hello, world".utf8)

    /// Records and their order.
    static var framing: [Check] {
        [
            Check("a request is served whichever byte its writes are split at", "FastCGI §3.3, statement 18") {
                client in
                let connection = try client.connect()
                let framing = FastCGIRequest.Framing(keepConnection: true, stdinChunk: 5, padding: 3)
                let bytes = FastCGIRequest.echo(text).encoded(framing)
                for offset in 1..<bytes.count {
                    try connection.send(bytes, splitAt: [offset], pause: .microseconds(20))
                    let response = try connection.readUntilEnd()
                    try expect(
                        response.isWellFormed && response.cgi.body == text,
                        "split at \(offset): \(response.violations) \(response.cgi)")
                }
            },
            Check("a request is served that comes byte by byte", "statement 18") { client in
                let connection = try client.connect()
                try connection.send(
                    FastCGIRequest.echo(text).encoded(.init(padding: 1)), splitEvery: 1, pause: .microseconds(100))
                let response = try connection.readUntilEnd()
                try expect(response.cgi.body == text, "\(response.cgi)")
            },
            Check("padding is skipped wherever it is", "FastCGI §3.3, L8, statement 10") { client in
                let connection = try client.connect()
                for padding in [1, 8, 255] as [UInt8] {
                    let framing = FastCGIRequest.Framing(keepConnection: true, padding: padding)
                    let response = try client.perform(.echo(text), framing, on: connection)
                    try expect(response.cgi.body == text, "with padding \(padding): \(response.cgi)")
                }
            },
            Check("lengths may be written in four bytes", "FastCGI §3.4") { client in
                let response = try client.perform(.echo(text), .init(longForm: true))
                try expect(response.cgi.body == text, "\(response.cgi)")
            },
            Check("the reserved byte of a header is not looked at", "FastCGI §3.3, statement 17") { client in
                var records = FastCGIRequest.echo(text).records()
                for index in records.indices { records[index].reserved = UInt8(200 + index) }
                let connection = try client.connect()
                try connection.send(records.encoded())
                let response = try connection.readUntilEnd()
                try expect(response.cgi.body == text, "\(response.cgi)")
            },
            Check("a record of another version or of type 0 closes the connection", "FastCGI §3.3, statement 17") {
                client in
                let bad: [FastCGIRecord] = [
                    FastCGIRecord(version: 2, type: .beginRequest, requestID: 1, content: [0, 1, 0, 0, 0, 0, 0, 0]),
                    FastCGIRecord(version: 0, type: .stdin, requestID: 1),
                    FastCGIRecord(type: .init(rawValue: 0), requestID: 1),
                    FastCGIRecord(type: .init(rawValue: 0), requestID: 0, content: [1, 2]),
                ]
                for record in bad {
                    let connection = try client.connect()
                    try connection.send(record)
                    try client.expectClose(of: connection)
                    let inside = try client.connect()
                    try inside.send(.beginRequest(id: 1, flags: .keepConn), record)
                    try client.expectClose(of: inside)
                }
                try client.expectService()
            },
            Check("a BEGIN_REQUEST that is not eight bytes long closes the connection", "FastCGI §5.1") { client in
                for size in [0, 7, 9, 16] {
                    let connection = try client.connect()
                    let content = Array([0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].prefix(size)) as [UInt8]
                    try connection.send(FastCGIRecord(type: .beginRequest, requestID: 1, content: content))
                    try client.expectClose(of: connection)
                }
            },
            Check("the answer carries the id of the request", "FastCGI §3.3, statement 25") { client in
                let connection = try client.connect()
                for id in [1, 65_535, 256, 2] as [UInt16] {
                    let response = try client.perform(.echo(text), .init(id: id, keepConnection: true), on: connection)
                    try expect(response.cgi.body == text, "request \(id): \(response.cgi)")
                    try expect(response.records.allSatisfy { $0.requestID == id }, "request \(id): \(response.records)")
                }
            },
            Check("requests that come in one write are answered in order", "L20, statement 14") { client in
                let connection = try client.connect()
                let bodies = (0..<20).map { Array("request \($0)".utf8) }
                let bytes = bodies.enumerated().flatMap { index, body in
                    FastCGIRequest.echo(body).encoded(.init(id: UInt16(index + 1), keepConnection: true))
                }
                try connection.send(bytes)
                for (index, body) in bodies.enumerated() {
                    let response = try connection.readUntilEnd(requestID: UInt16(index + 1))
                    try expect(response.cgi.body == body, "request \(index + 1): \(response.cgi)")
                }
            },
            Check("a request that comes while another one is handled waits for its turn", "L20, statement 14") {
                client in
                let connection = try client.connect()
                let event = client.event("held")
                try connection.send(FastCGIRequest(target: "/wait?\(event)").encoded(.init(keepConnection: true)))
                try client.wait(for: "began \(event)")
                try connection.send(FastCGIRequest.echo(text).encoded(.init(id: 2)))
                try client.record(event)
                let first = try connection.readUntilEnd()
                try expect(first.cgi.text == "waited", "\(first.cgi)")
                let records = try connection.readUntilClose()
                let second = FastCGIResponse(records, requestID: 2)
                try expect(second.isWellFormed && second.cgi.body == text, "\(second.violations) \(second.cgi)")
            },
        ]
    }

    /// Management records, and records of requests that there are not.
    static var management: [Check] {
        [
            Check(
                "GET_VALUES is answered at once, with true numbers, and the connection serves on",
                "FastCGI §4.1, L4, statement 4"
            ) { client in
                let connection = try client.connect()
                let values = try connection.getValues([
                    "FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS", "FCGI_ELSE",
                ])
                let most = String(client.configuration.limits.connections)
                for (name, value) in [("FCGI_MAX_CONNS", most), ("FCGI_MAX_REQS", most), ("FCGI_MPXS_CONNS", "0")] {
                    try expect(values[name] == value, "\(name) is \(values[name] ?? "missing")")
                }
                try expect(values.count == 3, "\(values.count) values")
                try client.expectService(on: connection)
                try expect(
                    try connection.getValues(["FCGI_MPXS_CONNS"])["FCGI_MPXS_CONNS"] == "0", "only one asked for")
                try expect(try connection.getValues([]).isEmpty, "none asked for")
                try client.expectService(on: connection)
            },
            Check("GET_VALUES with a name again and again does no harm", "L3, statement 5") { client in
                for count in [4, 4000] {
                    let connection = try client.connect()
                    // 16 bytes each: 4,000 of them fill a record.
                    let names = Array(repeating: "FCGI_MAX_CONNS", count: min(count, 4000))
                    let values = try connection.getValues(names)
                    try expect(values["FCGI_MAX_CONNS"] != nil, "\(count) names: \(values)")
                    try client.expectService(on: connection)
                }
            },
            Check("GET_VALUES with pairs that are cut off does no harm", "FastCGI §4.1") { client in
                for content in [[4], [0x80, 0, 0], [14, 0, 0x46], [0xFF, 0xFF, 0xFF, 0xFF, 0]] as [[UInt8]] {
                    let connection = try client.connect()
                    try connection.send(FastCGIRecord(type: .getValues, requestID: 0, content: content))
                    _ = try connection.readBytes()
                }
                try client.expectService()
            },
            Check("an unknown management record is answered and changes no body", "FastCGI §4.2, L7, statement 9") {
                client in
                let connection = try client.connect()
                var records = FastCGIRequest.echo(Array("AABB".utf8)).records(
                    .init(keepConnection: true, stdinChunk: 2))
                let place = try lastIndex(of: records, where: { $0.type == .stdin && !$0.content.isEmpty })
                records.insert(.unknown(type: 77, "EVIL".utf8), at: place)
                records.insert(.unknown(type: 255), at: 0)
                try connection.send(records.encoded())
                let response = try connection.readUntilEnd()
                let unknown = response.records.filter { $0.type == .unknownType }
                try expect(unknown == [.unknownType(255), .unknownType(77)], "\(unknown)")
                try expect(response.cgi.text == "AABB", "\(response.cgi)")
                try client.expectService(on: connection)
            },
            Check("records of a request that there is not are skipped", "FastCGI §3.3, L6, statement 8") { client in
                for foreign in [
                    .abortRequest(id: 7), .stdin(id: 7), .stdin(id: 7, "EVIL".utf8), .params(id: 7),
                    .params(id: 7, ["CONTENT_LENGTH": "1"]), .data(id: 1, "EVIL".utf8), .data(id: 1),
                    .unknown(type: 8, id: 3, [1]), .abortRequest(id: 0),
                ] as [FastCGIRecord] {
                    let connection = try client.connect()
                    var records = FastCGIRequest.echo(Array("helloworld".utf8))
                        .records(.init(keepConnection: true, stdinChunk: 5))
                    for place in records.indices.reversed() { records.insert(foreign, at: place) }
                    try connection.send(records.encoded())
                    let response = try connection.readUntilEnd()
                    try expect(response.cgi.text == "helloworld", "between \(foreign): \(response.cgi)")
                    try client.expectService(on: connection)
                }
            },
        ]
    }

    /// Roles, and more than one request at a time.
    static var roles: [Check] {
        [
            Check("a role other than the responder's is refused", "FastCGI §5.5, L21, statement 11") { client in
                let connection = try client.connect()
                for role in [2, 3, 9, 0, 257] as [UInt16] {
                    let framing = FastCGIRequest.Framing(
                        id: role &+ 1, keepConnection: true, role: .init(rawValue: role))
                    try connection.send(FastCGIRequest.echo(text).encoded(framing))
                    let response = try connection.readUntilEnd(requestID: role &+ 1)
                    try expect(response.protocolStatus == .unknownRole, "role \(role): \(response.records)")
                    try expect(response.records.count == 1, "role \(role): \(response.records)")
                }
                try client.expectService(on: connection)
                let single = try client.connect()
                try single.send(.beginRequest(id: 1, role: .authorizer))
                let records = try single.readUntilClose()
                try expect(records == [.endRequest(id: 1, protocolStatus: .unknownRole)], "\(records)")
            },
            Check(
                "a second request at the same time is refused, and the first one is whole",
                "FastCGI §5.5, L6, statement 12"
            ) {
                client in
                let connection = try client.connect()
                let other = FastCGIRequest.echo(Array("EVIL".utf8)).records(.init(id: 2, keepConnection: true))
                var records = FastCGIRequest.echo(text).records(.init(keepConnection: true, stdinChunk: 5))
                for place in [4, 2] { records.insert(contentsOf: other, at: place) }
                try connection.send(records.encoded())
                let response = try connection.readUntilEnd()
                try expect(response.cgi.body == text, "\(response.cgi)")
                let refusals = response.records.filter { $0.requestID == 2 }
                let refusal = FastCGIRecord.endRequest(id: 2, protocolStatus: .cantMPXConn)
                try expect(refusals == [refusal, refusal], "\(refusals)")
                try client.expectService(on: connection)
            },
            Check("a second BEGIN_REQUEST with the same id closes the connection", "FastCGI §5.1, statement 13") {
                client in
                let connection = try client.connect()
                try connection.send(.beginRequest(id: 1, flags: .keepConn), .beginRequest(id: 1, flags: .keepConn))
                try client.expectClose(of: connection)
                let started = try client.connect()
                let event = client.event("same")
                try started.send(
                    FastCGIRequest(method: "POST", target: "/late-read?\(event)", body: text).encoded(
                        .init(stdinEnd: false)))
                try client.wait(for: "began \(event)")
                try started.send(.beginRequest(id: 1))
                try client.expectClose(of: started)
                try client.wait(for: "cancelled \(event)")
                try client.expectService()
            },
        ]
    }

    private static func lastIndex(
        of records: [FastCGIRecord], where isWanted: (FastCGIRecord) -> Bool
    ) throws(Violation) -> Int {
        guard let place = records.lastIndex(where: isWanted) else { throw Violation(description: "no such record") }
        return place
    }
}
