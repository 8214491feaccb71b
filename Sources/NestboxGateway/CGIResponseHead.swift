import HTTPTypes
import NestboxHTTP

/// The header block of a CGI response (RFC 3875 §6), and what of a body follows it.
struct CGIResponseHead {
    /// The body's length when it is sent: `nil` for a stream of unknown length.
    private(set) var length: Int?
    /// Whether a body follows: not for HEAD, 204, 205 and 304.
    private(set) var hasBody = true

    private let response: Response

    init(_ response: Response, isHead: Bool) {
        self.response = response
        length = response.body.length
        if case .stream(nil, _) = response.body.storage { length = declaredLength }
        if isHead {
            hasBody = false
            if length == 0 { length = declaredLength ?? 0 }
        }
        if [204, 205, 304].contains(response.status.code) {
            hasBody = false
            length = response.status.code == 205 ? 0 : nil
        }
        if response.isLocalRedirect { hasBody = false }
        if handOff != nil { length = nil }
    }

    /// Tells the web server to send a file, unless someone has made another response of it since.
    private var handOff: (name: String, value: String)? {
        guard response.status == .ok, response.body.length == 0 else { return nil }
        return response.handOff
    }

    private var declaredLength: Int? {
        response.headers[.contentLength].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// Appends the block with its empty line.
    func append(to bytes: inout [UInt8]) {
        let status = response.status
        if response.isLocalRedirect {
            appendFields(to: &bytes) { $0.canonicalName == "location" }
        } else {
            bytes.append(contentsOf: "Status: ".utf8)
            bytes.append(decimal: status.code)
            bytes.append(UInt8(ascii: " "))
            bytes.append(contentsOf: status.phrase.utf8)
            bytes.append(contentsOf: "\r\n".utf8)
            let hasNoEntity = status.code == 204 || status.code == 304
            var hasType = false
            var hasLocation = false
            appendFields(to: &bytes) { name in
                switch name.canonicalName {
                // Each once (RFC 3875 §6.3); of two the first counts.
                case "content-type":
                    defer { hasType = true }
                    return !hasNoEntity && !hasType
                case "location":
                    defer { hasLocation = true }
                    return !hasLocation
                case let name: return !Self.omitted.contains(name)
                }
            }
            if let handOff { bytes.append(contentsOf: "\(handOff.name): \(handOff.value)\r\n".utf8) }
            if !hasNoEntity, !hasType, length != 0 {
                bytes.append(contentsOf: "Content-Type: application/octet-stream\r\n".utf8)
            }
            if !hasNoEntity, let length {
                bytes.append(contentsOf: "Content-Length: ".utf8)
                bytes.append(decimal: length)
                bytes.append(contentsOf: "\r\n".utf8)
            }
        }
        bytes.append(contentsOf: "\r\n".utf8)
    }

    private func appendFields(to bytes: inout [UInt8], where isIncluded: (HTTPField.Name) -> Bool) {
        for field in response.headers where isIncluded(field.name) {
            bytes.append(contentsOf: field.name.rawName.utf8)
            bytes.append(contentsOf: ": ".utf8)
            field.withUnsafeBytesOfValue { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: "\r\n".utf8)
        }
    }

    /// What a CGI program has no say in: the connection, and fields that the gateway writes itself.
    private static let ownedByServer: Set<String> = [
        "connection", "content-length", "keep-alive", "status", "trailer", "transfer-encoding", "upgrade",
    ]
    /// What is not taken from the fields of a response.
    private static let omitted = ownedByServer.union(FileHandOff.fieldNames)
}

extension [UInt8] {
    /// Appends a number that is not negative.
    mutating func append(decimal number: Int) {
        if number >= 10 { append(decimal: number / 10) }
        append(UInt8(truncatingIfNeeded: number % 10) + UInt8(ascii: "0"))
    }
}
