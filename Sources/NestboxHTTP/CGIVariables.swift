/// The meta-variables of one request (RFC 3875 §4.1), copied once and never changed.
///
/// Names and values are the bytes that the web server sent; strings are made when they are asked for, and
/// ill-formed UTF-8 in them becomes U+FFFD. A missing variable and an empty one are different here;
/// RFC 3875 §4.1 lets a server send either, so compare with ``subscript(nonEmpty:)`` when they should be equal.
public struct CGIVariables: Sendable {
    /// Where one variable's name and value stand in `bytes`.
    package struct Entry: Sendable {
        package var nameStart: UInt32
        package var valueStart: UInt32
        package var nameCount: UInt32
        package var valueCount: UInt32

        package init(nameStart: Int, nameCount: Int, valueStart: Int, valueCount: Int) {
            self.nameStart = UInt32(clamping: nameStart)
            self.nameCount = UInt32(clamping: nameCount)
            self.valueStart = UInt32(clamping: valueStart)
            self.valueCount = UInt32(clamping: valueCount)
        }

        var name: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameCount) }
        var value: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueCount) }
    }

    let bytes: [UInt8]
    let entries: [Entry]

    /// Takes over bytes that a gateway gathered.
    ///
    /// Every entry must lie inside `bytes`.
    package init(bytes: [UInt8], entries: [Entry]) {
        self.bytes = bytes
        self.entries = entries
    }

    /// Creates variables from pairs, in this order.
    public init(_ pairs: some Sequence<(String, String)>) {
        self.init(bytes: [], entries: [], and: pairs)
    }

    private init(bytes: [UInt8], entries: [Entry], and pairs: some Sequence<(String, String)>) {
        var (bytes, entries) = (bytes, entries)
        for (name, value) in pairs {
            let start = bytes.count
            bytes.append(contentsOf: name.utf8)
            let middle = bytes.count
            bytes.append(contentsOf: value.utf8)
            entries.append(
                Entry(
                    nameStart: start, nameCount: middle - start, valueStart: middle, valueCount: bytes.count - middle))
        }
        self.init(bytes: bytes, entries: entries)
    }

    /// The value of a variable, or `nil` without one.
    ///
    /// Of several with one name the last counts, as a later `fastcgi_param` is meant to replace an earlier one.
    public subscript(name: String) -> String? {
        entry(named: name).map { String(decoding: bytes[$0.value], as: UTF8.self) }
    }

    /// The value of a variable, or `nil` when it is missing or empty, which RFC 3875 §4.1 makes the same.
    public subscript(nonEmpty name: String) -> String? {
        guard let entry = entry(named: name), entry.valueCount > 0 else { return nil }
        return String(decoding: bytes[entry.value], as: UTF8.self)
    }

    /// The bytes of a variable's value as the web server sent them.
    public subscript(bytes name: String) -> ArraySlice<UInt8>? {
        entry(named: name).map { bytes[$0.value] }
    }

    /// The same with other values, and without some of the variables.
    func replacing(_ values: [(String, String)], removing names: [String] = []) -> CGIVariables {
        let gone = values.map(\.0) + names
        let kept = entries.filter { entry in !gone.contains { isNamed(entry, $0.utf8.span) } }
        return CGIVariables(bytes: bytes, entries: kept, and: values)
    }

    func entry(named name: String) -> Entry? {
        let wanted = name.utf8.span
        for entry in entries.reversed() where isNamed(entry, wanted) { return entry }
        return nil
    }

    func isNamed(_ entry: Entry, _ wanted: Span<UInt8>) -> Bool {
        guard Int(entry.nameCount) == wanted.count else { return false }
        let bytes = bytes.span
        let start = Int(entry.nameStart)
        for offset in wanted.indices where bytes[start + offset] != wanted[offset] { return false }
        return true
    }
}

extension CGIVariables: RandomAccessCollection {
    /// One meta-variable.
    public struct Element: Sendable, Hashable {
        /// The name, such as `REQUEST_METHOD` or `HTTP_ACCEPT`.
        public var name: String
        /// The value, decoded as UTF-8.
        public var value: String
    }

    /// The position of the first variable.
    public var startIndex: Int { entries.startIndex }
    /// The position behind the last variable.
    public var endIndex: Int { entries.endIndex }

    /// The variable at a position, in the order in which the web server sent them.
    public subscript(position: Int) -> Element {
        let entry = entries[position]
        return Element(
            name: String(decoding: bytes[entry.name], as: UTF8.self),
            value: String(decoding: bytes[entry.value], as: UTF8.self))
    }
}

extension CGIVariables: CustomStringConvertible {
    /// The names only: values hold cookies, credentials and addresses, which belong in no log.
    public var description: String {
        "CGIVariables(\(map(\.name).joined(separator: ", ")))"
    }
}
