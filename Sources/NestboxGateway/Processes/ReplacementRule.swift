import Glibc

/// What a process does when the program's file was replaced.
struct ReplacementRule {
    private let configured: WhenReplaced?
    /// Whether the process that started this one is a spawner, which starts it anew when it ends.
    ///
    /// spawn-fcgi is none: it has ended by the time that it matters.
    private let mayHaveSpawner: Bool

    init(_ configured: WhenReplaced?, listen: [ListenAddress], handover: Handover?) {
        self.configured = configured
        mayHaveSpawner = handover == nil && listen == [.inherited(0)]
    }

    /// Whether the file has to be looked at.
    var isWatching: Bool { configured.map { $0 != .ignore } ?? mayHaveSpawner }

    /// Whether a spawner is there now: in the same session, which the system's collector of orphans is not.
    func hasSpawner(_ launch: Launch, parent: Int32) -> Bool {
        mayHaveSpawner && parent == launch.parent && parent != 1 && getsid(parent) == getsid(0)
    }

    /// What to do now.
    func action(_ launch: Launch, parent: Int32) -> WhenReplaced {
        configured ?? (hasSpawner(launch, parent: parent) ? .leave : .ignore)
    }
}
