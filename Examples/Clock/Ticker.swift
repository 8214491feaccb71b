import FoundationEssentials
import Nestbox
import Synchronization

/// Tells everyone who watches the time, once a second; it runs while someone does.
final class Ticker: Sendable {
    private struct Tick: Encodable {
        /// Seconds since 1970.
        var time: Int64
        var viewers: Int
    }

    // The time replaces the time before: who is too slow gets the newest.
    private let ticks = Broadcast<ServerSentEvent>(buffer: 1)
    private let isRunning = Mutex(false)

    static var now: Int64 { Int64(Date().timeIntervalSince1970) }

    var viewers: Int { ticks.listenerCount }

    /// The present tick, which has the second as its id: a browser that comes back says when it was last here.
    var tick: ServerSentEvent {
        get throws {
            let now = Self.now
            return try ServerSentEvent(json: Tick(time: now, viewers: viewers), id: "\(now)")
        }
    }

    /// The ticks from now on.
    func watch() -> AsyncStream<ServerSentEvent> {
        let stream = ticks.listen()
        let starts = isRunning.withLock { isRunning in
            defer { isRunning = true }
            return !isRunning
        }
        if starts { Task { await run() } }
        return stream
    }

    private func run() async {
        repeat {
            // To the start of the next second, wherever this one was begun.
            let time = Date().timeIntervalSince1970
            try? await Task.sleep(for: .seconds(1 - (time - time.rounded(.down))))
            if let tick = try? tick { ticks.send(tick) }
        } while goesOn()
    }

    /// Who comes when it has said no finds that it is not running.
    private func goesOn() -> Bool {
        isRunning.withLock { isRunning in
            isRunning = viewers > 0
            return isRunning
        }
    }
}
