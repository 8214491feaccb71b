import Dispatch
import FuzzTargets
import Glibc
import Synchronization

/// Hands libFuzzer's inputs to the target that `FUZZ_TARGET` names.
enum Fuzzer {
    static let target: FuzzTarget = {
        let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
            fail("FUZZ_TARGET is '\(name)' and has to be one of \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
        }
        return target
    }()

    /// How many seconds of processor time an input may take.
    ///
    /// Sanitizers make everything a few times slower. libFuzzer's own limit is of the clock on the wall, which runs on
    /// while others have the processor.
    private static let limit = 1.0
    private static let slowest = Atomic<UInt64>(0)

    /// Ends the process, as a crash would, when the target finds a promise broken or the input takes too long.
    static func run(_ input: [UInt8]) {
        let start = processorTime()
        let failure = wait { () async -> String? in
            do {
                try await target.run(input)
                return nil
            } catch {
                return "\(error)"
            }
        }
        let time = processorTime() - start
        slowest.max(UInt64(max(0, time) * 1e6), ordering: .relaxed)
        if let failure { fail("broken promise: \(failure)") }
        if time > limit { fail("slow input: \(input.count) bytes took \(time) s of processor time") }
    }

    /// Says how long the slowest input took.
    static func report() {
        print("slowest input: \(Double(slowest.load(ordering: .relaxed)) / 1000) ms of processor time")
    }

    private static func fail(_ message: String) -> Never {
        let line = Array("\(message)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        abort()
    }

    /// Runs asynchronous code to its end.
    ///
    /// Targets wait for nobody, so that all of it happens on this thread.
    private static func wait(_ body: @escaping @Sendable () async -> String?) -> String? {
        let result = Mutex<String?>(nil)
        let isDone = DispatchSemaphore(value: 0)
        Task.immediate {
            let failure = await body()
            result.withLock { $0 = failure }
            isDone.signal()
        }
        isDone.wait()
        return result.withLock { $0 }
    }

    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
