/// One cookie as the client sent it back: a name and a value, the attributes stay with the client.
public struct RequestCookie: Sendable, Hashable {
    /// The name, not decoded and not necessarily a token: clients send what they were given.
    public let name: String

    /// The value with `%XX` decoded once, so that it is what ``Cookie/value`` was.
    ///
    /// A `%` without two hexadecimal digits after it stays, and ill-formed UTF-8 becomes U+FFFD. The client makes
    /// this text: it can hold any character, encoded control characters included.
    public let value: String

    /// The value as it was sent, for formats with a meaning of their own for `%`.
    public let rawValue: String

    /// Reads one pair, without the `;`; see ``RequestCookies/init(parsing:limit:)``.
    init?(parsing pair: ArraySlice<UInt8>) {
        guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let name = pair[..<equals].trimmingOptionalWhitespace
        let value = pair[(equals + 1)...].trimmingOptionalWhitespace
        guard !name.isEmpty, !pair.contains(where: { $0.isASCIIControl && $0 != UInt8(ascii: "\t") }) else {
            return nil
        }
        self.name = String(decoding: name, as: UTF8.self)
        rawValue = String(decoding: value, as: UTF8.self)
        self.value = value.contains(UInt8(ascii: "%")) ? PercentEncoding.decode(value) : rawValue
    }

    func isNamed(_ other: String) -> Bool { name.utf8.elementsEqual(other.utf8) }
}

extension RequestCookie: CustomStringConvertible {
    /// The name only: values are often secret.
    public var description: String { "\(name)=…" }
}
