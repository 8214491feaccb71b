import Synchronization

/// What a file store does with files that are no sessions: it puts them aside, unless it is told to leave them.
///
/// A command that an operator starts may lack the secret that the program has; to such a command all sessions look
/// planted, and it must not put them aside.
package final class UnusableFiles: Sendable {
    private let areLeft = Atomic<Bool>(false)
    private let met = Atomic<Int>(0)

    /// How many were met and left.
    package var count: Int { met.load(ordering: .relaxed) }

    /// Has the store leave them from now on.
    package func leave() { areLeft.store(true, ordering: .relaxed) }

    /// Counts one, and says whether it is to stay.
    func stays() -> Bool {
        guard areLeft.load(ordering: .relaxed) else { return false }
        met.add(1, ordering: .relaxed)
        return true
    }
}
