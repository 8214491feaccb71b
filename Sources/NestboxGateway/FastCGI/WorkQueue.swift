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
/// One worker at a time, the poller, waits for events on connections; the others sleep here. So a request that comes
/// alone wakes one thread, and under load events come in batches: on two processors four workers that all wait for
/// events cost half as much again for each request as one that does.
///
/// A sleeper is woken when there is more than one thing to do and a processor for it. The poller may also be kept by a
/// handler that blocks its thread. Then nobody would look for events, so a timer, which runs only while there is work,
/// wakes a sleeper after a millisecond without any progress, and that one becomes the poller.
final class WorkQueue: Sendable {
    private let work = Mutex<Deque<Work>>([])
    /// How much is in `work`, to look without the lock.
    private let count = Atomic<Int>(0)
    private let workers: Int
    /// How many workers may be awake without a need.
    private let processors: Int

    /// The poller's number, 0 while there is none.
    private let poller = Atomic<Int>(0)
    /// Whether the poller waits at this moment.
    private let isPolling = Atomic<Bool>(false)
    private let sleepers = Atomic<Int>(0)
    /// Whether a sleeper was signalled and is not awake yet.
    private let isWaking = Atomic<Bool>(false)

    /// Changes with everything that is begun.
    private let progress = Atomic<UInt>(0)
    private let watchedProgress = Atomic<UInt>(0)
    private let watchIsSet = Atomic<Bool>(false)

    /// In the poller's epoll set.
    private let pollerSignal: Int32
    /// What the sleepers wait for: their signal and the watch.
    private let sleepersEpoll: Int32
    private let sleepersSignal: Int32
    private let watch: Int32

    /// How long nothing may be begun before another worker looks what is the matter.
    private static let patience: UInt64 = 1

    init(workers: Int, pollerSignal: Int32) {
        self.workers = workers
        self.pollerSignal = pollerSignal
        processors = Int(nestbox_processors())
        sleepersEpoll = nestbox_epoll_create()
        sleepersSignal = nestbox_event_create()
        watch = nestbox_timer_create()
        let events = UInt32(NESTBOX_EPOLL_IN) | UInt32(NESTBOX_EPOLL_ET)
        _ = nestbox_epoll_add(sleepersEpoll, sleepersSignal, events, 0)
        _ = nestbox_epoll_add(sleepersEpoll, watch, events, 1)
    }

    deinit {
        for descriptor in [sleepersEpoll, sleepersSignal, watch] { nestbox_close(descriptor) }
    }

    /// Whether all descriptors could be had.
    var isValid: Bool { sleepersEpoll >= 0 && sleepersSignal >= 0 && watch >= 0 }

    // MARK: Work

    func append(_ item: Work) {
        work.withLock { $0.append(item) }
        count.add(1, ordering: .sequentiallyConsistent)
        wakeForWork()
    }

    func popFirst() -> Work? {
        guard count.load(ordering: .relaxed) > 0 else { return nil }
        guard let item = work.withLock({ $0.popFirst() }) else { return nil }
        let left = count.subtract(1, ordering: .relaxed).newValue
        progress.add(1, ordering: .relaxed)
        if left > 0 { wakeForWork() }
        return item
    }

    var isEmpty: Bool { count.load(ordering: .sequentiallyConsistent) == 0 }

    /// Finds somebody for work that waits.
    private func wakeForWork() {
        if isPolling.load(ordering: .sequentiallyConsistent) {
            nestbox_event_signal(pollerSignal)
            return
        }
        let asleep = sleepers.load(ordering: .sequentiallyConsistent)
        guard asleep > 0 else { return }
        if workers - asleep < processors {
            // One is on its way already, and looks for more when it has begun.
            if isWaking.exchange(true, ordering: .sequentiallyConsistent) { return }
            nestbox_event_signal(sleepersSignal)
        } else {
            setWatch()
        }
    }

    // MARK: The poller

    /// Makes a worker the poller if there is none.
    func becomePoller(_ worker: Int) -> Bool {
        let current = poller.load(ordering: .relaxed)
        return current == worker
            || current == 0 && poller.compareExchange(expected: 0, desired: worker, ordering: .sequentiallyConsistent).exchanged
    }

    /// Announces that the poller will wait for events.
    /// - Returns: Whether it may: there is no work. The order of the two sides' steps makes it impossible that one appends
    ///   work and sees nobody waiting while the other sees no work and waits.
    func beginPolling() -> Bool {
        isPolling.store(true, ordering: .sequentiallyConsistent)
        if isEmpty { return true }
        isPolling.store(false, ordering: .sequentiallyConsistent)
        return false
    }

    /// The poller has events and will look after them.
    func endPolling() {
        isPolling.store(false, ordering: .sequentiallyConsistent)
        progress.add(1, ordering: .relaxed)
        if workers > 1 { setWatch() }
    }

    private func setWatch() {
        if watchIsSet.load(ordering: .relaxed) || watchIsSet.exchange(true, ordering: .sequentiallyConsistent) { return }
        watchedProgress.store(progress.load(ordering: .relaxed), ordering: .relaxed)
        _ = nestbox_timer_set(watch, Self.patience)
    }

    // MARK: Sleepers

    /// Sleeps until there is work, or the poller is kept by what it does; in that case the worker becomes the poller.
    func sleep(_ worker: Int) {
        sleepers.add(1, ordering: .sequentiallyConsistent)
        defer { sleepers.subtract(1, ordering: .sequentiallyConsistent) }
        guard isEmpty else { return }
        var event = nestbox_event()
        let count = nestbox_epoll_wait(sleepersEpoll, &event, 1, -1)
        isWaking.store(false, ordering: .sequentiallyConsistent)
        if count == 1, event.data == 1 { lookAround(worker) }
    }

    private func lookAround(_ worker: Int) {
        let current = poller.load(ordering: .sequentiallyConsistent)
        if isPolling.load(ordering: .sequentiallyConsistent) && isEmpty {
            // All is quiet, and an idle program sleeps.
            _ = nestbox_timer_set(watch, 0)
            watchIsSet.store(false, ordering: .sequentiallyConsistent)
            // Work that came in between found the watch set.
            if !isPolling.load(ordering: .sequentiallyConsistent) || !isEmpty { setWatch() }
            return
        }
        let now = progress.load(ordering: .relaxed)
        if watchedProgress.exchange(now, ordering: .relaxed) == now, !isPolling.load(ordering: .sequentiallyConsistent) {
            _ = poller.compareExchange(expected: current, desired: worker, ordering: .sequentiallyConsistent)
        }
    }

    /// Wakes everybody, to see that it is over.
    func wakeAll() {
        nestbox_event_signal(pollerSignal)
        nestbox_event_signal(sleepersSignal)
    }
}
