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
                var mutator = Mutator(seed: 0x0F_C6_1)
                for (name, stream) in streamsToDamage {
                    for round in 0..<800 {
                        let bytes = mutator.mutated(stream)
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
                var mutator = Mutator(seed: 42)
                for round in 0..<500 {
                    var bytes = (0..<Int.random(in: 1...200, using: &mutator)).map { _ in
                        UInt8(truncatingIfNeeded: mutator.next())
                    }
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

    /// Makes the same damage in every run (SplitMix64).
    private struct Mutator: RandomNumberGenerator {
        private var state: UInt64

        init(seed: UInt64) {
            state = seed
        }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        /// A copy with one to four places changed: bytes, bits, lengths, pieces lost, doubled or moved.
        mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
            var bytes = bytes
            for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &self)
                let end = min(bytes.count, index + Int.random(in: 1...24, using: &self))
                switch Int.random(in: 0..<8, using: &self) {
                case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
                case 1: bytes[index] = [0, 1, 2, 8, 9, 0x7F, 0x80, 0xFF].randomElement(using: &self) ?? 0
                case 2: bytes.removeSubrange(index..<end)
                case 3: bytes.insert(contentsOf: bytes[index..<end], at: index)
                case 4: bytes.insert(UInt8.random(in: 0...255, using: &self), at: index)
                case 5: bytes.removeSubrange(index...)
                case 6:
                    // A header is moved to where no record begins, or a record into another.
                    let piece = Array(bytes[index..<end])
                    bytes.removeSubrange(index..<end)
                    bytes.insert(contentsOf: piece, at: Int.random(in: 0...bytes.count, using: &self))
                default: bytes[index] &+= 1
                }
            }
            return bytes
        }
    }
}
