extension String {
    /// The text as it is written in HTML, between tags as well as in a quoted attribute.
    ///
    ///     Response.html("<p title=\"\(title.escapedForHTML)\">\(name.escapedForHTML)</p>")
    ///
    /// `&`, `<`, `>`, `"` and `'` become character references, NUL becomes U+FFFD, as parsers do not keep it. That is not
    /// enough in an attribute without quotes, in a script, in a style, or for a URL that may begin with `javascript:`.
    public var escapedForHTML: String {
        guard utf8.contains(where: { Self.reference(for: $0) != nil }) else { return self }
        var escaped: [UInt8] = []
        escaped.reserveCapacity(utf8.count + 32)
        for byte in utf8 {
            if let reference = Self.reference(for: byte) { escaped += reference.utf8 } else { escaped.append(byte) }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    private static func reference(for byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        case 0: "\u{FFFD}"
        default: nil
        }
    }
}
