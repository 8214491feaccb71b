/// What the header of a part says that is of use (RFC 7578 §4).
package struct MultipartHeader: Sendable, Hashable {
    /// The name of the field.
    package var name: String
    /// The last component of the filename without control characters; `nil` when the part is no file.
    package var filename: String?
    /// The `Content-Type` as it was sent, or `nil` without one.
    package var contentType: String?

    /// Reads the lines of a header, without the empty line behind them.
    init(parsing bytes: ArraySlice<UInt8>, part: Int) throws(MultipartError) {
        var disposition: ArraySlice<UInt8>?
        var type: ArraySlice<UInt8>?
        for line in try Self.lines(of: bytes, part: part) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                line[..<colon].allSatisfy({ $0.isTokenCharacter })
            else { throw .malformedHeader(part: part) }
            let value = line[(colon + 1)...].trimmingOptionalWhitespace
            // The length alone tells nearly all names apart.
            switch colon - line.startIndex {
            case 19 where Self.isNamed(line[..<colon], "content-disposition"):
                guard disposition == nil else { throw .repeatedField(part: part, "Content-Disposition") }
                disposition = value
            case 12 where Self.isNamed(line[..<colon], "content-type"):
                guard type == nil else { throw .repeatedField(part: part, "Content-Type") }
                type = value
            default: break
            }
        }
        guard let disposition else { throw .noDisposition(part: part) }
        (name, filename) = try Self.names(in: disposition, part: part)
        contentType = type.flatMap { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self) }
    }

    private static func names(
        in disposition: ArraySlice<UInt8>, part: Int
    ) throws(MultipartError) -> (name: String, filename: String?) {
        let parameters: HeaderParameters
        do {
            parameters = try HeaderParameters(parsing: disposition)
        } catch {
            throw .unterminatedQuote(part: part)
        }
        guard parameters.value == "form-data" else { throw .noFormData(part: part) }
        func value(_ name: String) throws(MultipartError) -> [UInt8]? {
            do {
                return try parameters.value(of: name)
            } catch {
                throw .repeatedParameter(part: part, name)
            }
        }
        guard let name = try value("name") else { throw .noName(part: part) }
        var filename = try value("filename").map { String(decoding: $0, as: UTF8.self) }
        if let extended = try value("filename*") {
            // It is the better one where there are both: the other one is for receivers that do not know it.
            if let decoded = Self.decodeExtended(extended[...]) {
                filename = decoded
            } else if filename == nil {
                throw .malformedFilename(part: part)
            }
        }
        return (String(decoding: name, as: UTF8.self), filename.map(Self.lastComponent))
    }

    /// Decodes `charset'language'text` (RFC 8187 §3.2) in UTF-8 or ISO 8859-1.
    private static func decodeExtended(_ bytes: ArraySlice<UInt8>) -> String? {
        let parts = bytes.split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        switch String(decoding: parts[0], as: UTF8.self).lowercased() {
        case "utf-8": return PercentEncoding.decode(parts[2])
        case "iso-8859-1":
            var decoded = String.UnicodeScalarView()
            var index = parts[2].startIndex
            while index < parts[2].endIndex {
                let (byte, next) = PercentEncoding.decodedByte(at: index, of: parts[2])
                decoded.append(Unicode.Scalar(byte))
                index = next
            }
            return String(decoded)
        default: return nil
        }
    }

    /// The last component of a path of any system, without control characters; empty for `.` and `..`.
    static func lastComponent(_ path: String) -> String {
        let scalars = path.unicodeScalars
        let start = scalars.lastIndex { $0 == "/" || $0 == "\\" }.map(scalars.index(after:)) ?? scalars.startIndex
        var name = String.UnicodeScalarView()
        for scalar in scalars[start...] where scalar.properties.generalCategory != .control { name.append(scalar) }
        let text = String(name)
        return text == "." || text == ".." ? "" : text
    }

    /// The lines of a header, those that are continued as one (RFC 5322 §2.2.3).
    private static func lines(of bytes: ArraySlice<UInt8>, part: Int) throws(MultipartError) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var rest = unfolded(bytes)
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\r")) ?? rest.endIndex
            let line = rest[..<end]
            guard end == rest.endIndex || (end + 1 < rest.endIndex && rest[end + 1] == UInt8(ascii: "\n")),
                !line.contains(where: { $0 == 0x0A || $0 == 0 })
            else { throw .malformedHeader(part: part) }
            rest = rest[end...].dropFirst(2)
            lines.append(line)
        }
        return lines
    }

    /// The header with spaces for the line breaks before a space or a tab.
    private static func unfolded(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var unfolded = bytes
        for index in bytes.indices.dropFirst(2)
        where bytes[index].isOptionalWhitespace && bytes[index - 1] == 0x0A && bytes[index - 2] == 0x0D {
            unfolded[index - 1] = UInt8(ascii: " ")
            unfolded[index - 2] = UInt8(ascii: " ")
        }
        return unfolded
    }

    private static func isNamed(_ name: ArraySlice<UInt8>, _ other: String) -> Bool {
        name.elementsEqual(other.utf8) { $0 | 0x20 == $1 }
    }
}
