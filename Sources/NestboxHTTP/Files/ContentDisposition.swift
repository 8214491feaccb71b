/// How browsers keep a file (RFC 6266).
enum ContentDisposition {
    /// The value of the field that makes browsers save a file under a name that comes from outside.
    ///
    /// Of the name only what follows its last slash or backslash is taken; control characters, and those that turn the
    /// direction of writing and so hide an extension, are left out. Old browsers read `filename`, in which what is not
    /// plain ASCII is `_`; all others `filename*`, which is percent-encoded UTF-8 (RFC 8187).
    static func attachment(_ name: String) -> String {
        let name = safe(name)
        let plain = String(
            decoding: name.unicodeScalars.map { plainByte($0) }, as: UTF8.self)
        let field = "attachment; filename=\"\(plain)\""
        return plain == name
            ? field : "\(field); filename*=UTF-8''\(PercentEncoding.encode(name, allowed: .extendedValue))"
    }

    private static func safe(_ name: String) -> String {
        var scalars = String.UnicodeScalarView()
        var length = 0
        for scalar in name.unicodeScalars {
            if scalar == "/" || scalar == "\\" {
                scalars = .init()
                length = 0
            } else if !isHidden(scalar) {
                // No file system takes a longer name.
                length += UTF8.width(scalar)
                if length <= 255 { scalars.append(scalar) }
            }
        }
        let name = String(scalars)
        return name.isEmpty || name.allSatisfy { $0 == "." || $0 == " " } ? "download" : name
    }

    /// Control characters, and the marks, embeddings and isolates of the bidirectional algorithm.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }

    private static func plainByte(_ scalar: Unicode.Scalar) -> UInt8 {
        // Some browsers decode a percent sign in a quoted string.
        scalar.isASCII && scalar != "\"" && scalar != "%" ? UInt8(truncatingIfNeeded: scalar.value) : UInt8(ascii: "_")
    }
}

extension PercentEncoding.Allowed {
    /// `attr-char` of RFC 8187 §3.2.1.
    static let extendedValue = PercentEncoding.Allowed(alphanumericsAnd: "!#$&+-.^_`|~")
}
