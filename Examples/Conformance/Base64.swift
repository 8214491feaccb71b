import FoundationEssentials

/// Bytes that JSON holds as base64.
struct Base64: Decodable {
    var bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        bytes = Array(try decoder.singleValueContainer().decode(Data.self))
    }
}
