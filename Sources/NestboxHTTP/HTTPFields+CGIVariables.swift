import HTTPTypes

extension HTTPFields {
    /// The header fields that a web server made into meta-variables (RFC 3875 §4.1.18): `HTTP_ACCEPT` is `accept`.
    ///
    /// `HTTP_PROXY` is left out: it would become the proxy of programs that a handler starts (httpoxy, CVE-2016-5385).
    init(_ variables: CGIVariables) {
        self.init()
        reserveCapacity(16)
        for entry in variables.entries {
            let name = variables.bytes[entry.name]
            guard name.starts(with: "HTTP_".utf8), entry.valueCount > 0 || entry.nameCount > 5 else { continue }
            switch String(decoding: name, as: UTF8.self) {
            case "HTTP_PROXY", "HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH", "HTTP_AUTHORIZATION": continue
            default: append(name.dropFirst(5), variables.bytes[entry.value])
            }
        }
        append(.contentType, variables, ["CONTENT_TYPE", "HTTP_CONTENT_TYPE"])
        append(.contentLength, variables, ["CONTENT_LENGTH", "HTTP_CONTENT_LENGTH"])
        // Apache withholds Authorization unless told otherwise; the usual ways of telling it use other names, which a
        // rewrite or two in `.htaccess` files change.
        append(
            .authorization, variables,
            [
                "HTTP_AUTHORIZATION", "Authorization", "REDIRECT_HTTP_AUTHORIZATION",
                "REDIRECT_REDIRECT_HTTP_AUTHORIZATION",
            ])
    }

    private mutating func append(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
        let fieldName = String(decoding: name.lazy.map(Self.fieldNameByte), as: UTF8.self)
        guard let name = HTTPField.Name(fieldName) else { return }
        append(HTTPField(name: name, value: value))
    }

    private mutating func append(_ name: HTTPField.Name, _ variables: CGIVariables, _ candidates: [String]) {
        for candidate in candidates {
            guard let value = variables[bytes: candidate], !value.isEmpty else { continue }
            append(HTTPField(name: name, value: value))
            return
        }
    }

    private static func fieldNameByte(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "_"): UInt8(ascii: "-")
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        default: byte
        }
    }
}

extension CGIVariables {
    /// The values of all variables of one name, in order: nginx before 1.23 sends one for each header line.
    func lines(of name: String) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        for entry in entries where isNamed(entry, name.utf8.span) { lines.append(bytes[entry.value]) }
        return lines
    }

    /// All lines of one name as one list, which is what they mean (RFC 9110 §5.3); `nil` when there is nothing in them.
    func list(of name: String) -> String? {
        let lines = lines(of: name).filter { !$0.isEmpty }
        return lines.isEmpty ? nil : lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
    }
}
