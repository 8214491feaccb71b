import CZlib

/// The zlib format (RFC 1950) in one call each way.
///
/// The only file with pointers for zlib. They are valid: each comes from `withUnsafeBytes` or
/// `unsafeUninitializedCapacity` and is used inside of that closure only, by a zlib function that keeps none of them;
/// each goes with a length that is not above the buffer's, so zlib reads and writes nothing outside; and the array's
/// count is what zlib says it has written. Lengths come from arrays and fit both `Int` and zlib's unsigned `uLong`.
enum Zlib {
    /// Compresses at zlib's default level, as Python's `zlib.compress` does, or returns `nil` when memory is short.
    static func deflate(_ bytes: [UInt8]) -> [UInt8]? {
        let bound = Int(clamping: compressBound(uLong(bytes.count)))
        var isWhole = false
        let output = [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            var written = uLongf(output.count)
            isWhole = bytes.withUnsafeBufferPointer { input in
                compress2(output.baseAddress, &written, input.baseAddress, uLong(input.count), Z_DEFAULT_COMPRESSION)
                    == Z_OK
            }
            count = isWhole ? Int(written) : 0
        }
        return isWhole ? output : nil
    }

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
