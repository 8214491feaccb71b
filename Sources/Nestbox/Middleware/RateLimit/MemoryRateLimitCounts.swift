import Synchronization

/// Counts in the memory of this process.
final class MemoryRateLimitCounts: RateLimitCounts {
    /// A part of the table with a lock of its own, which takes no memory before a key is in it.
    private final class Part: Sendable {
        let slots = Mutex<[RateLimitSlot]>([])
    }

    private let hash = SipHash.random()
    private let parts: [Part]
    private let bucketsPerPart: Int

    init(keys: Int) {
        let buckets = Int.buckets(keys: keys)
        let count = min(16, buckets)
        parts = (0..<count).map { _ in Part() }
        bucketsPerPart = buckets / count
    }

    func open() {}

    func take(_ key: [UInt8], _ limit: RateLimit, now: Int64) -> RateLimit.Decision {
        let hash = hash.hash(key)
        let fingerprint = max(1, hash)
        // Both numbers are powers of two.
        let part = parts[Int(hash & UInt64(parts.count - 1))]
        let bucket = Int(hash >> 8 & UInt64(bucketsPerPart - 1))
        let count = RateLimitSlot.perBucket
        return part.slots.withLock { slots in
            if slots.isEmpty { slots = Array(repeating: RateLimitSlot(), count: bucketsPerPart * count) }
            let start = bucket * count
            let place = RateLimitSlot.place(of: fingerprint, in: slots.span.extracting(start..<start + count))
            return slots[start + place].take(fingerprint, limit, now: now)
        }
    }
}
