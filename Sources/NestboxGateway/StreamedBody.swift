import NestboxHTTP

/// Holds a streamed body to the length in its head, and gives the head with the first bytes.
struct StreamedBody {
    /// The handler wrote fewer bytes than it had declared.
    struct TooShort: Error, CustomStringConvertible {
        var missing: Int
        var description: String { "the streamed body ended \(missing) bytes before its declared length" }
    }

    private var head: CGIResponseHead?
    private var left: Int?

    init(head: CGIResponseHead) {
        self.head = head
        left = head.length
    }

    /// What of some bytes is sent: those beyond the declared length are not.
    mutating func take(_ bytes: [UInt8]) -> (head: CGIResponseHead?, bytes: [UInt8]) {
        defer { head = nil }
        guard let left else { return (head, bytes) }
        let part = bytes.count <= left ? bytes : Array(bytes.prefix(left))
        self.left = left - part.count
        return (head, part)
    }

    /// The head, if nothing was written.
    mutating func end() throws(TooShort) -> CGIResponseHead? {
        if let left, left > 0 { throw TooShort(missing: left) }
        defer { head = nil }
        return head
    }
}
