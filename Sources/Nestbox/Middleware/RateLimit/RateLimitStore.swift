/// Where a ``RateLimitMiddleware`` counts.
public struct RateLimitStore: Sendable {
    let counts: any RateLimitCounts

    /// The memory of this process, for 65,536 keys at once.
    ///
    /// Several processes count apart. A CGI program, which starts anew with each request, counts nothing so, and warns of it.
    public static var memory: RateLimitStore { memory(keys: defaultKeys) }

    /// The memory of this process: 16 bytes for each key.
    ///
    /// When there are more keys than that at once the ones that have asked least are forgotten.
    public static func memory(keys: Int) -> RateLimitStore { RateLimitStore(counts: MemoryRateLimitCounts(keys: keys)) }

    /// A file that all processes of this machine count in that are given it: CGI programs, and several FastCGI processes.
    ///
    /// It is made when it is not there, for its owner alone, with the room that it will ever need; there are hashes of keys in it
    /// and nothing else. Several middleware may share it, as any store: those of the same numbers and the same `name` count together. A file that cannot be used keeps the application from starting, and what goes wrong
    /// later is answered with 500: who could break the file would else be rid of the limit.
    /// - Parameters:
    ///   - path: An absolute path, on a local disk. Its directory must be there.
    ///   - keys: How many keys at once, 16 bytes each; a file that is there keeps its size.
    public static func file(_ path: String, keys: Int = defaultKeys) -> RateLimitStore {
        RateLimitStore(counts: FileRateLimitCounts(path: path, keys: keys))
    }

    /// 65,536 keys, a mebibyte.
    public static let defaultKeys = 65_536

    var isMemory: Bool { counts is MemoryRateLimitCounts }
}

/// What keeps the numbers of keys.
protocol RateLimitCounts: Sendable {
    /// Makes ready, and throws when that cannot be.
    func open() throws
    /// Counts an event of a key, which is of one limit alone.
    func take(_ key: [UInt8], _ limit: RateLimit, now: Int64) throws -> RateLimit.Decision
}

extension Int {
    /// The number of buckets for so many keys: a power of two, at least one and at most 2²⁰.
    static func buckets(keys: Int) -> Int {
        var buckets = 1
        while buckets < 1 << 20, buckets * RateLimitSlot.perBucket < keys { buckets *= 2 }
        return buckets
    }
}
