import Synchronization

/// A body that is not read further than a limit.
final class LimitedBody: RequestBody.Source {
    let base: RequestBody
    private let limit: Int
    private let count: Atomic<Int>

    /// Limits a body of which some bytes may have been read.
    init(_ base: RequestBody, limit: Int, received: Int = 0) {
        self.base = base
        self.limit = limit
        count = Atomic(received)
    }

    /// How many bytes were read.
    var received: Int { count.load(ordering: .relaxed) }

    func next() async throws -> [UInt8]? {
        if let length = base.length, length > limit { throw RequestBody.tooLarge(limit) }
        guard let chunk = try await base.makeAsyncIterator().next() else { return nil }
        guard count.add(chunk.count, ordering: .relaxed).newValue <= limit else { throw RequestBody.tooLarge(limit) }
        return chunk
    }
}
