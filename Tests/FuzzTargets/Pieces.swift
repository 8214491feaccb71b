import NestboxTesting

extension [UInt8] {
    /// A generator that the bytes decide: one input has the same fate in every run.
    var generator: SeededGenerator {
        // FNV-1a
        SeededGenerator(seed: reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
    }

    /// The bytes in pieces of 1 to `longest` bytes.
    func pieces(upTo longest: Int) -> [ArraySlice<UInt8>] {
        var random = generator
        var pieces: [ArraySlice<UInt8>] = []
        var rest = self[...]
        while !rest.isEmpty {
            pieces.append(rest.prefix(Int.random(in: 1...longest, using: &random)))
            rest = rest.dropFirst(pieces.last?.count ?? rest.count)
        }
        return pieces
    }

    /// The bytes with one bit turned, or one byte more if there is none.
    func withOneChange() -> [UInt8] {
        var random = generator
        var changed = self
        guard !isEmpty else { return [0] }
        changed[Int.random(in: 0..<count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        return changed
    }
}
