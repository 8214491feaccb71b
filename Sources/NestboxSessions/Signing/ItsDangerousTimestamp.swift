/// Seconds since 1970 as itsdangerous 2 writes them: big-endian without leading zero bytes, in base64url.
enum ItsDangerousTimestamp {
    /// Writes a time; one before the first second is written as that second, as zero would be the empty text.
    static func encode(_ time: Int64) -> String {
        let bytes = withUnsafeBytes(of: max(1, time).bigEndian) { Array($0) }
        return Base64URL.encode(Array(bytes.drop { $0 == 0 }))
    }

    /// Reads a time, or returns `nil` for any text that ``encode(_:)`` does not make.
    static func decode(_ text: ArraySlice<UInt8>) -> Int64? {
        // Eight bytes have eleven digits.
        guard text.count <= 11, let bytes = Base64URL.decode(text), bytes.count <= 8, let first = bytes.first,
            first != 0
        else { return nil }
        return Int64(exactly: bytes.reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
    }
}
