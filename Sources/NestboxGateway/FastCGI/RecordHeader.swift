/// The types of records (FastCGI specification §8).
enum RecordType {
    static let beginRequest: UInt8 = 1
    static let abortRequest: UInt8 = 2
    static let endRequest: UInt8 = 3
    static let params: UInt8 = 4
    static let stdin: UInt8 = 5
    static let stdout: UInt8 = 6
    static let stderr: UInt8 = 7
    static let data: UInt8 = 8
    static let getValues: UInt8 = 9
    static let getValuesResult: UInt8 = 10
    static let unknownType: UInt8 = 11
}

/// How a request ended, for the web server (FastCGI specification §5.5).
enum ProtocolStatus: UInt8 {
    case requestComplete = 0
    case cantMultiplexConnection = 1
    case overloaded = 2
    case unknownRole = 3
}

/// The eight bytes in front of every record (FastCGI specification §3.3): version, type, request id (2), content length
/// (2), padding length, reserved.
struct RecordHeader {
    static let count = 8
    static let version: UInt8 = 1
    /// The longest content that needs no padding to keep records on eight-byte borders.
    static let longestContent = 65_528

    var version: UInt8
    var type: UInt8
    var requestID: UInt16
    var contentLength: Int
    var paddingLength: Int

    /// Reads a header from its bytes, the first one in the highest place.
    init(_ bytes: UInt64) {
        version = UInt8(truncatingIfNeeded: bytes >> 56)
        type = UInt8(truncatingIfNeeded: bytes >> 48)
        requestID = UInt16(truncatingIfNeeded: bytes >> 32)
        contentLength = Int(UInt16(truncatingIfNeeded: bytes >> 16))
        paddingLength = Int(UInt8(truncatingIfNeeded: bytes >> 8))
    }
}

extension [UInt8] {
    /// Appends a record header for content that follows.
    mutating func appendRecordHeader(_ type: UInt8, id: UInt16, contentLength: Int) {
        append(RecordHeader.version)
        append(type)
        append(UInt8(truncatingIfNeeded: id >> 8))
        append(UInt8(truncatingIfNeeded: id))
        append(UInt8(truncatingIfNeeded: contentLength >> 8))
        append(UInt8(truncatingIfNeeded: contentLength))
        append(0)
        append(0)
    }

    /// Appends the record that ends a request (FastCGI specification §5.5).
    mutating func appendEndRequest(
        id: UInt16, applicationStatus: UInt32 = 0, _ status: ProtocolStatus = .requestComplete
    ) {
        appendRecordHeader(RecordType.endRequest, id: id, contentLength: 8)
        for shift in [24, 16, 8, 0] { append(UInt8(truncatingIfNeeded: applicationStatus >> UInt32(shift))) }
        append(status.rawValue)
        append(0)
        append(0)
        append(0)
    }

    mutating func append(copying span: Span<UInt8>) {
        // `span` is contiguous memory that outlives the call; the array copies it.
        span.withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}
