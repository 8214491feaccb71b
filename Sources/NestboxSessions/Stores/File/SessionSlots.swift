import Crypto

/// The format of a session's file: two slots of equal size, written by turns.
///
/// The file has twice the size of a slot. Each slot is, with integers in little-endian order:
///
/// | offset | bytes | what |
/// | --- | --- | --- |
/// | 0 | 4 | `4e 42 53 01`: "NBS" and the version of the format |
/// | 4 | 4 | size of a slot: a multiple of 512, at least 1024 |
/// | 8 | 4 | length of the content |
/// | 12 | 4 | zero |
/// | 16 | 8 | generation: 1 in a new file, one more with each write |
/// | 24 | 32 | check over the file's name, the 24 bytes before, and the content |
/// | 56 | | the content, as the serializer made it |
/// | | | a newline, then bytes of no meaning up to the size of the slot |
///
/// The check is HMAC-SHA256 under the sealing key, or SHA-256 without one. As the name is in it, a file that was copied over
/// another is not valid. The slot with the highest generation whose check is right is the session; a write goes to the other
/// one, so that a reader always finds one of the two whole, whenever a writer is killed or a disk loses power: slots share no
/// sector. The time of last use is the modification time of the file.
struct SessionSlots {
    static let headerSize = 56
    static let minimumSize = 1024
    private static let magic: [UInt8] = [0x4E, 0x42, 0x53, 0x01]

    /// The content of the newest valid slot.
    let content: ArraySlice<UInt8>
    let generation: UInt64
    /// The size of a slot.
    let size: Int
    /// Where the next write goes, or `nil` where the file is not of the size it should be and must be written anew.
    let nextOffset: Int?

    /// Finds the newest valid slot in the bytes of a file.
    init?(_ bytes: [UInt8], name: String, sealingKey: SymmetricKey?) {
        let half = bytes.count / 2
        var (newer, older) = (Header(bytes, at: 0), Header(bytes, at: half))
        if let first = newer, let second = older, first.generation < second.generation { swap(&newer, &older) }
        if newer?.isValid(bytes, name, sealingKey) != true { newer = nil }
        if newer == nil, older?.isValid(bytes, name, sealingKey) != true { older = nil }
        guard let slot = newer ?? older else { return nil }
        content = bytes[slot.content]
        generation = slot.generation
        size = slot.size
        let isWhole = bytes.count == 2 * slot.size && (slot.offset == 0 || slot.offset == half)
        nextOffset = isWhole ? half - slot.offset : nil
    }

    /// The size of slots that hold `length` bytes and leave room for a quarter more.
    static func size(for length: Int) -> Int {
        let wanted = headerSize + length + length / 4 + 1
        return max(minimumSize, (wanted + 511) / 512 * 512)
    }

    /// Whether content of that length fits a slot.
    static func fits(_ length: Int, in size: Int) -> Bool { headerSize + length < size }

    /// The bytes of a slot with this content, up to the newline.
    static func encode(
        _ content: [UInt8], generation: UInt64, size: Int, name: String, sealingKey: SymmetricKey?
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headerSize + content.count + 1)
        bytes += magic
        append(UInt64(size), 4, to: &bytes)
        append(UInt64(content.count), 4, to: &bytes)
        append(0, 4, to: &bytes)
        append(generation, 8, to: &bytes)
        bytes += check(bytes[...], content[...], name, sealingKey)
        bytes += content
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private static func append(_ number: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index))) }
    }

    private static func check(
        _ header: ArraySlice<UInt8>, _ content: ArraySlice<UInt8>, _ name: String, _ sealingKey: SymmetricKey?
    ) -> [UInt8] {
        if let sealingKey {
            var code = HMAC<SHA256>(key: sealingKey)
            code.update(data: Array(name.utf8))
            code.update(data: header)
            code.update(data: content)
            return Array(code.finalize())
        }
        var hash = SHA256()
        hash.update(data: Array(name.utf8))
        hash.update(data: header)
        hash.update(data: content)
        return Array(hash.finalize())
    }

    /// What a slot says of itself, checked only for what reading needs.
    private struct Header {
        let offset: Int
        let size: Int
        let generation: UInt64
        let content: Range<Int>

        init?(_ bytes: [UInt8], at offset: Int) {
            let end = offset + SessionSlots.headerSize
            guard end <= bytes.count, bytes[offset..<offset + 4].elementsEqual(SessionSlots.magic) else { return nil }
            func number(_ from: Int, _ count: Int) -> UInt64 {
                bytes[offset + from..<offset + from + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
            }
            // Both have 32 bits.
            let length = Int(number(8, 4))
            self.offset = offset
            size = Int(number(4, 4))
            generation = number(16, 8)
            guard size >= SessionSlots.minimumSize, size % 512 == 0, SessionSlots.fits(length, in: size),
                length <= bytes.count - end, generation > 0, generation < .max
            else { return nil }
            content = end..<end + length
        }

        func isValid(_ bytes: [UInt8], _ name: String, _ sealingKey: SymmetricKey?) -> Bool {
            let stored = bytes[offset + 24..<offset + SessionSlots.headerSize]
            let expected = SessionSlots.check(bytes[offset..<offset + 24], bytes[content], name, sealingKey)
            return ConstantTime.equal(expected, Array(stored))
        }
    }
}
