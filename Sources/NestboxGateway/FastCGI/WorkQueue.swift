import CNestboxSystem
import DequeModule
import Synchronization

/// What any worker may do next.
enum Work {
    /// A piece of a task.
    case job(UnownedJob)
    /// Something happened on a connection.
    case event(nestbox_event)
}

/// Work that no worker has begun, and the workers that sleep.
///
/// A worker that puts work here wakes a sleeping one, so that a handler which blocks its thread holds up nothing that
/// another worker could do.
final class WorkQueue: Sendable {
    private let work = Mutex<Deque<Work>>([])
    /// How much is in `work`, to look without the lock.
    private let count = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private let wakeup: Int32

    /// - Parameter wakeup: An event descriptor in the epoll set that the workers wait for.
    init(wakeup: Int32) {
        self.wakeup = wakeup
    }

    func append(_ item: Work) {
        work.withLock { $0.append(item) }
        count.add(1, ordering: .sequentiallyConsistent)
        wakeSleeper()
    }

    func popFirst() -> Work? {
        guard count.load(ordering: .relaxed) > 0 else { return nil }
        let item = work.withLock { $0.popFirst() }
        if item != nil { count.subtract(1, ordering: .relaxed) }
        return item
    }

    var isEmpty: Bool { count.load(ordering: .sequentiallyConsistent) == 0 }

    /// Whether some worker waits for events.
    var hasSleepers: Bool { sleepers.load(ordering: .sequentiallyConsistent) > 0 }

    /// Whether the calling worker is the only one that waits for events.
    var sleepsAlone: Bool { sleepers.load(ordering: .relaxed) == 1 }

    /// Announces that the calling worker will wait for events.
    /// - Returns: Whether it may: there is no work. The order of the two sides' steps is what makes it impossible that
    ///   one appends work, sees no sleeper, and the other sees no work and sleeps.
    func beginSleep() -> Bool {
        sleepers.add(1, ordering: .sequentiallyConsistent)
        if isEmpty { return true }
        endSleep()
        return false
    }

    func endSleep() {
        sleepers.subtract(1, ordering: .sequentiallyConsistent)
    }

    func wakeSleeper() {
        if hasSleepers { nestbox_event_signal(wakeup) }
    }

    /// Wakes one waiter whether or not it has said that it sleeps.
    func wake() {
        nestbox_event_signal(wakeup)
    }
}
