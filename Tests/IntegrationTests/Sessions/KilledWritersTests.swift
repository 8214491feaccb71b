import Glibc
import NestboxSessions
import NestboxTesting
import Synchronization
import Testing

extension Integration.SessionsTests {
    @Suite("processes that are killed while they write")
    struct KilledWritersTests {
        /// How many kills there are.
        private static let (cgiKills, fastCGIKills) = (180, 20)
        static let seed: UInt64 = 0x5EED

        /// What is known of a session while its writers are killed.
        private final class Ledger: Sendable {
            private let store: any SessionStore
            private let token: SessionToken
            private let counts = Mutex<(attempted: Int64, answered: Int64, seen: Int64)>((0, 0, 0))

            init(_ site: SessionSite, _ visitor: Visitor) throws {
                store = try site.store()
                token = SessionToken(try #require(visitor.session))
            }

            func attempt() { counts.withLock { $0.attempted += 1 } }
            func answer() { counts.withLock { $0.answered += 1 } }

            /// Reads the session, which is there, holds what was written by one request, and has never been newer.
            func check() async throws {
                let before = counts.withLock { $0 }
                let stored = try #require(try await store.load(token).session, "the session is gone")
                guard case .int(let count)? = stored.record.values["count"],
                    case .string(let last)? = stored.record.values["last"],
                    let number = Int(last.prefix { $0 != ":" })
                else { throw TestingError(.malformed, "\(stored.record)") }
                #expect(last == "\(number):" + String(repeating: "x", count: number % 3000))
                let attempted = counts.withLock { $0.attempted }
                #expect((before.seen...attempted).contains(count))
                #expect(count >= before.answered)
                counts.withLock { $0.seen = max($0.seen, count) }
            }
        }

        @Test("leave a session that was really written, whenever they are killed")
        func kills() async throws {
            let site = try SessionSite(.file, count: 0)
            var visitor = Visitor()
            let start = ContinuousClock.now
            let first = try visitor.post("/write/1", at: site.cgi)
            let span = ContinuousClock.now - start
            #expect(first.status == 200)
            let ledger = try Ledger(site, visitor)
            ledger.attempt()
            ledger.answer()
            try await ledger.check()
            var generator = SeededGenerator(seed: Self.seed)
            // Several are under way at a time, and each is killed at some time of its life or shortly after it.
            let longest = Int64(max(1, span / .microseconds(1)))
            for _ in 0..<(Self.cgiKills / 3) {
                let plans = (0..<3).map { _ in
                    (
                        number: Int.random(in: 0..<100_000, using: &generator),
                        delay: Int64.random(in: 0...longest * 2, using: &generator)
                    )
                }
                let children = try plans.map { plan in
                    ledger.attempt()
                    return (try Self.start(site, "/write/\(plan.number)", visitor), plan.delay)
                }
                let begin = ContinuousClock.now
                for (child, delay) in children.sorted(by: { $0.1 < $1.1 }) {
                    while ContinuousClock.now - begin < .microseconds(delay) { _ = poll(nil, 0, 1) }
                    child.terminate(SIGKILL)
                    let output = try child.output()
                    if output.stdout.starts(with: Array("Status: 200".utf8)) { ledger.answer() }
                }
                try await ledger.check()
            }
            try await killFastCGI(site, visitor, ledger, &generator)
            #expect(!site.files.contains { $0.hasPrefix("corrupt/") }, "\(site.files)")
            // The locks of the dead are free.
            ledger.attempt()
            #expect(try visitor.post("/write/7", at: site.cgi).status == 200)
            try await ledger.check()
        }

        private static func start(_ site: SessionSite, _ target: String, _ visitor: Visitor) throws -> ChildProcess {
            var variables = Integration.CGITests.environment("POST", path: target, adding: site.environment)
            variables["HTTP_COOKIE"] = visitor.field
            return try ChildProcess(ExampleProgram.path("Notebook"), environment: variables)
        }

        private func killFastCGI(
            _ site: SessionSite, _ visitor: Visitor, _ ledger: Ledger, _ generator: inout SeededGenerator
        ) async throws {
            let directory = try TemporaryDirectory()
            let nginx = try NginxServer(before: directory.socket())
            let (address, cookie) = (nginx.address, try #require(visitor.field))
            for round in 0..<Self.fastCGIKills {
                let program = try ChildProcess(
                    ExampleProgram.path("Notebook"), ["--listen", "\(directory.socket())"],
                    environment: site.environment, stdout: .null, stderr: .null)
                let answers = Progress()
                let isOver = Event()
                let enough = Int.random(in: 5..<60, using: &generator)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 0..<4 {
                        group.addTask {
                            var number = round * 1000 + client
                            while !isOver.hasHappened {
                                guard let connection = try? HTTPConnection(to: address) else { continue }
                                ledger.attempt()
                                let answer = try? Door.request(
                                    on: connection, "POST", "/write/\(number)", cookie: cookie)
                                if answer?.status == 200 {
                                    ledger.answer()
                                    answers.add(1)
                                }
                                number += 4
                            }
                        }
                    }
                    #expect(eventually { answers.count >= enough })
                    _ = poll(nil, 0, Int32.random(in: 0...3, using: &generator))
                    program.terminate(SIGKILL)
                    #expect(try program.wait() == .signalled(SIGKILL))
                    isOver.happen()
                    try await group.waitForAll()
                }
                try await ledger.check()
            }
        }
    }
}
