import HTTPTypes
import InMemoryLogging
import Logging
import Nestbox
import NestboxTesting
import Synchronization
import Testing

/// A clock that stands still until a test moves it, and knows who sleeps.
private final class StoppedClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (one: Instant, other: Instant) -> Bool { one.offset < other.offset }
    }

    private struct State: Sendable {
        var now = Instant(offset: .zero)
        var sleepers: [(until: Instant, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())
    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.now >= deadline { return true }
                state.sleepers.append((deadline, continuation))
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    func advance(by duration: Duration) {
        let awake = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let awake = state.sleepers.filter { $0.until <= state.now }
            state.sleepers.removeAll { $0.until <= state.now }
            return awake
        }
        for sleeper in awake { sleeper.continuation.resume() }
    }
}

/// Something that happens once.
private final class Signal: Sendable {
    private let state = Mutex<(isSet: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    func set() {
        let waiters = state.withLock { state in
            state.isSet = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isSet = state.withLock { state in
                if !state.isSet { state.waiters.append(continuation) }
                return state.isSet
            }
            if isSet { continuation.resume() }
        }
    }
}

@Suite("time limits of handlers", .timeLimit(.minutes(1)))
struct TimeoutMiddlewareTests {
    private let clock = StoppedClock()
    private let log = InMemoryLogHandler()

    private func client(
        includingBody: Bool = false, sessions: Bool = false,
        _ handler: @escaping @Sendable (Request) async throws -> Response
    ) throws -> TestClient {
        var router = Router()
        router.use(TimeoutMiddleware(.seconds(5), includingBody: includingBody, clock: clock))
        router.get("/", handler)
        router.get("/quick") { _ in "quick" }
        var application = try Application(router: router)
        if sessions { application.useSessions(secret: "a secret of at least thirty-two bytes") }
        var configuration = TestClient.Configuration()
        configuration.logger = Logger(label: "test") { [log] _ in log }
        return try TestClient(application, configuration)
    }

    @Test("a handler in time answers, however often", arguments: [0, 4])
    func inTime(seconds: Int) async throws {
        let client = try client { [clock] _ in
            clock.advance(by: .seconds(seconds))
            return .text("page")
        }
        for _ in 0..<3 { #expect(await client.get("/").text == "page") }
        #expect(log.entries.isEmpty)
    }

    @Test("a handler that waits is cancelled and answered for with 503")
    func tooLate() async throws {
        let (started, cancelled) = (Signal(), Signal())
        let client = try client { _ in
            await withTaskCancellationHandler {
                started.set()
                await cancelled.wait()
            } onCancel: {
                cancelled.set()
            }
            try Task.checkCancellation()
            return .text("never")
        }
        async let response = client.get("/")
        await started.wait()
        clock.advance(by: .seconds(5))
        #expect(await response.status == .serviceUnavailable)
        #expect(await response.text.hasPrefix("This took too long"))
        await cancelled.wait()
        #expect(
            log.entries.contains { $0.level == .error && "\($0.message)".contains("not answered within 5.0 seconds") })
        #expect(await client.get("/quick").text == "quick")
    }

    @Test("nobody waits for a handler that does not care, and what it does to the session is dropped")
    func stubborn() async throws {
        let (started, released, ended) = (Signal(), Signal(), Signal())
        let late = Mutex<(any Error)?>(nil)
        let client = try client(sessions: true) { request in
            let session = try await request.session
            session["early"] = 1
            started.set()
            await released.wait()
            do {
                try session.increment("late")
            } catch {
                late.withLock { $0 = error }
            }
            ended.set()
            return .text("late")
        }
        async let response = client.get("/")
        await started.wait()
        clock.advance(by: .seconds(6))
        #expect(await response.status == .serviceUnavailable)
        #expect(await response.setCookies.isEmpty)
        released.set()
        await ended.wait()
        #expect((late.withLock { $0 } as? SessionError)?.code == .committed)
    }

    @Test("what a late handler does to a session behind the limit is dropped, too")
    func sessionBehind() async throws {
        let (started, released, ended) = (Signal(), Signal(), Signal())
        struct End: Middleware {
            let signal: Signal
            func respond(to request: Request, next: any Responder) async throws -> Response {
                defer { signal.set() }
                return try await next.respond(to: request)
            }
        }
        let store = MemorySessionStore()
        let configuration = try SessionConfiguration(secret: "a secret of at least thirty-two bytes")
        var router = Router()
        router.use(TimeoutMiddleware(.seconds(5), clock: clock))
        router.use(End(signal: ended))
        router.use(try SessionMiddleware(configuration, store: store))
        router.post("/") { request in
            try await request.session["late"] = 1
            started.set()
            await released.wait()
            return "late"
        }
        let client = try TestClient(try Application(router: router))
        async let response = client.post("/")
        await started.wait()
        clock.advance(by: .seconds(6))
        #expect(await response.status == .serviceUnavailable)
        released.set()
        await ended.wait()
        #expect(store.count == 0)
    }

    @Test("no more handlers begin while too many that were given up still run")
    func abandoned() async throws {
        let released = Signal()
        let (started, ended) = ([Signal(), Signal()], [Signal(), Signal()])
        var router = Router()
        router.use(TimeoutMiddleware(.seconds(5), abandonedLimit: 2, clock: clock))
        router.get("/{n}") { request in
            let number = try request.parameters.require("n", as: Int.self)
            started[number].set()
            await released.wait()
            ended[number].set()
            return "late"
        }
        router.get("/quick") { _ in "quick" }
        let client = try TestClient(try Application(router: router))
        for number in 0..<2 {
            #expect(await client.get("/quick").text == "quick")
            async let response = client.get("/\(number)")
            await started[number].wait()
            clock.advance(by: .seconds(6))
            #expect(await response.status == .serviceUnavailable)
        }
        #expect(await client.get("/quick").status == .serviceUnavailable)
        released.set()
        for signal in ended { await signal.wait() }
        // The handlers have ended; their tasks are about to.
        while await client.get("/quick").status != .ok { await Task.yield() }
    }

    @Test("errors and cancellation of the request come through")
    func others() async throws {
        let failing = try client { _ in throw HTTPError(.conflict) }
        #expect(await failing.get("/").status == .conflict)
        let (started, cancelled) = (Signal(), Signal())
        let client = try client { _ in
            await withTaskCancellationHandler {
                started.set()
                await cancelled.wait()
            } onCancel: {
                cancelled.set()
            }
            return .text("cancelled: \(Task.isCancelled)")
        }
        let task = Task { await client.get("/").text }
        await started.wait()
        task.cancel()
        #expect(await task.value == "cancelled: true")
    }

    @Test("many at once each have a time of their own")
    func many() async throws {
        let (first, second, release) = (Signal(), Signal(), Signal())
        let client = try client { request in
            try request.query["n"] == "1" ? first.set() : second.set()
            await release.wait()
            return .text("done")
        }
        async let one = client.get("/?n=1")
        await first.wait()
        clock.advance(by: .seconds(3))
        async let two = client.get("/?n=2")
        await second.wait()
        clock.advance(by: .seconds(2))
        #expect(await one.status == .serviceUnavailable)
        release.set()
        #expect(await two.text == "done")
    }

    @Test("a stream may take its time, unless it is limited, too", arguments: [true, false])
    func streams(isLimited: Bool) async throws {
        let (started, released) = (Signal(), Signal())
        let client = try client(includingBody: isLimited) { _ in
            .stream { writer in
                try await writer.write("first ")
                started.set()
                await released.wait()
                try await writer.write("second")
            }
        }
        async let response = client.get("/")
        await started.wait()
        clock.advance(by: .seconds(5))
        if !isLimited { released.set() }
        let answer = await response
        released.set()
        #expect(answer.text.hasPrefix("first "))
        #expect((answer.failure == nil) == !isLimited)
    }
}
