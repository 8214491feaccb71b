/// The cookies of a request, in the order in which the client sent them.
///
/// A name may occur several times, as when cookies of different paths or domains match; the subscript gives the first.
/// Names are case-sensitive.
///
/// Printing shows the names of the cookies, never their values.
public struct RequestCookies: Sendable, Hashable {
    private var cookies: [RequestCookie] = []

    /// Parses the values of `Cookie` fields (RFC 6265 §4.2.1 and §5.4), leniently.
    ///
    /// Pairs are separated by `;`, spaces and tabs around names and values are dropped, and the first `=` ends a name.
    /// Pairs without `=`, with an empty name, or with control characters other than tab are skipped. Double quotes are
    /// part of the value.
    /// - Parameters:
    ///   - fieldValues: The field values; clients send one, HTTP/2 may split it.
    ///   - limit: How many cookies to read, 150 by default; those after it are ignored.
    public init(parsing fieldValues: some Sequence<some Collection<UInt8>>, limit: Int = 150) {
        for value in fieldValues { append(parsing: Array(value)[...], limit: limit) }
    }

    /// Parses the values of `Cookie` fields given as strings, by the same rules.
    public init(parsing fieldValues: some Sequence<String>, limit: Int = 150) {
        self.init(parsing: fieldValues.map(\.utf8), limit: limit)
    }

    private mutating func append(parsing bytes: ArraySlice<UInt8>, limit: Int) {
        var start = bytes.startIndex
        while start < bytes.endIndex, cookies.count < limit {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: ";")) ?? bytes.endIndex
            if let cookie = RequestCookie(parsing: bytes[start..<end]) { cookies.append(cookie) }
            start = end < bytes.endIndex ? end + 1 : end
        }
    }

    /// The value of the first cookie of this name, or `nil` if there is none.
    public subscript(name: String) -> String? {
        cookies.first { $0.isNamed(name) }?.value
    }

    /// The values of all cookies of this name, in order; user agents send those of the longest path first.
    public func values(for name: String) -> [String] {
        cookies.lazy.filter { $0.isNamed(name) }.map(\.value)
    }

    /// Whether the client sent a cookie of this name.
    public func contains(_ name: String) -> Bool {
        cookies.contains { $0.isNamed(name) }
    }
}

extension RequestCookies: RandomAccessCollection {
    /// Always 0.
    public var startIndex: Int { cookies.startIndex }
    /// The number of cookies.
    public var endIndex: Int { cookies.endIndex }
    /// The cookie at a position, which must be one of ``indices``.
    public subscript(position: Int) -> RequestCookie { cookies[position] }
}

extension RequestCookies: CustomStringConvertible {
    /// The names of the cookies: values are often secret.
    public var description: String {
        "RequestCookies(\(cookies.map(\.name).joined(separator: ", ")))"
    }
}
