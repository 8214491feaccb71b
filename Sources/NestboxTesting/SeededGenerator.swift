/// Random numbers that are the same in every run (SplitMix64), for tests that make their own malformed input.
///
/// ```swift
/// var random = SeededGenerator(seed: 1)
/// for _ in 0..<1000 { parse(random.mutated(wellFormed)) }
/// ```
///
/// Not for secrets: whoever knows a few numbers knows all that follow.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Creates a generator whose numbers `seed` decides; every seed is as good as any other.
    public init(seed: UInt64) {
        state = seed
    }

    /// Returns the next number: any 64 bits, all as likely.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Returns that many random bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// Returns a copy with a few places changed: bytes replaced, inserted, removed or counted up, a bit turned, pieces
    /// lost, doubled or moved, the end cut off.
    ///
    /// - Parameters:
    ///   - alphabet: Where replaced and inserted bytes come from: with what the grammar means something by, more of the
    ///     results are nearly right. All bytes by default.
    ///   - changes: How many changes are made, 1 to 8 by default. One may undo another.
    public mutating func mutated(
        _ bytes: [UInt8], alphabet: [UInt8] = Array(0...255), changes: ClosedRange<Int> = 1...8
    ) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: changes, using: &self) {
            change(&bytes, alphabet: alphabet)
        }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8], alphabet: [UInt8]) {
        let byte = alphabet.randomElement(using: &self) ?? 0
        guard !bytes.isEmpty else {
            bytes.append(byte)
            return
        }
        let index = Int.random(in: 0..<bytes.count, using: &self)
        let end = min(bytes.count, index + Int.random(in: 1...24, using: &self))
        switch Int.random(in: 0..<10, using: &self) {
        case 0, 1: bytes[index] = byte
        case 2: bytes.insert(byte, at: Int.random(in: 0...bytes.count, using: &self))
        case 3: bytes.remove(at: index)
        case 4: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
        case 5: bytes[index] &+= 1
        case 6: bytes.removeSubrange(index..<end)
        case 7: bytes.insert(contentsOf: bytes[index..<end], at: index)
        case 8:
            let piece = Array(bytes[index..<end])
            bytes.removeSubrange(index..<end)
            bytes.insert(contentsOf: piece, at: Int.random(in: 0...bytes.count, using: &self))
        default: bytes.removeSubrange(index...)
        }
    }
}
