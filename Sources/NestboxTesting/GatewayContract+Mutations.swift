import NestboxGateway

extension GatewayContract {
    /// What no web server sends.
    static var mutations: [Check] {
        [
            Check(
                "a gateway survives damaged requests, answers what it answers in records, and closes the connection",
                "FastCGI §3.3", countsDescriptors: true,
                configure: { $0.timeouts.handler = .seconds(2) }
            ) { client in
                let counter = try client.connect()
                try client.warmUp()
                let before = try client.get("/descriptors", on: counter)
                var random = SeededGenerator(seed: 0x0F_C6_1)
                for (name, stream) in streamsToDamage {
                    for round in 0..<800 {
                        let bytes = random.mutated(stream, alphabet: telling, changes: 1...4)
                        do throws(TestingError) {
                            try exchange(bytes, client)
                        } catch {
                            throw Violation(description: "mutation \(round) of \(name), \(bytes): \(error)")
                        }
                    }
                    try client.expectService()
                }
                try client.expectService(on: counter)
                try expectDescriptors(before, counter, client)
            },
            Check("a gateway survives noise", "FastCGI §3.3", countsDescriptors: true) { client in
                let counter = try client.connect()
                try client.warmUp()
                let before = try client.get("/descriptors", on: counter)
                var random = SeededGenerator(seed: 42)
                for round in 0..<500 {
                    var bytes = random.bytes(Int.random(in: 1...200, using: &random))
                    // Half of it at least begins like a record.
                    if round % 2 == 0 { bytes[0] = 1 }
                    do throws(TestingError) {
                        try exchange(bytes, client)
                    } catch {
                        throw Violation(description: "noise \(bytes): \(error)")
                    }
                }
                try client.expectService(on: counter)
                try expectDescriptors(before, counter, client)
            },
        ]
    }

    /// Sends bytes and reads to the end of the connection, which must come.
    private static func exchange(_ bytes: [UInt8], _ client: Client) throws(TestingError) {
        let connection: FastCGIConnection
        do {
            connection = try client.connect()
        } catch {
            throw TestingError(.system, "\(error)")
        }
        do throws(TestingError) {
            try connection.send(bytes)
            try connection.halfClose()
        } catch  where error.code == .timedOut {
            throw error
        } catch {}
        _ = try connection.readUntilClose(acceptingReset: true)
    }

    /// Record types, borders of lengths, and any byte as often as one of those.
    private static let telling: [UInt8] =
        Array(0...255) + (0..<32).flatMap { _ in [0, 1, 2, 8, 9, 0x7F, 0x80, 0xFF] as [UInt8] }

    private static var streamsToDamage: [(String, [UInt8])] {
        let kept = FastCGIRequest.Framing(keepConnection: true, stdinChunk: 20)
        let get = FastCGIRequest(variables: ["REQUEST_METHOD": "GET", "REQUEST_URI": "/variables", "QUERY_STRING": "a"])
        let post = FastCGIRequest(
            variables: ["REQUEST_METHOD": "POST", "REQUEST_URI": "/echo", "CONTENT_LENGTH": "50"], body: .pattern(50))
        let unread = FastCGIRequest(
            variables: ["REQUEST_METHOD": "POST", "REQUEST_URI": "/discard", "CONTENT_LENGTH": "50"], body: .pattern(50)
        )
        return [
            ("a request without a body", get.encoded()),
            ("a request with a body", post.encoded(kept)),
            (
                "a padded request in long form",
                post.encoded(.init(paramsChunk: 10, stdinChunk: 7, padding: 9, longForm: true))
            ),
            ("requests in one stream", get.encoded(kept) + unread.encoded(kept) + post.encoded(kept)),
            (
                "management records and an abortion",
                FastCGIRecord.getValues(["FCGI_MAX_CONNS", "FCGI_MPXS_CONNS"]).encoded()
                    + post.encoded(.init(keepConnection: true, stdinEnd: false))
                    + FastCGIRecord.unknown(type: 77, [1, 2, 3]).encoded()
                    + FastCGIRecord.abortRequest(id: 1).encoded() + get.encoded(kept)
            ),
        ]
    }
}
