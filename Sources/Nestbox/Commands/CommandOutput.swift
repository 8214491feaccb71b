import CNestboxSystem
import Glibc

/// Where a command writes lines: what was asked for, and what is said about it.
struct CommandOutput: Sendable {
    /// What was asked for; other programs may read it.
    let line: @Sendable (String) -> Void
    /// What is for the person at the terminal alone.
    let note: @Sendable (String) -> Void
    /// How many columns the terminal has that lines go to; `nil` when other programs read them.
    var width: Int?

    /// The two streams of the process.
    static var process: CommandOutput {
        let width = Int(nestbox_terminal_width(STDOUT_FILENO))
        return CommandOutput(
            line: { write($0, to: STDOUT_FILENO) }, note: { write($0, to: STDERR_FILENO) },
            width: width > 0 ? width : nil)
    }

    private static func write(_ line: String, to descriptor: Int32) {
        var rest = Array((line + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // Nobody reads any more, or the disk is full: there is nowhere left to say so.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
