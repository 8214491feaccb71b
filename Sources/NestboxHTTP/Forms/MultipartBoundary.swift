/// The boundary of a multipart body, checked (RFC 2046 §5.1.1).
package struct MultipartBoundary: Sendable, Hashable {
    package let bytes: [UInt8]

    /// Takes a boundary of one to 70 of the characters that are allowed, a space not being the last.
    package init(_ bytes: [UInt8]) throws(MultipartError) {
        guard (1...70).contains(bytes.count), bytes.last != UInt8(ascii: " "), bytes.allSatisfy(Self.isAllowed) else {
            throw .invalidBoundary
        }
        self.bytes = bytes
    }

    /// Takes the boundary that a `Content-Type` names.
    package init(contentType: String) throws(MultipartError) {
        let found: [UInt8]?
        do {
            let parameters = try HeaderParameters(parsing: Array(contentType.utf8)[...])
            found = try parameters.value(of: "boundary")
        } catch is HeaderParameters.Repeated {
            throw .repeatedBoundary
        } catch {
            throw .invalidBoundary
        }
        guard let found else { throw .noBoundary }
        try self.init(found)
    }

    /// `bchars` of RFC 2046 §5.1.1.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        if byte.isASCIIAlphanumeric { return true }
        return switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "+"), UInt8(ascii: "_"),
            UInt8(ascii: ","), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ":"),
            UInt8(ascii: "="), UInt8(ascii: "?"), UInt8(ascii: " "):
            true
        default: false
        }
    }
}
