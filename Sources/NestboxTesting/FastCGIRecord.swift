/// One FastCGI record, whole, as it stands on the wire (FastCGI §3.3).
///
/// Every field can be set to what the specification forbids, so that a test can send it.
public struct FastCGIRecord: Hashable, Sendable {
    /// The protocol version; 1 is the only one there is.
    public var version: UInt8
    /// What the content means.
    public var type: RecordType
    /// The request the record belongs to, or 0 for a management record.
    public var requestID: UInt16
    /// The content, without padding.
    public var content: [UInt8]
    /// How many zero bytes follow the content.
    public var paddingLength: UInt8
    /// The last byte of the header, ignored by receivers.
    public var reserved: UInt8
    /// What the header says instead of `content.count`; `nil` for the truth.
    public var contentLength: UInt16?

    /// Creates a record.
    ///
    /// Content over 65,535 bytes cannot be encoded, unless `contentLength` is given.
    public init(
        version: UInt8 = 1, type: RecordType, requestID: UInt16, content: [UInt8] = [], paddingLength: UInt8 = 0,
        reserved: UInt8 = 0, contentLength: UInt16? = nil
    ) {
        self.version = version
        self.type = type
        self.requestID = requestID
        self.content = content
        self.paddingLength = paddingLength
        self.reserved = reserved
        self.contentLength = contentLength
    }

    /// The record on the wire: version, type, request id (2 bytes, big endian), content length (2), padding length,
    /// reserved, then content and padding.
    public func encoded() -> [UInt8] {
        precondition(contentLength != nil || content.count <= 0xFFFF, "the content of a record is at most 65,535 bytes")
        let length = contentLength ?? UInt16(content.count)
        let header = [
            version, type.rawValue, UInt8(requestID >> 8), UInt8(requestID & 0xFF),
            UInt8(length >> 8), UInt8(length & 0xFF), paddingLength, reserved,
        ]
        return header + content + [UInt8](repeating: 0, count: Int(paddingLength))
    }

    /// Reads the records that `bytes` consists of.
    public static func decode(_ bytes: [UInt8]) throws(DecodingError) -> [FastCGIRecord] {
        var rest = bytes[...]
        var records: [FastCGIRecord] = []
        while !rest.isEmpty {
            guard let record = try FastCGIRecord(prefixOf: &rest) else {
                throw rest.count < 8 ? .truncatedHeader : .truncatedContent
            }
            records.append(record)
        }
        return records
    }

    /// Takes the first record off `bytes`, or returns `nil` and takes nothing when it is not there to its end.
    init?(prefixOf bytes: inout ArraySlice<UInt8>) throws(DecodingError) {
        if let version = bytes.first, version != 1 { throw .unsupportedVersion(version) }
        guard bytes.count >= 8 else { return nil }
        let header = Array(bytes.prefix(8))
        let contentLength = Int(header[4]) << 8 | Int(header[5])
        guard bytes.count >= 8 + contentLength + Int(header[6]) else { return nil }
        self.init(
            type: RecordType(rawValue: header[1]), requestID: UInt16(header[2]) << 8 | UInt16(header[3]),
            content: Array(bytes.dropFirst(8).prefix(contentLength)), paddingLength: header[6], reserved: header[7])
        bytes = bytes.dropFirst(8 + contentLength + Int(header[6]))
    }

    /// Which rule bytes break that should be records or name-value pairs.
    public enum DecodingError: Error, Hashable, Sendable {
        /// Fewer than the eight bytes of a header are left.
        case truncatedHeader
        /// The header promises more content or padding than there is.
        case truncatedContent
        /// The version is not 1.
        case unsupportedVersion(UInt8)
        /// A name or value length breaks off, or is missing.
        case truncatedLength
        /// The lengths promise a longer name or value than there is.
        case truncatedPair
        /// A body of fixed size (FastCGI §5.1, §5.5) has another.
        case wrongBodySize(Int)
    }
}

extension Sequence<FastCGIRecord> {
    /// The records on the wire, one after the other.
    public func encoded() -> [UInt8] { flatMap { $0.encoded() } }
}
