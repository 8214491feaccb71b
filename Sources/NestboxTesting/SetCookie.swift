public import NestboxHTTP

/// A `Set-Cookie` field value as a client reads it: leniently (RFC 6265 §5.2).
///
/// Name, value and attributes are kept as they were sent, unknown attributes too. In contrast to `Cookie` nothing is
/// decoded, and nothing is refused that clients take.
public struct SetCookie: Sendable, Hashable {
    /// The name, not empty.
    public let name: String
    /// The value as it was sent.
    public let value: String
    /// All attributes in order.
    public let attributes: [Attribute]

    /// One attribute of a cookie.
    public struct Attribute: Sendable, Hashable {
        /// The name in lower case, such as `max-age`; may be empty.
        public let name: String
        /// The value; empty without `=`.
        public let value: String
    }

    /// Reads a field value.
    ///
    /// Returns `nil` for what clients ignore: without `=` before the first `;`, with an empty name, with control
    /// characters other than tab, or with more than 4,096 bytes of name and value (RFC 6265bis §5.6). Attributes with
    /// more than 1,024 bytes of value are left out.
    public init?(parsing fieldValue: some StringProtocol) {
        let bytes = Array(fieldValue.utf8)
        guard !bytes.contains(where: { $0.isASCIIControl && $0 != UInt8(ascii: "\t") }) else { return nil }
        var parts = bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)[...]
        guard let pair = parts.popFirst(), pair.contains(UInt8(ascii: "=")) else { return nil }
        let (name, value) = Self.halves(of: pair)
        guard !name.isEmpty, name.utf8.count + value.utf8.count <= 4096 else { return nil }
        self.name = name
        self.value = value
        attributes = parts.compactMap { part in
            let (name, value) = Self.halves(of: part)
            guard !(name.isEmpty && value.isEmpty), value.utf8.count <= 1024 else { return nil }
            return Attribute(name: name.lowercased(), value: value)
        }
    }

    /// The value of the last attribute of this name (in lower case), or `nil` without it; of several, the last counts.
    public subscript(attribute name: String) -> String? {
        attributes.last { $0.name == name }?.value
    }

    private static func halves(of part: ArraySlice<UInt8>) -> (name: String, value: String) {
        let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
        return (
            String(decoding: part[..<equals].trimmingOptionalWhitespace, as: UTF8.self),
            String(decoding: part[equals...].dropFirst().trimmingOptionalWhitespace, as: UTF8.self)
        )
    }
}

extension SetCookie {
    /// When the cookie ends, or `nil` when it lives as long as the client.
    ///
    /// `Max-Age` counts before `Expires` (RFC 6265 §5.3), and one that is no number or no date counts as absent.
    public func expiry(receivedAt now: HTTPDate) -> HTTPDate? {
        for attribute in attributes.reversed() where attribute.name == "max-age" {
            guard let seconds = Self.seconds(attribute.value) else { continue }
            return seconds <= 0 ? HTTPDate(unixSeconds: .min) : now.advanced(bySeconds: seconds)
        }
        for attribute in attributes.reversed() where attribute.name == "expires" {
            if let date = HTTPDate(cookieDate: attribute.value) { return date }
        }
        return nil
    }

    /// Reads the value of `Max-Age` (RFC 6265 §5.2.2); what is too large for the type becomes its end.
    private static func seconds(_ text: String) -> Int64? {
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        let digits = text.utf8.dropFirst(isNegative ? 1 : 0)
        guard !digits.isEmpty, digits.allSatisfy(\.isASCIIDigit) else { return nil }
        return Int64(text) ?? (isNegative ? .min : .max)
    }
}
