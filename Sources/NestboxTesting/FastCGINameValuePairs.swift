/// A list of name-value pairs in order, repeated names included (FastCGI §3.4).
///
/// Names and values are bytes; the `String` members are for the usual case that they are text.
public struct FastCGINameValuePairs: Hashable, Sendable {
    /// One name and its value.
    public struct Pair: Hashable, Sendable {
        /// The name.
        public var name: [UInt8]
        /// The value.
        public var value: [UInt8]

        /// Creates a pair.
        public init(name: some Sequence<UInt8>, value: some Sequence<UInt8>) {
            self.name = Array(name)
            self.value = Array(value)
        }
    }

    /// The pairs.
    public var pairs: [Pair]

    /// Creates a list of pairs.
    public init(_ pairs: [Pair]) {
        self.pairs = pairs
    }

    /// Creates a list of pairs of text.
    public init(_ pairs: [(String, String)]) {
        self.pairs = pairs.map { Pair(name: $0.utf8, value: $1.utf8) }
    }

    /// The value of the first pair called `name`, `nil` if there is none.
    ///
    /// Setting replaces that pair, or adds one at the end, and drops all others of the name; `nil` drops them all.
    public subscript(name: String) -> String? {
        get {
            pairs.first { $0.name.elementsEqual(name.utf8) }.map { String(decoding: $0.value, as: UTF8.self) }
        }
        set {
            let place = pairs.firstIndex { $0.name.elementsEqual(name.utf8) } ?? pairs.count
            pairs.removeAll { $0.name.elementsEqual(name.utf8) }
            if let newValue { pairs.insert(Pair(name: name.utf8, value: newValue.utf8), at: place) }
        }
    }

    /// Adds a pair at the end, also when the name is there already.
    public mutating func append(_ name: String, _ value: String) {
        pairs.append(Pair(name: name.utf8, value: value.utf8))
    }

    /// The pairs on the wire: name length, value length, name, value.
    ///
    /// A length up to 127 takes one byte, a longer one four, big endian, with the top bit set;
    /// `longForm` takes four always, which the specification allows.
    public func encoded(longForm: Bool = false) -> [UInt8] {
        pairs.flatMap { pair in
            Self.encodedLength(pair.name.count, longForm: longForm)
                + Self.encodedLength(pair.value.count, longForm: longForm) + pair.name + pair.value
        }
    }

    /// A length of at most 0x7FFFFFFF on the wire; use it to promise what does not follow.
    public static func encodedLength(_ length: Int, longForm: Bool = false) -> [UInt8] {
        precondition((0...0x7FFF_FFFF).contains(length), "a length takes 31 bits")
        if length < 0x80 && !longForm { return [UInt8(length)] }
        return [
            UInt8(length >> 24) | 0x80, UInt8(length >> 16 & 0xFF), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF),
        ]
    }

    /// Reads the pairs that `bytes` consists of.
    ///
    /// What is cut short is an error, not a shorter list.
    public init(decoding bytes: some Sequence<UInt8>) throws(FastCGIRecord.DecodingError) {
        var rest = Array(bytes)[...]
        pairs = []
        while !rest.isEmpty {
            let nameLength = try Self.decodeLength(&rest)
            let valueLength = try Self.decodeLength(&rest)
            guard rest.count >= nameLength + valueLength else { throw .truncatedPair }
            let name = rest.prefix(nameLength)
            let value = rest.dropFirst(nameLength).prefix(valueLength)
            pairs.append(Pair(name: name, value: value))
            rest = rest.dropFirst(nameLength + valueLength)
        }
    }

    private static func decodeLength(_ bytes: inout ArraySlice<UInt8>) throws(FastCGIRecord.DecodingError) -> Int {
        guard let first = bytes.first else { throw .truncatedLength }
        let size = first < 0x80 ? 1 : 4
        guard bytes.count >= size else { throw .truncatedLength }
        let length = bytes.prefix(size).reduce(0) { $0 << 8 | Int($1) }
        bytes = bytes.dropFirst(size)
        return length & 0x7FFF_FFFF
    }
}

extension FastCGINameValuePairs: ExpressibleByDictionaryLiteral {
    /// Creates a list from a literal; the order and repeated names are kept.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements)
    }
}

extension FastCGINameValuePairs: RandomAccessCollection {
    /// The place of the first pair.
    public var startIndex: Int { 0 }
    /// One after the place of the last pair.
    public var endIndex: Int { pairs.count }
    /// The pair at `position`.
    public subscript(position: Int) -> Pair { pairs[position] }
}
