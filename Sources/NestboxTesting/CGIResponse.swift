public import HTTPTypes

/// A CGI response, parsed strictly (RFC 3875 §6).
///
/// Used on the stdout stream of FastCGI and on what a CGI program prints.
public struct CGIResponse: Hashable, Sendable {
    /// The code of the `Status` field; without one 302 if there is an absolute `Location`, else 200.
    public let status: Int
    /// What follows the code in the `Status` field, `nil` without one.
    public let reasonPhrase: String?
    /// All fields but `Status`, in order.
    public let headerFields: HTTPFields
    /// What follows the empty line.
    public let body: [UInt8]

    /// The body as text; bytes that are not UTF-8 come out as U+FFFD.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// Reads a response.
    ///
    /// Lines end with LF or CRLF.
    ///
    /// Malformed are a block without an empty line after it, a bad field line, a repeated `Content-Type`, `Location`
    /// or `Status`, none of the three, and a status that is not three digits, then the end or a space and a phrase.
    public init(parsing bytes: [UInt8]) throws(TestingError) {
        var rest = bytes[...]
        var fields = HTTPFields()
        while true {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
                throw TestingError(.malformed, "the header block has no end")
            }
            var line = rest[..<end]
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            rest = rest[rest.index(after: end)...]
            if line.isEmpty { break }
            fields.append(try HTTPField(parsing: line))
        }
        let special = [HTTPField.Name.contentType, .location, Self.statusName].map { (fields[values: $0].count, $0) }
        for (count, name) in special where count > 1 {
            throw TestingError(.malformed, "\(count) fields \(name)")
        }
        guard special.contains(where: { $0.0 == 1 }) else {
            throw TestingError(.malformed, "neither Content-Type nor Location nor Status")
        }
        if let line = fields[Self.statusName] {
            let digits = line.utf8.prefix(3)
            let phrase = line.utf8.dropFirst(3)
            guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }),
                let code = Int(line.prefix(3)), code >= 100, phrase.isEmpty || phrase.first == 0x20
            else { throw TestingError(.malformed, "Status: \(line)") }
            status = code
            reasonPhrase = String(line.dropFirst(4))
        } else {
            status = fields[.location].map { $0.hasPrefix("/") ? 200 : 302 } ?? 200
            reasonPhrase = nil
        }
        fields[Self.statusName] = nil
        headerFields = fields
        body = Array(rest)
    }

    private static let statusName: HTTPField.Name = {
        guard let name = HTTPField.Name("Status") else { preconditionFailure("Status is a token") }
        return name
    }()
}
