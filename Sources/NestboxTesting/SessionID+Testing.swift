public import NestboxSessions
import Synchronization

extension SessionID.Generator {
    /// Makes the same ids in the same order each time: 32 bytes each, the first from `seed`, the others counted up from it.
    ///
    /// Whoever knows the seed knows all ids, so it is for tests only.
    public static func predictable(seed: UInt64 = 1) -> SessionID.Generator {
        let next = Counter(seed)
        return SessionID.Generator {
            let number = next.take()
            return (0..<32).map { UInt8(truncatingIfNeeded: number >> UInt64($0 % 8 * 8)) }
        }
    }

    /// Makes one id again and again, for tests of ids that are taken.
    public static func repeating(_ bytes: [UInt8] = Array(repeating: 7, count: 32)) -> SessionID.Generator {
        SessionID.Generator { bytes }
    }
}

private final class Counter: Sendable {
    private let number: Mutex<UInt64>

    init(_ first: UInt64) {
        number = Mutex(first)
    }

    func take() -> UInt64 {
        number.withLock { number in
            defer { number &+= 1 }
            return number
        }
    }
}
