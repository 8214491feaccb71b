/// The names and values of a query string or of an `application/x-www-form-urlencoded` body, in order.
///
/// Names may occur several times, and may be empty. Lookups compare names byte by byte.
///
/// ```swift
/// let form = try URLEncodedForm(parsing: "tag=a&tag=b&page=2")
/// form["page"]                // "2"
/// form.values(for: "tag")     // ["a", "b"]
/// ```
///
/// Printing a form shows its names, never its values; ``serialized`` has both.
public struct URLEncodedForm: Sendable, Hashable {
    private var fields: [Field]

    /// Makes a form of these fields.
    public init(_ fields: some Sequence<Field> = []) {
        self.fields = Array(fields)
    }

    /// Parses a query string (without the `?`) or a body, by the rules of the WHATWG URL standard §5.1.
    ///
    /// Only `&` separates pairs and empty sequences are skipped; the first `=` ends the name, and without one the
    /// value is empty; `+` is a space; `%XX` is decoded once, see ``PercentEncoding/decode(_:plusAsSpace:)``.
    /// No other input is an error.
    /// - Throws: ``URLEncodedFormError`` when the input is above one of the limits. Nothing is cut off in silence.
    public init(parsing bytes: some Collection<UInt8>, limits: Limits = Limits()) throws(URLEncodedFormError) {
        guard bytes.count <= limits.maximumLength else {
            throw URLEncodedFormError(code: .tooLong, limit: limits.maximumLength)
        }
        self.init()
        try parse(Array(bytes)[...], maximumPairs: limits.maximumPairs)
    }

    /// Parses the UTF-8 form of a string by the same rules.
    public init(parsing string: some StringProtocol, limits: Limits = Limits()) throws(URLEncodedFormError) {
        try self.init(parsing: string.utf8, limits: limits)
    }

    private mutating func parse(_ bytes: ArraySlice<UInt8>, maximumPairs: Int) throws(URLEncodedFormError) {
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "&")) ?? bytes.endIndex
            let pair = bytes[start..<end]
            start = end < bytes.endIndex ? end + 1 : end
            guard !pair.isEmpty else { continue }
            guard fields.count < maximumPairs else {
                throw URLEncodedFormError(code: .tooManyPairs, limit: maximumPairs)
            }
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            fields.append(
                Field(
                    name: PercentEncoding.decode(pair[..<equals], plusAsSpace: true),
                    value: PercentEncoding.decode(pair[equals...].dropFirst(), plusAsSpace: true)))
        }
    }

    /// The value of the first field of this name, or `nil` if there is none.
    public subscript(name: String) -> String? {
        fields.first { $0.isNamed(name) }?.value
    }

    /// The values of all fields of this name, in order.
    public func values(for name: String) -> [String] {
        fields.lazy.filter { $0.isNamed(name) }.map(\.value)
    }

    /// Whether there is a field of this name, with whatever value.
    public func contains(_ name: String) -> Bool {
        fields.contains { $0.isNamed(name) }
    }

    /// Adds a field at the end; others of the same name stay.
    public mutating func append(name: String, value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// The form as a query string or body (WHATWG URL standard §5.2); parsing it gives an equal form.
    ///
    /// Spaces become `+`; all but letters, digits and `*-._` is percent-encoded.
    public var serialized: String {
        var bytes: [UInt8] = []
        for field in fields {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
            PercentEncoding.append(field.name.utf8, to: &bytes, allowed: .form, spaceAsPlus: true)
            bytes.append(UInt8(ascii: "="))
            PercentEncoding.append(field.value.utf8, to: &bytes, allowed: .form, spaceAsPlus: true)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension URLEncodedForm {
    /// One name with its value, both decoded.
    public struct Field: Sendable, Hashable, CustomStringConvertible {
        /// The decoded name.
        public var name: String
        /// The decoded value; empty when there was no `=`.
        public var value: String

        /// Makes a field of decoded text.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        /// The name only: values may be secret.
        public var description: String { "\(name)=…" }

        func isNamed(_ other: String) -> Bool { name.utf8.elementsEqual(other.utf8) }
    }

    /// How much a parser takes before it gives up.
    public struct Limits: Sendable, Hashable {
        /// The largest number of pairs; 1,000 unless told otherwise.
        public var maximumPairs: Int
        /// The largest length of the encoded form in bytes; 1 MiB unless told otherwise.
        public var maximumLength: Int

        /// Makes limits; what is left out has its default.
        public init(maximumPairs: Int = 1000, maximumLength: Int = 1_048_576) {
            self.maximumPairs = maximumPairs
            self.maximumLength = maximumLength
        }
    }
}

extension URLEncodedForm: RandomAccessCollection {
    /// Always 0.
    public var startIndex: Int { fields.startIndex }
    /// The number of fields.
    public var endIndex: Int { fields.endIndex }
    /// The field at a position, which must be one of ``indices``.
    public subscript(position: Int) -> Field { fields[position] }
}

extension URLEncodedForm: CustomStringConvertible {
    /// The names of the fields: values may be secret.
    public var description: String {
        "URLEncodedForm(\(fields.map(\.name).joined(separator: ", ")))"
    }
}

extension PercentEncoding.Allowed {
    /// The application/x-www-form-urlencoded percent-encode set of the WHATWG URL standard §1.3, turned round.
    fileprivate static let form = Self(alphanumericsAnd: "*-._")
}
