/// What a serving program does when another file was put in the place of its own.
public enum WhenReplaced: String, Sendable, CaseIterable {
    /// It finishes the requests under way and ends, so that whoever started it starts the new program.
    case leave
    /// It starts the new program as its successor, as on SIGHUP.
    case reload
    /// Nothing.
    case ignore
}
