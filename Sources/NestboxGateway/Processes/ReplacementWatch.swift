/// Notices that another file stands where the program was started from.
package struct ReplacementWatch {
    private let program: ProgramFile
    private var known: ProgramFile.Identity?
    /// What was there the last time, if it was another one.
    private var seen: ProgramFile.Identity?
    private var next: UInt64 = 0

    /// Milliseconds between two looks.
    package let interval: Int32

    /// Watches for another program than this process's own.
    init(_ program: ProgramFile) {
        (self.program, interval) = (program, 1000)
        // The file at the path may have been replaced since this process was started from it.
        known = ProgramFile.running ?? program.identity
    }

    /// Watches for another file than `known`.
    /// - Parameter interval: Milliseconds between two looks.
    package init(_ program: ProgramFile, known: ProgramFile.Identity?, interval: Int32) {
        (self.program, self.known, self.interval) = (program, known, interval)
    }

    /// Looks, if the last look was long enough ago.
    ///
    /// A new file counts when it is the same on two looks, since it may still be on its way.
    /// - Returns: Whether there is a new file; once for each.
    package mutating func look(now: UInt64) -> Bool {
        guard next <= now else { return false }
        next = now + UInt64(interval) * 1_000_000
        guard let present = program.identity, present != known else {
            seen = nil
            return false
        }
        defer { seen = present }
        guard present == seen else { return false }
        known = present
        return true
    }
}
