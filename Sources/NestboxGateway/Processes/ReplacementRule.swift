import Glibc

/// What a process does when the program's file was replaced.
struct ReplacementRule {
    private let configured: WhenReplaced?
    /// Whether the process that started this one is a spawner, which starts it anew when it ends.
    ///
    /// spawn-fcgi is none: it has ended by the time that it matters.
    private let mayHaveSpawner: Bool
    private let isWorker: Bool

    init(_ configured: WhenReplaced?, listen: [ListenAddress], handover: Handover?) {
        self.configured = configured
        isWorker = handover?.role == .worker
        mayHaveSpawner = handover == nil && listen == [.inherited(0)]
    }

    /// Whether the file has to be looked at; a worker leaves that to its supervisor.
    var isWatching: Bool { !isWorker && (configured.map { $0 != .ignore } ?? mayHaveSpawner) }

    /// Whether a spawner is there now: in the same session, which the system's collector of orphans is not.
    func hasSpawner(_ launch: Launch, parent: Int32) -> Bool {
        mayHaveSpawner && parent == launch.parent && getsid(parent) == getsid(0)
    }

    /// What to do now.
    func action(_ launch: Launch, parent: Int32) -> WhenReplaced {
        configured ?? (hasSpawner(launch, parent: parent) ? .leave : .ignore)
    }
}
