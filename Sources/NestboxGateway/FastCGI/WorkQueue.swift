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

/// Work that no worker has begun, and who of the workers waits for what.
///
/// As many workers as there are processors are active: they wait for events and for work. More would only wake each other:
/// on two processors, four that all wait cost half as much again for each request as two. The others are reserves for
/// handlers that block their thread. When all active workers are busy, a timer, which runs only then, looks every
/// millisecond whether anything was begun; if not, a reserve becomes active, and the first worker that finds one too many
/// becomes a reserve in its place.
final class WorkQueue: Sendable {
    private let work = Mutex<Deque<Work>>([])
    /// How much is in `work`, to look without the lock.
    private let count = Atomic<Int>(0)

    /// How many workers are active without a need.
    private let desired: Int
    private let active: Atomic<Int>
    /// Active workers that wait for events.
    private let waiting = Atomic<Int>(0)
    private let hasReserves: Bool

    /// Changes with everything that is begun.
    private let progress = Atomic<UInt>(0)
    private let watchedProgress = Atomic<UInt>(0)
    private let watchIsSet = Atomic<Bool>(false)

    /// In the epoll set that active workers wait for.
    private let signal: Int32
    /// What the reserves wait for: the end, and the watch.
    private let reservesEpoll: Int32
    private let reservesSignal: Int32
    private let watch: Int32

    /// Milliseconds in which nothing may be begun before a reserve takes over.
    private static let patience: UInt64 = 1

    /// - Parameter signal: An event descriptor in the epoll set that the active workers wait for.
    init(workers: Int, signal: Int32) {
        self.signal = signal
        desired = min(workers, Int(nestbox_processors()))
        active = Atomic(desired)
        hasReserves = workers > desired
        reservesEpoll = nestbox_epoll_create()
        reservesSignal = nestbox_event_create()
        watch = nestbox_timer_create()
        let events = UInt32(NESTBOX_EPOLL_IN) | UInt32(NESTBOX_EPOLL_ET)
        _ = nestbox_epoll_add(reservesEpoll, reservesSignal, events, 0)
        _ = nestbox_epoll_add(reservesEpoll, watch, events, 1)
    }

    deinit {
        for descriptor in [reservesEpoll, reservesSignal, watch] { nestbox_close(descriptor) }
    }

    /// Whether all descriptors could be had.
    var isValid: Bool { reservesEpoll >= 0 && reservesSignal >= 0 && watch >= 0 }

    /// Whether a worker is active at the start.
    func startsActive(_ number: Int) -> Bool { number <= desired }

    // MARK: Work

    func append(_ item: Work) {
        work.withLock { $0.append(item) }
        count.add(1, ordering: .sequentiallyConsistent)
        announce()
    }

    private func announce() {
        if othersWait {
            nestbox_event_signal(signal)
        } else {
            setWatch()
        }
    }

    func popFirst() -> Work? {
        guard count.load(ordering: .relaxed) > 0, let item = work.withLock({ $0.popFirst() }) else { return nil }
        // Signals that come together wake one worker, and what it has taken may block it.
        if count.subtract(1, ordering: .relaxed).newValue > 0 { announce() }
        if hasReserves { progress.add(1, ordering: .relaxed) }
        return item
    }

    var isEmpty: Bool { count.load(ordering: .sequentiallyConsistent) == 0 }

    // MARK: Active workers

    /// Whether active workers wait for events.
    var othersWait: Bool { waiting.load(ordering: .sequentiallyConsistent) > 0 }

    /// Whether the calling worker, which waits, is the only one.
    var waitsAlone: Bool { waiting.load(ordering: .relaxed) == 1 }

    /// Announces that the calling worker will wait for events.
    /// - Returns: Whether it may: there is no work. The order of the two sides' steps makes it impossible that one appends
    ///   work and sees nobody waiting while the other sees no work and waits.
    func beginWaiting() -> Bool {
        waiting.add(1, ordering: .sequentiallyConsistent)
        if isEmpty { return true }
        waiting.subtract(1, ordering: .sequentiallyConsistent)
        return false
    }

    /// The calling worker has waited and will look after what it got.
    func endWaiting() {
        let others = waiting.subtract(1, ordering: .sequentiallyConsistent).newValue
        guard hasReserves else { return }
        progress.add(1, ordering: .relaxed)
        if others == 0 { setWatch() }
    }

    /// Makes the calling worker a reserve when there is one active worker too many.
    func retire() -> Bool {
        guard hasReserves else { return false }
        let now = active.load(ordering: .relaxed)
        return now > desired
            && active.compareExchange(expected: now, desired: now - 1, ordering: .sequentiallyConsistent).exchanged
    }

    // MARK: Reserves

    private func setWatch() {
        guard hasReserves, !watchIsSet.load(ordering: .relaxed),
            !watchIsSet.exchange(true, ordering: .sequentiallyConsistent)
        else { return }
        watchedProgress.store(progress.load(ordering: .relaxed), ordering: .relaxed)
        _ = nestbox_timer_set(watch, Self.patience)
    }

    /// Waits as a reserve.
    /// - Returns: Whether the calling worker is active now.
    func waitInReserve() -> Bool {
        var event = nestbox_event()
        guard nestbox_epoll_wait(reservesEpoll, &event, 1, -1) == 1, event.data == 1 else { return false }
        nestbox_timer_read(watch)
        if othersWait {
            // An idle program sleeps.
            _ = nestbox_timer_set(watch, 0)
            watchIsSet.store(false, ordering: .sequentiallyConsistent)
            // Who became busy in between found the watch set.
            if !othersWait { setWatch() }
            return false
        }
        let now = progress.load(ordering: .relaxed)
        guard watchedProgress.exchange(now, ordering: .relaxed) == now else { return false }
        active.add(1, ordering: .sequentiallyConsistent)
        return true
    }

    /// Wakes one worker of each kind, to see that it is over.
    func wakeAll() {
        nestbox_event_signal(signal)
        nestbox_event_signal(reservesSignal)
    }
}
