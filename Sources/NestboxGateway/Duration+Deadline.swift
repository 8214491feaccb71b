import CNestboxSystem

extension Duration {
    /// This much later than now, in nanoseconds of the monotonic clock (with the resolution of the kernel's tick).
    var fromNow: UInt64 { after(nestbox_now_coarse()) }

    /// This much later than a time in nanoseconds; far off when it cannot be said.
    func after(_ time: UInt64) -> UInt64 {
        let (seconds, attoseconds) = components
        let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow, nanoseconds >= 0 else { return .max - 1 }
        return time &+ UInt64(nanoseconds) &+ UInt64(attoseconds / 1_000_000_000)
    }
}

extension UInt64 {
    /// Milliseconds until this time of the monotonic clock, rounded up, for `poll`.
    var millisecondsUntil: Int32 {
        let now = nestbox_now()
        return self <= now ? 0 : Int32(clamping: (self - now) / 1_000_000 + 1)
    }
}
