import CZlib
import Synchronization

/// The zlib format (RFC 1950) in one call each way.
///
/// The only file with pointers for zlib. They are valid: each to data comes from `withUnsafe…BufferPointer` or
/// `unsafeUninitializedCapacity` and is used inside of that closure only; each goes with a length that is not above the
/// buffer's, so zlib reads and writes nothing outside; and the array's count is what zlib says it has written. Lengths
/// come from arrays and fit `Int` and zlib's unsigned `uLong`; where they have to fit 32 bits it is checked.
enum Zlib {
    /// Compresses at zlib's default level, as Python's `zlib.compress` does, or returns `nil` when memory is short.
    static func deflate(_ bytes: [UInt8]) -> [UInt8]? {
        guard let deflater = idle.withLock({ $0.take() }) ?? Deflater() else { return nil }
        defer { idle.withLock { $0 = deflater } }
        return deflater.deflate(bytes)
    }

    /// A deflater that no one uses; one is enough, others that are used at the same time go when they are done.
    private static let idle = Mutex<Deflater?>(nil)

    /// Inflates, or returns `nil` for what is damaged, cut short, followed by anything, or has more than `limit` bytes.
    ///
    /// It never holds more than `limit` bytes of output: the buffer starts small and grows by doubling.
    static func inflate(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        guard limit > 0, !bytes.isEmpty else { return nil }
        var capacity = min(limit, max(1024, bytes.count.multipliedReportingOverflow(by: 4).partialValue))
        while true {
            var status = Z_MEM_ERROR
            var consumed = uLong(bytes.count)
            let output = [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
                // The array may have more room than it was asked for.
                var written = uLongf(capacity)
                status = bytes.withUnsafeBufferPointer { input in
                    uncompress2(output.baseAddress, &written, input.baseAddress, &consumed)
                }
                count = status == Z_OK ? Int(written) : 0
            }
            switch status {
            case Z_OK: return consumed == uLong(bytes.count) ? output : nil
            case Z_BUF_ERROR where capacity < limit: capacity = capacity > limit / 2 ? limit : capacity * 2
            default: return nil
            }
        }
    }
}

/// The memory of a compression, 268 kB, which takes ten times as long to come by as short data takes to compress.
///
/// `@unchecked Sendable`: `Zlib.deflate` alone has it while it is in use, and hands it over through a mutex.
private final class Deflater: @unchecked Sendable {
    /// zlib's state points back to it, so it must not move: it is allocated here and freed in `deinit`.
    private let stream: UnsafeMutablePointer<z_stream>

    init?() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard
            deflateInit_(stream, Z_DEFAULT_COMPRESSION, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Compresses all bytes in one call, which is why zlib has none of the pointers any more when it returns.
    func deflate(_ bytes: [UInt8]) -> [UInt8]? {
        let bound = deflateBound(stream, uLong(bytes.count))
        guard let count = UInt32(exactly: bytes.count), let room = UInt32(exactly: bound), deflateReset(stream) == Z_OK
        else { return nil }
        var isWhole = false
        let output = [UInt8](unsafeUninitializedCapacity: Int(room)) { output, written in
            bytes.withUnsafeBufferPointer { input in
                // zlib only reads what it takes as a mutable pointer here (`next_in` without ZLIB_CONST).
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = count
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = room
                isWhole = CZlib.deflate(stream, Z_FINISH) == Z_STREAM_END
            }
            written = isWhole ? Int(room) - Int(stream.pointee.avail_out) : 0
            stream.pointee.next_in = nil
            stream.pointee.next_out = nil
        }
        return isWhole ? output : nil
    }
}
