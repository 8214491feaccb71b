import Glibc
import NestboxTesting
import Testing

@testable import NestboxGateway

@Suite("the output buffer", .timeLimit(.minutes(1)))
struct OutputBufferTests {
    /// A pair of sockets, the first one with the smallest send buffer there is.
    private final class Pair {
        let near: Int32
        let far: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
            (near, far) = (ends[0], ends[1])
            var size: Int32 = 1
            setsockopt(near, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }

        /// Up to `count` bytes that have arrived.
        func read(_ count: Int = 1 << 16) -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
                used = max(0, recv(far, buffer.baseAddress, count, Int32(MSG_DONTWAIT)))
            }
        }

        deinit {
            close(near)
            close(far)
        }
    }

    /// Flushes until nothing is left, reading `step` bytes each time there is no room.
    private static func drain(_ output: inout OutputBuffer, _ pair: Pair, step: Int) throws -> [UInt8] {
        var received: [UInt8] = []
        var wasBlocked = false
        while true {
            switch output.flush(to: pair.near) {
            case .finished:
                #expect(output.isEmpty && output.count == 0)
                while true {
                    let rest = pair.read()
                    if rest.isEmpty { return received }
                    received += rest
                }
            case .blocked:
                wasBlocked = true
                #expect(!output.isEmpty)
                let part = pair.read(step)
                try #require(!part.isEmpty, "blocked although nothing is in the way")
                received += part
            case .failed:
                Issue.record("failed with \(errno), blocked before: \(wasBlocked)")
                return received
            }
        }
    }

    private static func body(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251) } }

    private static func response(_ size: Int) -> (OutputBuffer, head: [UInt8], end: [UInt8]) {
        let head = FastCGIRecord.stdout(id: 3, "Status: 200 OK\r\n\r\n".utf8).encoded()
        let end = [FastCGIRecord.stdout(id: 3), .endRequest(id: 3)].encoded()
        var output = OutputBuffer()
        output.append(head)
        output.append(body: body(size), id: 3)
        output.append { $0 += end }
        return (output, head, end)
    }

    @Test(
        "sends all once and in order, through a peer that takes a little at a time",
        arguments: [0, 1, 65_527, 65_528, 65_529, 131_056, 131_057, 300_000], [1, 1000, 4096, 65_536])
    func slowPeer(size: Int, step: Int) throws {
        // Byte by byte is for the small ones.
        let step = size > 1000 ? max(step, 500) : step
        var (output, head, end) = Self.response(size)
        #expect(output.count == head.count + size + end.count)
        let received = try Self.drain(&output, try Pair(), step: step)
        let records = try FastCGIRecord.decode(received)
        let response = FastCGIResponse(records, requestID: 3)
        #expect(response.isWellFormed, "\(response.violations)")
        #expect(try response.cgi.body == Self.body(size))
        #expect(records.count == 3 + (size + 65_527) / 65_528)
    }

    @Test("goes on at any byte where the peer had no more room")
    func everyPoint() throws {
        let pair = try Pair()
        // A full buffer with room made step by step stops the sender at ever other places.
        for size in [0, 1, 50, 3000] {
            for fill in stride(from: 0, to: 2500, by: 7) {
                var filler = OutputBuffer()
                filler.append([UInt8](repeating: 9, count: fill))
                _ = filler.flush(to: pair.near)
                var (output, _, _) = Self.response(size)
                let received = filler.isEmpty ? try Self.drain(&output, pair, step: 11) : []
                let response = try FastCGIRecord.decode(Array(received.dropFirst(fill)))
                #expect(try FastCGIResponse(response, requestID: 3).cgi.body == Self.body(size), "\(fill)")
            }
        }
    }

    @Test("takes more behind what waits already, in order")
    func appending() throws {
        let pair = try Pair()
        var output = OutputBuffer()
        var expected: [UInt8] = []
        var received: [UInt8] = []
        for round in 0..<60 {
            let body = [UInt8](repeating: UInt8(round), count: [10, 70_000, 3000][round % 3])
            if round % 2 == 0 {
                output.append(body: body, id: 1)
            } else {
                let records = stride(from: 0, to: body.count, by: 60_000).map {
                    FastCGIRecord.stdout(id: 1, body[$0..<min($0 + 60_000, body.count)])
                }
                output.append(records.encoded())
            }
            expected += body
            _ = output.flush(to: pair.near)
            received += pair.read(40_000)
        }
        received += try Self.drain(&output, pair, step: 50_000)
        #expect(try FastCGIRecord.decode(received).flatMap(\.content) == expected)
    }

    @Test("fails when the peer is gone, without a signal")
    func peerGone() throws {
        let pair = try Pair()
        var (output, _, _) = Self.response(100)
        shutdown(pair.far, Int32(SHUT_RDWR))
        #expect(output.flush(to: pair.near) == .failed)
        #expect(OutputBuffer().isEmpty)
        var nothing = OutputBuffer()
        #expect(nothing.flush(to: pair.near) == .finished)
    }
}
