import NestboxGateway

extension GatewayContract {
    /// Meta-variables.
    static var parameters: [Check] {
        [
            Check("no handler runs before the parameters are complete", "FastCGI §5.2, L2, statement 3") { client in
                let event = client.event("early")
                let pairs = FastCGIRequest(target: "/record?\(event)").variables
                // Up to a border of two pairs: libfcgi takes the end of the stream there for the end of the parameters.
                let half = FastCGINameValuePairs(Array(pairs.prefix(8)))
                for ending in [.abortRequest(id: 1), nil] as [FastCGIRecord?] {
                    for parameters in [half, pairs] {
                        let connection = try client.connect()
                        try connection.send(.beginRequest(id: 1), .params(id: 1, parameters))
                        if let ending { try connection.send(ending) } else { try connection.halfClose() }
                        let records = try connection.readUntilClose(acceptingReset: true)
                        try expect(!records.contains { $0.type == .stdout }, "\(records)")
                    }
                }
                try expect(try client.count(event) == 0, "a handler ran")
            },
            Check(
                "an ABORT_REQUEST among the parameters ends the request, and the connection serves on", "FastCGI §5.4"
            ) {
                client in
                let connection = try client.connect()
                let pairs = FastCGIRequest(target: "/discard").variables
                try connection.send(
                    .beginRequest(id: 1, flags: .keepConn), .params(id: 1, pairs), .abortRequest(id: 1))
                let response = try connection.readUntilEnd()
                try expect(response.stdout.isEmpty, "\(response.records)")
                try client.expectService(on: connection)
            },
            Check("values of all lengths arrive as they were sent", "FastCGI §3.4, statements 26 and 27") { client in
                let connection = try client.connect()
                let lengths = [0, 1, 126, 127, 128, 129, 255, 256, 16_383, 16_384, 65_535, 65_536, 66_000, 120_000]
                for length in lengths {
                    let value = String(decoding: [UInt8](repeating: UInt8(ascii: "v"), count: length), as: UTF8.self)
                    for chunk in [65_535, 32_000] {
                        try expectVariables(["X_FIRST": value, "X_SECOND": "2"], chunk, client, connection)
                    }
                }
            },
            Check("pairs may straddle records anywhere", "FastCGI §3.4, statement 26") { client in
                let connection = try client.connect()
                let value = String(repeating: "v", count: 300)
                for chunk in [1, 2, 3, 4, 5, 7, 11, 64, 299, 301] {
                    try expectVariables(["X_FIRST": value, "X_EMPTY": "", "X_SECOND": "2"], chunk, client, connection)
                }
            },
            Check("names of all lengths arrive as they were sent", "FastCGI §3.4") { client in
                let connection = try client.connect()
                for length in [1, 127, 128, 255, 1000] {
                    try expectVariables([String(repeating: "N", count: length): "v"], 65_535, client, connection)
                }
            },
            Check("bytes of values are kept whatever they are", "RFC 3875 §4.1, statement 55") { client in
                var request = FastCGIRequest(target: "/variables")
                let value = (1...255).map { UInt8($0) }
                request.variables.pairs.append(.init(name: "X_BYTES".utf8, value: value))
                let sent = try FastCGINameValuePairs(decoding: try client.perform(request).cgi.body)
                let received = sent.first { $0.name.elementsEqual("X_BYTES".utf8) }?.value
                try expect(received == value, "\(received ?? [])")
            },
            Check("lengths that nothing follows close the connection and harm no other", "L5, statements 6 and 7") {
                client in
                let event = client.event("other")
                let other = try client.connect()
                try other.send(FastCGIRequest(target: "/wait?\(event)").encoded())
                try client.wait(for: "began \(event)")
                let lies: [[UInt8]] = [
                    [0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFE], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
                    [0xFF, 0xFF, 0xFF, 0xFF, 0], [0, 0xFF, 0xFF, 0xFF, 0xFF], [0xC0, 0, 0, 0, 0xC0, 0, 0, 0],
                    [50, 50, 1, 2, 3, 4, 5, 6, 7, 8], [0x80], [1], [1, 1, 0x41],
                ]
                for bytes in lies {
                    let connection = try client.connect()
                    try connection.send(
                        .beginRequest(id: 1, flags: .keepConn), .params(id: 1, bytes: bytes), .params(id: 1),
                        .stdin(id: 1))
                    let records = try connection.readUntilClose(acceptingReset: true)
                    try expect(!records.contains { $0.type == .stdout }, "\(bytes): \(records)")
                }
                try client.record(event)
                try expect(try other.readUntilEnd().cgi.text == "waited", "the request under way")
            },
            Check("too many and too large parameters are refused", "L23, statement 28") { client in
                let limits = client.configuration.limits
                let many = FastCGINameValuePairs((0...limits.parameterCount).map { ("X_\($0)", "v") })
                let long: FastCGINameValuePairs = [
                    "X_LONG": String(repeating: "v", count: limits.parameterValueSize + 1)
                ]
                let size = String(repeating: "v", count: 1000)
                let large = FastCGINameValuePairs((0..<10_000).map { ("X_\($0)", size) })
                for variables in [many, long, large] {
                    let connection = try client.connect()
                    let bytes = FastCGIRequest(target: "/discard", variables: variables).encoded(
                        .init(keepConnection: true))
                    do throws(TestingError) { try connection.send(bytes) } catch  where error.code != .reset {
                        throw error
                    } catch {}
                    let records = try connection.readUntilClose(acceptingReset: true)
                    let response = FastCGIResponse(records)
                    try expect(
                        response.isWellFormed && response.cgi.status == 431, "\(variables.count) variables: \(records)")
                }
                try client.expectService()
            },
            Check("parameters at their limits are taken", "statement 28") { client in
                let limits = client.configuration.limits
                let value = String(repeating: "v", count: limits.parameterValueSize)
                try expectVariables(["X_LONG": value], 65_535, client, client.connect())
                let fixed = FastCGIRequest(target: "/variables").variables.count
                let many = FastCGINameValuePairs((0..<limits.parameterCount - fixed).map { ("X_\($0)", "v") })
                try expectVariables(many, 65_535, client, client.connect())
            },
            Check("no name or value turns into another variable", "L22, statement 29") { client in
                var request = FastCGIRequest(target: "/variables")
                let pairs: [(String, String)] = [
                    ("X_NUL", "a\0REMOTE_USER=root"), ("X_NUL\0REMOTE_USER", "root"), ("REMOTE_USER=root", "x"),
                    ("", ""),
                    ("", "REMOTE_USER=root"), ("X=Y", "Z"), ("X_GOOD", "a=b=c"), ("X_LINE", "a\r\nREMOTE_USER=root"),
                ]
                request.variables["REMOTE_USER"] = nil
                for (name, value) in pairs { request.variables.append(name, value) }
                request.variables.append("X_LAST", "last")
                let response = try client.perform(request).cgi
                if response.status == 400 { return }
                let received = try FastCGINameValuePairs(decoding: response.body)
                for pair in received {
                    let isSent = request.variables.contains(pair)
                    try expect(isSent, "\(String(decoding: pair.name, as: UTF8.self)) was not sent")
                }
                try expect(received["REMOTE_USER"] == nil, "REMOTE_USER is \(received["REMOTE_USER"] ?? "")")
                try expect(received["X_GOOD"] == "a=b=c" && received["X_LAST"] == "last", "\(received.map(\.name))")
            },
            Check("a client cannot set HTTP_PROXY", "CVE-2016-5385, statement 41") { client in
                var request = FastCGIRequest(target: "/variables", headers: [("Proxy", "http://evil.test")])
                request.variables.append("HTTP_PROXY", "http://evil.test")
                let received = try FastCGINameValuePairs(decoding: try client.perform(request).cgi.body)
                try expect(received["HTTP_PROXY"] == nil, "it is \(received["HTTP_PROXY"] ?? "")")
            },
        ]
    }

    /// Whether exactly the given variables arrive, beside those of every request.
    private static func expectVariables(
        _ variables: FastCGINameValuePairs, _ chunk: Int, _ client: Client, _ connection: FastCGIConnection
    ) throws {
        let request = FastCGIRequest(target: "/variables", variables: variables)
        let response = try client.perform(request, .init(keepConnection: true, paramsChunk: chunk), on: connection)
        try expect(response.cgi.status == 200, "\(response.cgi.status) \(response.cgi.text)")
        let received = try FastCGINameValuePairs(decoding: response.cgi.body)
        for (sent, got) in zip(request.variables, received) where sent != got {
            throw Violation(
                description: "\(String(decoding: sent.name, as: UTF8.self)) of \(sent.value.count) bytes became "
                    + "\(String(decoding: got.name, as: UTF8.self)) of \(got.value.count) in records of \(chunk)")
        }
        try expect(
            received.count == request.variables.count, "\(received.count) of \(request.variables.count) variables")
    }
}
