/// A key and the number that is kept for it, see ``RateLimit``.
struct RateLimitSlot: Sendable, Equatable {
    /// The hash of the key; 0 for no key.
    var fingerprint: UInt64 = 0
    var paid: Int64 = 0

    /// How many slots a key may be in.
    static let perBucket = 8

    /// Where a key is among the slots of its bucket, or which of them it may have.
    ///
    /// Of a full bucket the one goes that owes least. So no one gets rid of what he owes himself but by owing more under all the
    /// others, and who has used up what he may goes last.
    static func place(of fingerprint: UInt64, in slots: Span<RateLimitSlot>) -> Int {
        var place = 0
        for index in slots.indices {
            if slots[index].fingerprint == fingerprint { return index }
            if slots[index].paid < slots[place].paid { place = index }
        }
        return place
    }

    /// Counts an event of the key in this slot, whosever it was.
    mutating func take(_ fingerprint: UInt64, _ limit: RateLimit, now: Int64) -> RateLimit.Decision {
        if self.fingerprint != fingerprint { self = RateLimitSlot(fingerprint: fingerprint) }
        return limit.take(&paid, now: now)
    }
}
