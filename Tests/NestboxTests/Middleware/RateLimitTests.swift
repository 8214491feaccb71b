import Glibc
import HTTPTypes
import NestboxTesting
import Synchronization
import Testing

@testable import Nestbox

private let second: Int64 = 1_000_000_000
private let start: Int64 = 1_700_000_000 * second

/// A clock of nanoseconds that a test moves.
private final class WallClock: Sendable {
    private let time = Atomic<Int64>(start)

    var now: Int64 { time.load(ordering: .relaxed) }
    func advance(by nanoseconds: Int64) { time.add(nanoseconds, ordering: .relaxed) }
}

@Suite("rate limits", .timeLimit(.minutes(1)))
struct RateLimitTests {
    @Test("allow a burst, and then one event at a time")
    func burst() {
        let limit = RateLimit(60, per: .seconds(60), burst: 3)
        var paid: Int64 = 0
        #expect((0..<3).map { _ in limit.take(&paid, now: start).remaining } == [2, 1, 0])
        let refused = limit.take(&paid, now: start)
        #expect(refused == .init(isAllowed: false, remaining: 0, wait: second, reset: 3 * second))
        // A refused event costs nothing, however many there are.
        for _ in 0..<100 { #expect(!limit.take(&paid, now: start + second - 1).isAllowed) }
        #expect(
            limit.take(&paid, now: start + second) == .init(isAllowed: true, remaining: 0, wait: 0, reset: 3 * second))
        #expect(!limit.take(&paid, now: start + second).isAllowed)
        // After a pause the whole burst is there again, and not more.
        #expect(
            (0..<4).map { _ in limit.take(&paid, now: start + 100 * second).isAllowed } == [true, true, true, false])
    }

    @Test("hold over any time", arguments: [(1, 1, 1), (5, 60, 5), (100, 1, 10), (7, 3, 2)])
    func longRun(count: Int, seconds: Int, burst: Int) {
        let limit = RateLimit(count, per: .seconds(seconds), burst: burst)
        var (paid, allowed): (Int64, Int) = (0, 0)
        // 20 periods, asking much more often than is allowed.
        let steps = 20 * count * 10
        let step = Int64(seconds) * second * 20 / Int64(steps)
        for index in 0..<steps where limit.take(&paid, now: start + Int64(index) * step).isAllowed { allowed += 1 }
        #expect((20 * count...20 * count + burst).contains(allowed), "\(allowed)")
    }

    @Test("a clock that was set back or forward locks no one out for long")
    func clock() {
        let limit = RateLimit(1, per: .seconds(10), burst: 2)
        var paid = start + 1_000_000 * second
        let refused = limit.take(&paid, now: start)
        #expect(!refused.isAllowed && refused.wait == 10 * second)
        for broken in [Int64.max, .min, -1] {
            paid = broken
            #expect(limit.take(&paid, now: start).wait <= 10 * second)
        }
    }

    @Test(
        "of any size do not overflow",
        arguments: [
            (1, Duration.seconds(Int64.max), Int.max), (Int.max, .nanoseconds(1), Int.max), (1, .seconds(1), Int.max),
        ])
    func extremes(count: Int, period: Duration, burst: Int) {
        let limit = RateLimit(count, per: period, burst: burst)
        var paid: Int64 = 0
        for _ in 0..<3 { _ = limit.take(&paid, now: start) }
        #expect(paid > start)
    }

    @Test("the hash is SipHash-2-4, by the example of its authors")
    func sipHash() {
        let hash = SipHash(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
        #expect(hash.hash(Array(0..<15)) == 0xa129_ca61_49be_45e5)
        #expect(hash.hash([]) == 0x726f_db47_dd0e_0e31)
        #expect(hash.hash(Array(0..<8)) == 0x93f5_f579_9a93_2462)
    }

    @Test("in a full bucket the one goes that owes least")
    func eviction() {
        var slots = (1...8).map { RateLimitSlot(fingerprint: UInt64($0), paid: start + Int64($0)) }
        #expect(RateLimitSlot.place(of: 5, in: slots.span) == 4)
        #expect(RateLimitSlot.place(of: 9, in: slots.span) == 0)
        slots[3] = RateLimitSlot()
        #expect(RateLimitSlot.place(of: 9, in: slots.span) == 3)
    }

    @Test("who has used up his requests does not get rid of that with many other keys")
    func flood() {
        let counts = MemoryRateLimitCounts(keys: 64)
        let limit = RateLimit(10, per: .seconds(60), burst: 10)
        for _ in 0..<10 { _ = counts.take([1], limit, now: start) }
        #expect(!counts.take([1], limit, now: start).isAllowed)
        for key in 0..<5000 {
            _ = counts.take([2] + withUnsafeBytes(of: key) { Array($0) }, limit, now: start)
        }
        #expect(!counts.take([1], limit, now: start).isAllowed)
    }
}

@Suite("limits of clients", .timeLimit(.minutes(1)))
struct RateLimitMiddlewareTests {
    private let clock = WallClock()
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func client(
        _ limiter: RateLimitMiddleware, _ change: (inout TestClient.Configuration) throws -> Void = { _ in }
    ) throws -> TestClient {
        var router = Router()
        router.use(limiter)
        router.get("/") { _ in "page" }
        router.get("/fails") { _ -> String in throw HTTPError(.conflict) }
        var configuration = TestClient.Configuration()
        try change(&configuration)
        return try TestClient(try Application(router: router), configuration)
    }

    private func limiter(
        _ count: Int = 3, burst: Int? = nil, store: RateLimitStore = .memory,
        by key: (@Sendable (Request) async throws -> String?)? = nil
    ) -> RateLimitMiddleware {
        RateLimitMiddleware(count, per: .seconds(30), burst: burst, store: store, by: key) { [clock] in clock.now }
    }

    private func statuses(
        _ client: TestClient, _ count: Int, from address: String? = "192.0.2.1", forwarded: String? = nil
    ) async -> [Int] {
        var statuses: [Int] = []
        for _ in 0..<count {
            let response = await client.send(
                .get, "/", variables: ["REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": forwarded])
            statuses.append(response.status.code)
        }
        return statuses
    }

    private var stores: [RateLimitStore] { [.memory, .file(directory.path("rates"), keys: 100)] }

    @Test("one request too many is 429, and says when the next is allowed")
    func refusal() async throws {
        for store in stores {
            let client = try client(limiter(store: store))
            let (rate, policy) = (
                try #require(HTTPField.Name("RateLimit")), try #require(HTTPField.Name("RateLimit-Policy"))
            )
            for left in [2, 1, 0] {
                let response = await client.get(left == 1 ? "/fails" : "/")
                #expect(response.status.code == (left == 1 ? 409 : 200))
                #expect(response.headers[policy] == #""default";q=3;w=30"#)
                #expect(response.headers[rate] == "\"default\";r=\(left);t=\((3 - left) * 10)")
                #expect(response.headers[.retryAfter] == nil)
            }
            clock.advance(by: second / 2)
            let refused = await client.get("/")
            #expect(refused.status == .tooManyRequests)
            #expect(refused.headers[.retryAfter] == "10")
            #expect(refused.headers[rate] == #""default";r=0;t=10"#)
            #expect(refused.text == "Too many requests. Try again in 10 seconds.\n")
            clock.advance(by: 9 * second + second / 2)
            #expect(await client.get("/").status == .ok)
            #expect(await client.get("/").status == .tooManyRequests)
            clock.advance(by: 60 * second)
        }
    }

    @Test("clients are told apart by their address, IPv6 by its network")
    func addresses() async throws {
        for store in stores {
            let client = try client(limiter(1, store: store))
            let rows: [(String?, Int)] = [
                ("192.0.2.1", 200), ("192.0.2.1", 429), ("192.0.2.2", 200), ("::ffff:192.0.2.1", 429),
                ("2001:db8:1:2::1", 200), ("2001:db8:1:2:ffff::9", 429), ("2001:db8:1:3::1", 200),
                ("2001:0DB8:0001:0003::2", 429),
                (nil, 200), ("unix:", 429), ("nonsense", 429), ("fe80::1%eth0", 200), ("fe80::2%eth1", 429),
            ]
            for (address, status) in rows {
                #expect(await statuses(client, 1, from: address) == [status], "\(address ?? "-")")
            }
            clock.advance(by: 100 * second)
        }
    }

    @Test("X-Forwarded-For counts when a trusted proxy sends it, and not else")
    func spoofing() async throws {
        let direct = try client(limiter(1))
        #expect(await statuses(direct, 1, forwarded: "198.51.100.1") == [200])
        #expect(await statuses(direct, 1, forwarded: "198.51.100.2") == [429])
        let proxied = try client(limiter(1)) { $0.gateway.trustedProxies = try TrustedProxies(["192.0.2.0/24"]) }
        #expect(await statuses(proxied, 1, forwarded: "198.51.100.1") == [200])
        #expect(await statuses(proxied, 1, forwarded: "198.51.100.2") == [200])
        // What the client wrote stands left of what the proxy added.
        #expect(await statuses(proxied, 1, forwarded: "203.0.113.9, 198.51.100.1") == [429])
        #expect(await statuses(proxied, 1, forwarded: "192.0.2.7, 198.51.100.1") == [429])
        // Another way in than the proxy.
        #expect(await statuses(proxied, 2, from: "203.0.113.5", forwarded: "198.51.100.77") == [200, 429])
        #expect(await statuses(proxied, 1, from: "203.0.113.5", forwarded: "198.51.100.78") == [429])
    }

    @Test("a key of the application's own counts instead, and none is no limit")
    func keys() async throws {
        let client = try client(limiter(1) { try $0.query["user"] })
        #expect(await client.get("/?user=a").status == .ok)
        #expect(await client.get("/?user=b").status == .ok)
        #expect(await client.get("/?user=a").status == .tooManyRequests)
        for _ in 0..<3 { #expect(await client.get("/").status == .ok) }
    }

    @Test("requests at the same time are counted one by one")
    func parallel() async throws {
        for store in stores {
            let client = try client(limiter(50, store: store))
            let allowed = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<200 { group.addTask { await client.get("/").status == .ok } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(allowed == 50)
        }
    }

    @Test("limits in one store count apart by their numbers and their names")
    func names() async throws {
        for store in stores {
            var router = Router()
            for (path, count, name) in [
                ("/a", 1, "default"), ("/b", 2, "default"), ("/c", 1, "other"), ("/d", 1, "other"),
            ] {
                let limiter = RateLimitMiddleware(count, per: .seconds(30), name: name, store: store) { [clock] in
                    clock.now
                }
                router.group(path) { group in
                    group.use(limiter)
                    group.get("") { _ in "page" }
                }
            }
            let client = try TestClient(try Application(router: router))
            var statuses: [Int] = []
            for path in ["/a", "/a", "/b", "/b", "/b", "/c", "/d"] {
                statuses.append(await client.get(path).status.code)
            }
            #expect(statuses == [200, 429, 200, 200, 429, 200, 429])
            let rate = try #require(HTTPField.Name("RateLimit"))
            #expect(await client.get("/c").headers[rate]?.hasPrefix(#""other";r=0"#) == true)
            clock.advance(by: 100 * second)
        }
    }

    // MARK: Files

    @Test("a file of zeros, whose maker was killed, is made anew")
    func halfMade() async throws {
        try directory.write(String(repeating: "\u{0}", count: 128 + 16 * 16), to: "killed")
        chmod(directory.path("killed"), 0o600)
        let client = try client(limiter(1, store: .file(directory.path("killed"), keys: 9)))
        #expect(await statuses(client, 2) == [200, 429])
        #expect(try directory.read("killed").hasPrefix("nbxrates"))
    }

    @Test("a file counts for all that open it, limits apart from each other, and outlives them")
    func shared() async throws {
        let path = directory.path("shared")
        let (one, other) = (try client(limiter(2, store: .file(path))), try client(limiter(2, store: .file(path))))
        #expect(await statuses(one, 1) == [200])
        #expect(await statuses(other, 2) == [200, 429])
        let different = try client(limiter(1, store: .file(path)))
        #expect(await statuses(different, 2) == [200, 429])
        // The size is that of the file which is there.
        let third = try client(limiter(2, store: .file(path, keys: 10)))
        #expect(await statuses(third, 1) == [429])
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(status.st_size == 128 + 65_536 * 16)
    }

    @Test("the file has the layout that is described")
    func layout() async throws {
        let path = directory.path("layout")
        let client = try client(limiter(1, store: .file(path, keys: 9)))
        #expect(await statuses(client, 1) == [200])
        let bytes = Array(try directory.read("layout").utf8)
        #expect(bytes.starts(with: "nbxrates".utf8))
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_size == 128 + 16 * 16)
    }

    @Test("what is no such file is refused at the start")
    func refusedFiles() throws {
        try directory.write("something else", to: "text")
        try directory.write("nbxrates" + String(repeating: "\u{0}", count: 120), to: "zeros")
        try directory.write("", to: "open")
        chmod(directory.path("open"), 0o666)
        symlink(directory.path("target"), directory.path("link"))
        mkfifo(directory.path("pipe"), 0o600)
        mkdir(directory.path("directory"), 0o700)
        try directory.write(String(repeating: "\u{0}", count: 128 + 16), to: "other size")
        for name in ["text", "zeros", "other size", "open", "link", "pipe", "directory", "missing/rates"] {
            #expect(throws: RateLimitFileError.self, "\(name)") {
                try client(limiter(store: .file(directory.path(name))))
            }
        }
        #expect(throws: RateLimitFileError.self) { try client(limiter(store: .file("relative"))) }
        #expect(try directory.read("text") == "something else")
    }

    @Test("any bytes in a file are numbers, and lock no one out for long")
    func damage() async throws {
        let path = directory.path("damaged")
        _ = try client(limiter(store: .file(path, keys: 8)))
        let descriptor = open(path, O_RDWR)
        defer { close(descriptor) }
        let junk = [UInt8](repeating: 0x7F, count: 128)
        #expect(pwrite(descriptor, junk, 128, 128) == 128)
        let client = try client(limiter(store: .file(path)))
        #expect(await statuses(client, 4) == [200, 200, 200, 429])
        // Cut off behind the back of a running program: an error, not a way around.
        let running = try self.client(limiter(store: .file(path)))
        #expect(await statuses(running, 1) == [429])
        ftruncate(descriptor, 0)
        #expect(await statuses(running, 1) == [500])
    }
}
