/// Texts behind their lengths, so that no two lists of texts have the same bytes.
enum LengthPrefixed {
    /// A length in four bytes, big-endian.
    static func length(_ count: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(clamping: count).bigEndian) { Array($0) }
    }

    /// The number of bytes of a text in UTF-8, and these bytes.
    static func encode(_ text: String) -> [UInt8] {
        length(text.utf8.count) + Array(text.utf8)
    }
}
