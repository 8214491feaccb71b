/// The name of one state of a file (RFC 9110 §8.8.3).
package struct EntityTag: Sendable, Equatable, CustomStringConvertible {
    /// What is between the quotes.
    package var opaque: String
    /// Whether it tells states apart only as far as a reader cares, so that parts of two may not be put together.
    package var isWeak: Bool

    package init(_ opaque: String, isWeak: Bool = false) {
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// The tag of an open file: its inode, size and time of change in hexadecimal digits.
    ///
    /// The kernel sets the time of change whenever content or attributes do, and lets no program set it; all processes of a
    /// machine make the same tag. What is written through a mapping (`mmap`) may be there before the time is set. It has the resolution of the kernel's
    /// tick, so a file that was changed within the last two seconds may change again unseen: its tag is weak.
    init(_ file: OpenFile, now: HTTPDate) {
        let changed = file.changed
        opaque =
            String(file.inode, radix: 16) + "-" + String(file.size, radix: 16) + "-"
            + String(changed.seconds, radix: 16) + "." + String(changed.nanoseconds, radix: 16)
        isWeak = now.unixSeconds - 2 < changed.seconds
    }

    /// The tag as it stands in a header field.
    package var description: String { isWeak ? "W/\"\(opaque)\"" : "\"\(opaque)\"" }

    /// Whether `If-Match` or `If-None-Match` names this tag, or `*` is there, which names every one.
    ///
    /// What comes behind the first syntax error names nothing.
    /// - Parameter weakly: Whether weak tags count (RFC 9110 §8.8.3.2).
    package func isListed(in field: ArraySlice<UInt8>, weakly: Bool) -> Bool {
        var rest = field.trimmingOptionalWhitespace
        if rest.elementsEqual([UInt8(ascii: "*")]) { return true }
        while true {
            rest = rest.drop { $0.isOptionalWhitespace || $0 == UInt8(ascii: ",") }
            guard let (tag, isWeak, end) = Self.first(of: rest) else { return false }
            if weakly || !isWeak && !self.isWeak, tag.elementsEqual(opaque.utf8) { return true }
            rest = rest[end...].drop { $0.isOptionalWhitespace }
            guard rest.first == UInt8(ascii: ",") else { return false }
        }
    }

    /// Whether `If-Range` is this tag, which must be strong.
    func isExactly(_ field: ArraySlice<UInt8>) -> Bool {
        let field = field.trimmingOptionalWhitespace
        guard let (tag, isWeak, end) = Self.first(of: field), end == field.endIndex else { return false }
        return !isWeak && !self.isWeak && tag.elementsEqual(opaque.utf8)
    }

    private static func first(
        of bytes: ArraySlice<UInt8>
    ) -> (tag: ArraySlice<UInt8>, isWeak: Bool, end: Int)? {
        let isWeak = bytes.starts(with: "W/".utf8)
        let rest = isWeak ? bytes.dropFirst(2) : bytes
        guard rest.first == quote, let end = rest.dropFirst().firstIndex(of: quote) else { return nil }
        let tag = rest[rest.startIndex + 1..<end]
        guard tag.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        return (tag, isWeak, end + 1)
    }
}

private let quote = UInt8(ascii: "\"")
