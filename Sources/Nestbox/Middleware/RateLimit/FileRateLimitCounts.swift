import Glibc
import Synchronization

/// Counts in a file that processes share.
///
/// The file, numbers little-endian:
///
/// | bytes | |
/// | --- | --- |
/// | 0–7 | `nbxrates` |
/// | 8–11 | 1, the version |
/// | 12–15 | the number of buckets, a power of two |
/// | 16–31 | the key of the hash, random |
/// | 32–127 | zero |
/// | 128 … | the buckets: 8 slots each of the hash of a key (8 bytes, 0 for an empty one) and its number (8 bytes, nanoseconds since 1970) |
///
/// Whoever reads or writes holds its `flock`, for a few microseconds. A process that is killed between leaves a slot as it was or as it
/// should be: 16 bytes that do not cross a page are written at once.
final class FileRateLimitCounts: RateLimitCounts {
    private let path: String
    private let keys: Int
    private let file = Mutex<File?>(nil)

    init(path: String, keys: Int) {
        self.path = path
        self.keys = keys
    }

    deinit { file.withLock { if let descriptor = $0?.descriptor { close(descriptor) } } }

    /// An open file.
    private struct File {
        var descriptor: Int32
        var buckets: Int
        var hash: SipHash
    }

    func open() throws { try file.withLock { file in _ = try opened(&file) } }

    func take(_ key: [UInt8], _ limit: RateLimit, now: Int64) throws -> RateLimit.Decision {
        // Threads of one process share its lock of the file.
        try file.withLock { file in
            let file = try opened(&file)
            let hash = file.hash.hash(key)
            let fingerprint = max(1, hash)
            let size = 16 * RateLimitSlot.perBucket
            let start = Self.headerSize + Int(hash >> 8 & UInt64(file.buckets - 1)) * size
            return try locked(file.descriptor) {
                let bytes = try read(file.descriptor, size, at: start)
                var slots = (0..<RateLimitSlot.perBucket).map { index in
                    RateLimitSlot(
                        fingerprint: Self.word(bytes, 16 * index),
                        paid: Int64(bitPattern: Self.word(bytes, 16 * index + 8)))
                }
                let place = RateLimitSlot.place(of: fingerprint, in: slots.span)
                let decision = slots[place].take(fingerprint, limit, now: now)
                if decision.isAllowed {
                    let paid = UInt64(bitPattern: slots[place].paid)
                    try write(file.descriptor, self.bytes(of: slots[place].fingerprint, paid), at: start + 16 * place)
                }
                return decision
            }
        }
    }

    private func opened(_ file: inout File?) throws -> File {
        if let file { return file }
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw RateLimitFileError("\(path.debugDescription) is no absolute path")
        }
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw failure("open") }
        do {
            let opened = try locked(descriptor) { try examined(descriptor) }
            file = opened
            return opened
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static let headerSize = 128
    private static let magic = Array("nbxrates".utf8)

    /// Reads the header, or makes one in a file that is empty.
    private func examined(_ descriptor: Int32) throws -> File {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("examine") }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1, status.st_uid == geteuid(),
            status.st_mode & 0o022 == 0
        else {
            throw RateLimitFileError(
                "\(path) is no file of this program's user that others cannot write. Give the path of a new one")
        }
        let slotsSize = 16 * RateLimitSlot.perBucket
        let buckets = Int.buckets(keys: keys)
        let isNew = status.st_size == 0
        // A process that was killed while it made the file leaves one of zeros: what is written first is the header.
        if try isNew || isZero(descriptor, size: Int(status.st_size), of: Self.headerSize + buckets * slotsSize) {
            // Room now, so that a full disk cannot come between later.
            let number = posix_fallocate(descriptor, 0, off_t(Self.headerSize + buckets * slotsSize))
            guard number == 0 else {
                ftruncate(descriptor, 0)
                throw failure("make room in", number)
            }
            let words: (UInt64, UInt64) = (.random(in: .min ... .max), .random(in: .min ... .max))
            var header = Self.magic
            header += bytes(of: 1 | UInt64(buckets) << 32)
            header += bytes(of: words.0, words.1)
            try write(descriptor, header, at: 0)
            return File(descriptor: descriptor, buckets: buckets, hash: SipHash(key: words))
        }
        let header = status.st_size >= Self.headerSize ? try read(descriptor, Self.headerSize, at: 0) : []
        let numbers = header.isEmpty ? 0 : Self.word(header, 8)
        let found = Int(numbers >> 32)
        guard header.starts(with: Self.magic), UInt32(truncatingIfNeeded: numbers) == 1, found > 0,
            found <= 1 << 20, found & (found - 1) == 0,
            status.st_size == Self.headerSize + found * slotsSize
        else {
            throw RateLimitFileError("\(path) is no file of rate limits. Remove it, or give another path")
        }
        let key = (Self.word(header, 16), Self.word(header, 24))
        return File(descriptor: descriptor, buckets: found, hash: SipHash(key: key))
    }

    /// Whether a file has this size, and nothing but zeros in it.
    private func isZero(_ descriptor: Int32, size: Int, of wanted: Int) throws -> Bool {
        guard size == wanted else { return false }
        for start in stride(from: 0, to: size, by: 1 << 16)
        where try read(descriptor, Swift.min(1 << 16, size - start), at: start).contains(where: { $0 != 0 }) {
            return false
        }
        return true
    }

    // MARK: The system

    private func locked<Result>(_ descriptor: Int32, _ work: () throws -> Result) throws -> Result {
        var result: Int32
        repeat { result = flock(descriptor, LOCK_EX) } while result != 0 && errno == EINTR
        guard result == 0 else { throw failure("lock") }
        defer { _ = flock(descriptor, LOCK_UN) }
        return try work()
    }

    private func read(_ descriptor: Int32, _ count: Int, at offset: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard pread(descriptor, &bytes, count, off_t(offset)) == count else { throw failure("read") }
        return bytes
    }

    private func write(_ descriptor: Int32, _ bytes: [UInt8], at offset: Int) throws {
        guard pwrite(descriptor, bytes, bytes.count, off_t(offset)) == bytes.count else { throw failure("write") }
    }

    private func failure(_ action: String, _ number: Int32 = errno) -> RateLimitFileError {
        RateLimitFileError("cannot \(action) the file of rate limits \(path): \(String(cString: strerror(number)))")
    }

    private func bytes(of words: UInt64...) -> [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    /// The number at an offset, of bytes that are there.
    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
        bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// A file that cannot be counted in.
public struct RateLimitFileError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, and what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
