import CNestboxSystem
import Glibc
import Synchronization

/// A descriptor that log lines are written to, whole lines at a time.
///
/// Lines that can wait are gathered and written together when the program has nothing else to do, when there are 16 KiB
/// of them, or with the next line that cannot.
public final class LogFile: Sendable {
    private struct State {
        var lines: [UInt8] = []
        var second: Int = .min
        /// The date and time of `second`, without a fraction.
        var timestamp: [UInt8] = []
    }

    private let descriptor: Int32
    private let state = Mutex(State())
    private let isWaiting = Atomic<Bool>(false)
    private static let limit = 16 << 10

    /// The standard error stream.
    public static let standardError = LogFile(descriptor: 2)

    /// A log on an open descriptor, which is not closed.
    public init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Whether lines wait to be written.
    var hasUnwritten: Bool { isWaiting.load(ordering: .relaxed) }

    /// Appends a line that starts with the time.
    /// - Parameter waits: Whether the line may wait for others.
    func append(waits: Bool, _ write: (inout [UInt8]) -> Void) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &now)
        state.withLock { state in
            if now.tv_sec != state.second {
                state.second = now.tv_sec
                state.timestamp = Self.timestamp(now.tv_sec)
            }
            state.lines.append(contentsOf: state.timestamp)
            state.lines.append(UInt8(ascii: "."))
            let milliseconds = now.tv_nsec / 1_000_000
            if milliseconds < 100 { state.lines.append(UInt8(ascii: "0")) }
            if milliseconds < 10 { state.lines.append(UInt8(ascii: "0")) }
            state.lines.append(decimal: milliseconds)
            state.lines.append(contentsOf: "Z ".utf8)
            write(&state.lines)
            state.lines.append(UInt8(ascii: "\n"))
            if waits && state.lines.count < Self.limit {
                if !isWaiting.load(ordering: .relaxed) { isWaiting.store(true, ordering: .relaxed) }
            } else {
                writeAll(&state)
            }
        }
    }

    /// Writes the lines that wait.
    func flush() {
        state.withLock { writeAll(&$0) }
    }

    private func writeAll(_ state: inout State) {
        var written = 0
        while written < state.lines.count {
            let count = state.lines.withUnsafeBytes { lines in
                Glibc.write(descriptor, lines.baseAddress.map { $0 + written }, lines.count - written)
            }
            if count > 0 {
                written += count
            } else if errno != EINTR {
                // A full disk or a closed pipe must not stop the requests.
                break
            }
        }
        state.lines.removeAll(keepingCapacity: true)
        isWaiting.store(false, ordering: .relaxed)
    }

    private static func timestamp(_ seconds: Int) -> [UInt8] {
        var seconds = seconds
        var time = tm()
        gmtime_r(&seconds, &time)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &time)
        return text.prefix(count).map { UInt8(bitPattern: $0) }
    }
}
